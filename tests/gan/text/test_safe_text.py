"""Strings from outside cannot steer a terminal."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan.text.safe_text import safe_text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x9b31m", r"\x9b31m"),
        ("a\nb\r\tc\x7f", r"a\nb\r\tc\x7f"),
        ("abc\u202etxt.exe", r"abc\u202etxt.exe"),
        ("caf\udce9", r"caf\udce9"),
        ("zero\u200bwidth", r"zero\u200bwidth"),
    ],
    ids=["osc", "c1", "lines", "bidi", "undecodable", "zero-width"],
)
def test_what_is_not_printable_becomes_an_escape(text: str, shown: str) -> None:
    assert safe_text(text) == shown


def test_printable_text_stays_as_it_is() -> None:
    assert safe_text(r"C:\naïve 数字 [/bold] ✓") == r"C:\naïve 数字 [/bold] ✓"


def test_a_text_of_just_the_limit_is_whole() -> None:
    assert safe_text("abcde", 5) == "abcde"


def test_a_longer_text_is_cut_and_says_so() -> None:
    assert safe_text("abcdef", 5) == "abcd…"


def test_escapes_count_towards_the_limit() -> None:
    assert len(safe_text("\x1b" * 5, 5)) == 5


@given(st.text(st.characters(max_codepoint=sys.maxunicode)), st.integers(1, 40))
def test_the_result_is_always_printable_and_within_the_limit(text: str, limit: int) -> None:
    shown = safe_text(text, limit)

    assert shown.isprintable()
    assert len(shown) <= limit
