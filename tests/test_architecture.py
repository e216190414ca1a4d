"""The files, folders and packages that pages and the tests themselves name exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.spread import LONG

ROOT = Path(__file__).parents[1]
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
MAP, WALKS = ARCHITECTURE.split("## Four walks")
PACKAGES = [path.parent for top in ("gan", "tui") for path in (ROOT / top).glob("*/__init__.py")]


@pytest.mark.parametrize("page", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_every_file_that_a_page_names_exists(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")

    named = re.findall(r"`((?:gan|tui|tests|docs)/[\w/.]+)`", text)

    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_path_that_tests_are_spread_by_exists() -> None:
    assert [path for path in LONG if not (ROOT / path).exists()] == []


def test_every_package_is_on_the_map_and_says_what_it_may_import() -> None:
    for package in PACKAGES:
        assert f"`{package.name}/`" in MAP
        assert "import" in (package / "__init__.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "walk", WALKS.split("\n### ")[1:], ids=lambda walk: walk.partition("\n")[0]
)
def test_a_walk_visits_each_file_once(walk: str) -> None:
    steps = re.findall(r"^(\d+)\. `([\w/.]+)` - .", walk, re.MULTILINE)

    assert [int(number) for number, _ in steps] == list(range(1, len(steps) + 1))
    assert len({file for _, file in steps}) == len(steps) > 0
