"""What an option takes, how its text is read, and how it describes itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gan.errors import UsageError
from gan.options import (
    Option,
    OptionError,
    Values,
    either,
    interval,
    number,
    one_of,
    option,
    option_name,
    options_of,
    path,
    size,
    size_in_bytes,
    text,
    whole_number,
)

TAKEN = [
    (whole_number(1, 9), "9", 9),
    (number("a number below 1", lambda value: value < 1), "0.5", 0.5),
    (one_of(("cpu", "gpu")), "gpu", "gpu"),
    (interval(), "2ep", "2ep"),
    (interval("auto"), "auto", "auto"),
    (interval("auto"), "2ep", "2ep"),
    (path(), "here", Path("here")),
    (text("a source"), "mnist", "mnist"),
]
ODD = ["\u0663", "1_0", " 3", "3 ", "", "0x3", "1e", "\uff13", "+-3", "3\n", "\u00b2", "--3", "1,5"]
"""Words that Python reads as numbers, or nearly."""

REFUSED = [
    (whole_number(1, 9), "10", "received 10, expected a whole number from 1 to 9"),
    (whole_number(1, 9), "1.5", "received '1.5', expected a whole number from 1 to 9"),
    (number("a number below 1", lambda value: value < 1), "nan", "received nan, expected a number"),
    (number("a number below 1", lambda value: value < 1), "x", "received 'x', expected a number"),
    (one_of(("cpu", "gpu")), "tpu", "received 'tpu', expected cpu or gpu"),
    (interval(), "often", "received 'often', expected 500 (steps), 2ep"),
    (interval(), "auto", "received 'auto', expected 500 (steps), 2ep"),
    (interval("auto"), "often", "received 'often', expected auto, 500 (steps), 2ep"),
    (interval(), "0s", "received '0s', which is zero; expected 500 (steps), 2ep"),
    (path(), "", "received '', expected a path"),
    (text("a source"), "", "received '', expected a source"),
    (path(), "~no-one/x", "received '~no-one/x', but there is no user no-one"),
    *((whole_number(1, 9), word, f"received {word!r}, expected a whole") for word in ODD),
    *((number("a rate", lambda value: value < 1), word, f"received {word!r}, exp") for word in ODD),
    (whole_number(1, 9), "9" * 5000, "received '9999"),
    (number("a rate", lambda value: value < 1), "9" * 5000, "received '9999"),
    (number("a rate", lambda value: value < 1), "1e400", "received inf, expected a rate"),
    (interval(), "9" * 5000, "received '9999"),
    (interval(), "\u0663s", "received '\u0663s', expected 500"),
    (one_of(("cpu", "gpu")), "gup" * 999, "received 'gupgup"),
]


def taking(values: Values | None, **described: Any) -> Option:
    return Option(group="run", help="how many", values=values, **described)


@pytest.mark.parametrize(("values", "word", "value"), TAKEN)
def test_a_word_is_read_as_a_value(values: Values, word: str, value: object) -> None:
    assert values.read(word) == value
    taking(values).check("some_name", value)


@pytest.mark.parametrize(("values", "word", "said"), REFUSED)
def test_any_other_word_is_refused_with_what_was_expected(
    values: Values, word: str, said: str
) -> None:
    with pytest.raises(UsageError, match=r"^--some-name: received") as refused:
        taking(values).check("some_name", values.read(word))

    assert said in str(refused.value)


@pytest.mark.parametrize("value", [True, "3", None, [3], 3.0])
def test_a_whole_number_is_an_int(value: object) -> None:
    with pytest.raises(UsageError):
        taking(whole_number(0, 9)).check("name", value)


def test_only_a_nullable_option_takes_none() -> None:
    taking(whole_number(0, 9), nullable=True).check("name", None)
    with pytest.raises(UsageError):
        taking(whole_number(0, 9)).check("name", None)


@pytest.mark.parametrize(
    ("described", "line"),
    [
        ({"default": 3}, "how many (default: 3)"),
        ({"default": 3, "default_text": "the preset's"}, "how many (default: the preset's)"),
        ({"default": None}, "how many"),
    ],
    ids=["default", "text", "none"],
)
def test_the_help_ends_in_the_default(described: dict[str, Any], line: str) -> None:
    assert taking(whole_number(0, 9), **described).help_line == line


def test_the_help_can_list_the_values() -> None:
    described = taking(one_of(("cpu", "gpu")), default="cpu", lists_values=True)

    assert described.help_line == "how many: cpu or gpu (default: cpu)"


@pytest.mark.parametrize("value", ["yes", 1, None])
def test_a_switch_is_true_or_false(value: object) -> None:
    switch = Option(group="run", help="be strict")
    switch.check("strict", True)

    with pytest.raises(OptionError, match=r"--strict: received .*, expected true or false"):
        switch.check("strict", value)


def test_the_help_of_a_switch_has_no_default() -> None:
    assert taking(None, default=False).help_line == "how many"


def test_the_options_of_a_record_are_the_fields_that_were_described() -> None:
    @dataclass(frozen=True)
    class Record:
        batch_size: int = option(4, group="run", help="images", values=whole_number(1, 9))
        other: int = 0

    assert Record().batch_size == 4
    assert list(options_of(Record)) == ["batch_size"]
    assert option_name("batch_size") == "--batch-size"


def test_alternatives_are_joined_in_words() -> None:
    assert [either(names) for names in ("a", "ab", "abc")] == ["a", "a or b", "a, b or c"]


class TestUsage:
    """How an option is given, as the documentation has it."""

    @pytest.mark.parametrize(
        ("described", "usage"),
        [
            ({"metavar": "N"}, "--batch-size N"),
            ({"metavar": "N", "short": "n"}, "-n, --batch-size N"),
            ({"metavar": "RUN", "bare": ""}, "--batch-size [RUN]"),
            ({"metavar": "N", "is_repeated": True}, "--batch-size N"),
            ({"metavar": "RUN", "is_positional": True}, "[RUN]"),
            ({"metavar": "RUN", "is_positional": True, "is_required": True}, "RUN"),
        ],
    )
    def test_it_has_its_names_and_what_it_takes(
        self, described: dict[str, Any], usage: str
    ) -> None:
        assert taking(text("a run"), **described).usage("batch_size") == usage

    def test_a_switch_takes_nothing(self) -> None:
        assert taking(None).usage("no_ui") == "--no-ui"

    def test_an_error_names_a_positional_one_as_the_help_does(self) -> None:
        described = taking(text("a run"), metavar="RUN", is_positional=True)
        with pytest.raises(UsageError, match=r"^RUN: received"):
            described.check("run", "")


@pytest.mark.parametrize(
    ("word", "value"),
    [("-0", 0), ("+3", 3), ("007", 7), ("1.5e-3", 1.5e-3), (".5", 0.5), ("5.", 5)],
)
def test_a_number_may_be_written_as_people_write_it(word: str, value: float) -> None:
    assert number("any", lambda _: True).read(word) == value


def test_a_leading_tilde_is_a_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")

    assert path().read("~/runs") == Path("/home/ada/runs")


def test_a_value_that_cannot_be_printed_is_refused_all_the_same() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]

    assert "nested too deeply, expected cpu" in one_of(["cpu"]).refusal(deep)
    assert "a number of thousands of digits" in whole_number(1, 9).refusal(16**5000)
    while deep:
        deep = deep[0]  # type: ignore[assignment]  # taken apart here: Python would recurse


@pytest.mark.parametrize(
    ("word", "in_bytes"),
    [
        ("4GB", 4 * 10**9),
        ("4gb", 4 * 10**9),
        ("4G", 4 * 10**9),
        ("4 GiB", 4 * 2**30),
        ("512MiB", 512 * 2**20),
        ("1.5GB", 1_500_000_000),
        ("0.25TB", 250 * 10**9),
    ],
)
def test_a_size_may_be_written_as_people_write_it(word: str, in_bytes: int) -> None:
    assert size_in_bytes(word) == in_bytes
    assert size(10**6).refusal(word) == ""


@pytest.mark.parametrize(
    "word", ["", "4", "4KB", "-4GB", "GB", "4GBB", "4.GB", "1e3GB", "\u0664GB", "1MB", 4, None]
)
def test_what_is_no_size_or_too_small_is_refused(word: object) -> None:
    assert "expected a size from 256MB, such as 4GB" in size(256 * 10**6).refusal(word)
