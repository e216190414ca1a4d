"""The README and the pages of `docs/` name no option and show no picture that does not exist."""

from __future__ import annotations

import re
import shlex
from importlib import import_module
from importlib.metadata import requires
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement

from tui.commands import SUBCOMMANDS, train_options

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def long_options() -> list[str]:
    others = (import_module(f"tui.commands.{command}") for command in SUBCOMMANDS[1:])
    parsers = train_options.parser(), *(module.parser() for module in others)
    actions = [action for parser in parsers for action in parser._actions]
    options = (option for action in actions for option in action.option_strings)
    return sorted(option for option in options if option.startswith("--"))


def code_spans(page: Path) -> set[str]:
    """The text between single backticks, outside blocks of code."""
    prose = re.sub(r"^```.*?^```", "", read(page), flags=re.DOTALL | re.MULTILINE)
    return set(re.findall(r"`([^`\n]+)`", prose))


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def named_options(page: Path) -> Iterator[str]:
    """The options in the page's prose, each without its value."""
    for span in code_spans(page):
        if span.startswith(("--", "gan-tui ")):
            yield from re.findall(r"(?<![\w-])--[a-z0-9][a-z0-9-]*", span)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_it_names_no_option_that_does_not_exist(page: Path) -> None:
    assert set(named_options(page)) - set(long_options()) == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_its_links_and_pictures_exist(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", read(page))
    assert [link for link in links if not (page.parent / link).is_file()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_figure_is_left_to_fill_in(page: Path) -> None:
    prose = re.sub(r"^```.*?^```|`[^`\n]+`", "", read(page), flags=re.DOTALL | re.MULTILINE)
    assert re.findall(r"\b[A-Z]+_[A-Z]+\b", prose) == []


def test_a_viewer_alone_is_installed_with_all_that_does_not_train() -> None:
    """The list in the page is that of `pyproject.toml` but for the packages of the training."""
    page = read(ROOT / "docs" / "watching.md")
    block = page.partition("<!-- viewer install -->")[2].split("```")[1]
    named = [canonical(word) for word in shlex.split(block) if re.search(r"[<>]", word)]
    needed = [canonical(one) for one in requires("gan-tui") or [] if "extra ==" not in one]
    assert sorted(named) == sorted(
        one for one in needed if not one.startswith(("tensorflow", "keras", "nvidia-ml-py"))
    )


def canonical(requirement: str) -> str:
    return str(Requirement(requirement))
