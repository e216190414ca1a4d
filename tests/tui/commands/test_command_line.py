"""Options on a parser: by name, by a letter, and by their place."""

from __future__ import annotations

import argparse
import io
import os
import sys
from typing import Any

import pytest

from gan.errors import StorageError, UsageError
from gan.options import Option, Values, text, whole_number
from tui.commands.command_line import Parser, add_option, say, write_out


def parsed(words: list[str], **options: Option) -> dict[str, Any]:
    parser = Parser(prog="toy", argument_default=argparse.SUPPRESS, allow_abbrev=False)
    for name, described in options.items():
        add_option(parser, name, described)
    return parser.read(words)


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


def test_a_repeated_one_is_a_list_of_what_was_given() -> None:
    repeated = Option(
        group="run", help="", metavar="N", values=whole_number(1, 9), is_repeated=True
    )
    assert parsed(["--to", "3", "--to", "5"], to=repeated) == {"to": [3, 5]}
    assert parsed([], to=repeated) == {}


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


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("--cuont", "--count"),
        ("--COUNT=3", "--count"),
        ("--counts", "--count"),
        ("evalute", "evaluate"),
        ("eval", "evaluate"),
        ("Train", "train"),
        ("benchmark", "bench"),
    ],
)
def test_an_unknown_word_names_the_nearest(word: str, meant: str) -> None:
    with pytest.raises(UsageError) as refused:
        parsed([word], count=COUNT)

    line = f"unrecognized arguments: {word}. Did you mean {meant}? See toy --help."
    assert str(refused.value) == line


@pytest.mark.parametrize("word", ["--lr", "--colour", "colour", "-x"])
def test_what_is_near_nothing_has_no_hint(word: str) -> None:
    """`--lr` stands for an option that this parser doesn't have."""
    with pytest.raises(UsageError, match=rf"unrecognized arguments: {word}\. See toy"):
        parsed([word], count=COUNT)


def test_a_long_word_is_cut() -> None:
    with pytest.raises(UsageError) as refused:
        parsed(["x" * 9999], count=COUNT)

    assert len(str(refused.value)) < 200


@pytest.mark.parametrize("word", ["-3", "-1e-4", "-.5", "-inf", "-nan"])
def test_a_negative_number_is_a_value(word: str) -> None:
    assert parsed(["--run", word], run=Option(group="run", help="x", metavar="X", values=text("x")))


class TestOutput:
    def test_it_is_written_at_once(self, capfd: pytest.CaptureFixture[str]) -> None:
        assert write_out("a\n")
        assert write_out(b"\xff\n")

        assert capfd.readouterr().out.startswith("a\n")

    def test_what_the_encoding_lacks_is_an_escape(self, monkeypatch: pytest.MonkeyPatch) -> None:
        stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
        monkeypatch.setattr(sys, "stdout", stream)

        write_out("\u2013\n")

        assert stream.buffer.getvalue() == b"\\u2013\n"  # type: ignore[attr-defined]

    def test_a_full_device_is_an_error_and_nothing_is_left_to_flush(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
            monkeypatch.setattr(sys, "stdout", full)
            with pytest.raises(StorageError, match=r"cannot write to standard output: No space"):
                write_out("x\n")
            full.flush()

    def test_a_closed_one_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdout", None)

        with pytest.raises(StorageError, match="standard output is closed"):
            write_out("x\n")

    def test_a_reader_that_has_left_is_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        read, write = os.pipe()
        os.close(read)
        with os.fdopen(write, "w") as pipe:
            monkeypatch.setattr(sys, "stdout", pipe)

            assert not write_out("x\n")
            pipe.flush()

    def test_an_error_that_cannot_be_printed_does_not_replace_the_first(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
            monkeypatch.setattr(sys, "stderr", full)
            say("x")
            full.flush()
