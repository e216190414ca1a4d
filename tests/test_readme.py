"""The README names every option and every key, and no others."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.binding import Binding

from tui.app.app import GanTuiApp
from tui.commands import bench, train_options
from tui.screens.help import _KEY_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def long_options() -> list[str]:
    parsers = train_options.parser(), bench.parser()
    actions = [action for parser in parsers for action in parser._actions]
    options = (option for action in actions for option in action.option_strings)
    return sorted(option for option in options if option.startswith("--"))


def keys() -> list[str]:
    bindings = Binding.make_bindings(GanTuiApp.BINDINGS)
    return sorted({_KEY_NAMES.get(binding.key, binding.key) for binding in bindings})


def code_spans() -> set[str]:
    """The text between single backticks, outside code blocks."""
    prose = re.sub(r"^```.*?^```", "", README, flags=re.DOTALL | re.MULTILINE)
    return set(re.findall(r"`([^`\n]+)`", prose))


def options_named() -> Iterator[str]:
    """The options in the README's prose, each without its value."""
    for span in code_spans():
        yield from re.findall(r"(?<![\w-])--[a-z0-9][a-z0-9-]*", span)


@pytest.mark.parametrize("option", long_options())
def test_every_option_is_named(option: str) -> None:
    assert option in set(options_named())


@pytest.mark.parametrize("key", keys())
def test_every_key_is_named(key: str) -> None:
    assert key in code_spans()


def test_no_option_is_named_that_is_not_there() -> None:
    assert set(options_named()) - set(long_options()) == set()


def test_every_picture_is_there() -> None:
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README)
    assert pictures
    assert [path for path in pictures if not (ROOT / path).is_file()] == []


def test_no_figure_is_left_to_fill_in() -> None:
    prose = re.sub(r"^```.*?^```|`[^`\n]+`", "", README, flags=re.DOTALL | re.MULTILINE)
    assert re.findall(r"\b[A-Z]+_[A-Z]+\b", prose) == []
