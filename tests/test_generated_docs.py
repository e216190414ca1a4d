"""The pages made from the code say what the code does."""

from __future__ import annotations

import pytest

from tests.docs import DOCS, PAGES


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_as_the_code_has_it(name: str) -> None:
    """`python -m tests.docs` writes them anew."""
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name]()


def test_only_the_options_of_a_run_are_marked_as_fixed() -> None:
    """The mark says what a resumed run can't change; other subcommands resume nothing."""
    trained, others = PAGES["options.md"]().split("## gan-tui evaluate")
    assert "(*fixed*)" in trained
    assert "(*fixed*)" not in others
