"""Strings from outside cannot steer a terminal."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan.text.safe_text import safe_lines, safe_text, shell_word


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x9b31m", r"\x9b31m"),
        ("a\nb\r\tc\x7f", r"a\nb\r\tc\x7f"),
        ("abc\u202etxt.exe", r"abc\u202etxt.exe"),
        ("caf\udce9", r"caf\udce9"),
        ("zero\u200bwidth", r"zero\u200bwidth"),
        ("\u2066a\u2069\u061c", r"\u2066a\u2069\u061c"),
        ("a\u3164b\uffa0\u115f", r"a\u3164b\uffa0\u115f"),
        ("A\ufe0f\u034f\U000e0101", r"A\ufe0f\u034f\U000e0101"),
        ("a\u2028b\u2029c\x85", r"a\u2028b\u2029c\x85"),
        ("\u0301first", r"\u0301first"),
        ("Z" + "\u0335" * 6, "Z" + "\u0335" * 4 + r"\u0335" * 2),
        ("\x1b\u0301", r"\x1b\u0301"),
        ("\ue000\uffff\U0010ffff", r"\ue000\uffff\U0010ffff"),
        ("\U0001f1e9\U0001f1ea\U0001f44d\U0001f3fd", "\\U0001f1e9\\U0001f1ea\U0001f44d\\U0001f3fd"),
    ],
    ids=[
        *("osc", "c1", "lines", "bidi", "undecodable", "zero-width", "isolates", "fillers"),
        *(
            "selectors",
            "separators",
            "mark-first",
            "many-marks",
            "mark-on-escape",
            "private",
            "emoji",
        ),
    ],
)
def test_what_is_not_printable_becomes_an_escape(text: str, shown: str) -> None:
    assert safe_text(text) == shown


def test_printable_text_stays_as_it_is() -> None:
    assert safe_text(r"C:\naïve 数字 [/bold] ✓") == r"C:\naïve 数字 [/bold] ✓"


@pytest.mark.parametrize(
    "text", ["Việt Nam", "한국어", "שָׁלוֹם", "ไม้เอก", "नमस्ते", "日本語", "😀", "│━▁█⣿…é"]
)
def test_no_language_is_escaped(text: str) -> None:
    assert safe_text(text) == text
    assert safe_text(unicodedata.normalize("NFD", text)) == unicodedata.normalize("NFD", text)


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


@given(st.text(st.characters(max_codepoint=sys.maxunicode)))
def test_what_is_safe_stays_as_it_is(text: str) -> None:
    once = safe_text(text, 10_000)

    assert safe_text(once, 10_000) == once


def test_every_character_that_shows_nothing_is_escaped() -> None:
    """Those that Unicode calls Default_Ignorable, and all that is no character."""
    unseen = [chr(code) for code in (0x034F, 0x115F, 0x17B4, 0x180B, 0x200B, 0x2060, 0x3164)]
    unseen += [chr(code) for code in (0xAD, 0xFE00, 0xFE0F, 0xFEFF, 0xFFA0, 0xE0001, 0xE01EF)]

    assert [c for c in unseen if safe_text(f"a{c}") == f"a{c}"] == []


def test_lines_are_made_safe_one_by_one_and_none_is_cut() -> None:
    longest = "\U000e0001" * 20_000

    assert safe_lines(f"a\x1b\nb\udce9\n\n{longest}").split("\n") == [
        r"a\x1b",
        r"b\udce9",
        "",
        r"\U000e0001" * 20_000,
    ]


@pytest.mark.parametrize("path", ["runs/7", "it's", "a b", "$(reboot)", "数字", ""])
def test_a_printable_word_is_quoted_as_usual(path: str) -> None:
    assert shell_word(path) == shlex.quote(path)


@pytest.mark.skipif(not shutil.which("bash"), reason="the word is for a shell")
@pytest.mark.parametrize(
    "path", ["\x1b]0;t\x07", "a\nb", "caf\udce9", "'\\\x1b'", "\u202etxt", "数\x7f"]
)
def test_any_other_word_reads_back_to_the_same_bytes(path: str) -> None:
    word = shell_word(path)

    said = subprocess.run(["bash", "-c", f"printf %s {word}"], capture_output=True, check=True)
    assert said.stdout == path.encode("utf-8", "surrogateescape")
    assert word.isascii()
    assert word.isprintable()
