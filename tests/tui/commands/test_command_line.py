"""Options on a parser: by name, by a letter, and by their place."""

from __future__ import annotations

import argparse
from typing import Any

import pytest

from gan.errors import UsageError
from gan.options import Option, Values, text, whole_number
from tui.commands.command_line import Parser, add_option


def parsed(words: list[str], **options: Option) -> dict[str, Any]:
    parser = Parser(prog="toy", argument_default=argparse.SUPPRESS, allow_abbrev=False)
    for name, described in options.items():
        add_option(parser, name, described)
    return vars(parser.parse_args(words))


COUNT = Option(group="run", help="how many", metavar="N", values=whole_number(1, 9), short="n")


def positional(values: Values = text("a run"), *, required: bool = False) -> Option:  # noqa: B008
    return Option(
        group="run",
        help="the run",
        metavar="RUN",
        values=values,
        is_positional=True,
        is_required=required,
    )


@pytest.mark.parametrize("words", [["-n", "5"], ["-n5"], ["--count", "5"], ["--count=5"]])
def test_an_option_has_a_name_and_may_have_a_letter(words: list[str]) -> None:
    assert parsed(words, count=COUNT) == {"count": 5}


@pytest.mark.parametrize("words", [["7@best", "-n", "5"], ["-n", "5", "7@best"]])
def test_a_positional_one_has_its_place_before_or_after_the_others(words: list[str]) -> None:
    assert parsed(words, run=positional(), count=COUNT) == {"run": "7@best", "count": 5}


def test_its_word_is_read() -> None:
    assert parsed(["7"], run=positional(whole_number(1, 9))) == {"run": 7}


@pytest.mark.parametrize("values", [text("a run"), whole_number(1, 9)])
def test_one_that_is_left_out_leaves_nothing(values: Values) -> None:
    assert parsed([], run=positional(values)) == {}


def test_a_required_one_must_be_there() -> None:
    with pytest.raises(UsageError, match=r"required: RUN\. See toy --help"):
        parsed([], run=positional(required=True))


def test_a_second_one_is_refused() -> None:
    with pytest.raises(UsageError, match="unrecognized arguments: 8"):
        parsed(["7", "8"], run=positional())
