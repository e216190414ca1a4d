"""The pages of `docs` that are made from the code say what the code says."""

from __future__ import annotations

import pytest

from tests.pages import DOCS, PAGES


@pytest.mark.parametrize("name", PAGES)
def test_a_page_made_from_the_code_is_up_to_date(name: str) -> None:
    """`python -m tests.pages` writes it anew."""
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name]()
