"""The bytes of a terminal are taken apart, wherever a read ends."""

from __future__ import annotations

import random

import pytest

from tests.bench.input_fuzz import check_batch, check_noise
from tui.terminal.tokens import (
    ESCAPE_SECONDS,
    MAX_PASTE_BYTES,
    PASTE_SECONDS,
    STRING_SECONDS,
    Kind,
    Token,
    Tokenizer,
)


def text(characters: str) -> Token:
    return Token(Kind.TEXT, characters)


class TestTheEndOfASequence:
    @pytest.mark.parametrize(
        "swallowed",
        [
            pytest.param(b"\x1bP>|tmux 3.4\x1b\\", id="DCS"),
            pytest.param(b"\x1bXany\x1b\\", id="SOS"),
            pytest.param(b"\x1b^any\x1b\\", id="PM"),
            pytest.param(b"\x1b_Gi=31;OK\x1b\\", id="APC"),
            pytest.param(b"\x1b]52;c;" + b"QUJD" * 100 + b"\x07", id="a long OSC"),
            pytest.param(b"\x90>|tmux\x9c", id="DCS of one byte"),
            pytest.param("\x1b]l日本\x1b\\".encode(), id="OSC in UTF-8"),
            pytest.param(b"\x1b(B", id="a character set"),
            pytest.param(b"\x1b[" + b"1" * 100_000 + b"q", id="a long CSI"),
        ],
    )
    def test_nothing_of_it_is_typed(self, swallowed: bytes) -> None:
        ends = {0, 1, 2, 3, 7, *range(max(len(swallowed) - 3, 0), len(swallowed) + 1)}
        for end in ends:
            tokenizer = Tokenizer()
            tokens = tokenizer.feed(swallowed[:end]) + tokenizer.feed(swallowed[end:] + b"q")
            assert tokens == [text("q")], end

    @pytest.mark.parametrize(
        "answer",
        [
            pytest.param(b"\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\", id="ended by ST"),
            pytest.param(b"\x1b]11;rgb:1e1e/1e1e/2e2e\x07", id="ended by BEL"),
            pytest.param(b"\x9d11;rgb:1e1e/1e1e/2e2e\x9c", id="of one byte"),
        ],
    )
    def test_the_content_of_an_osc_is_kept_wherever_a_read_ends(self, answer: bytes) -> None:
        for end in range(len(answer) + 1):
            tokenizer = Tokenizer()
            tokens = tokenizer.feed(answer[:end]) + tokenizer.feed(answer[end:] + b"q")
            assert tokens == [Token(Kind.STRING, "11;rgb:1e1e/1e1e/2e2e"), text("q")], end

    @pytest.mark.parametrize(
        "word", ["NaN", "nan", "-nan", "inf", "-Infinity", "undefined", "null", "1e+06", "1.5"]
    )
    def test_a_coordinate_may_be_no_number(self, word: str) -> None:
        report = f"\x1b[<35;{word};{word}M"

        assert Tokenizer().feed(f"{report}q".encode()) == [Token(Kind.SEQUENCE, report), text("q")]

    def test_another_escape_ends_it(self) -> None:
        assert Tokenizer().feed(b"\x1b[12\x1b[A") == [Token(Kind.SEQUENCE, "\x1b[A")]

    def test_a_control_character_ends_it_and_is_typed(self) -> None:
        assert Tokenizer().feed(b"\x1b[12\x03") == [text("\x03")]
        assert Tokenizer().feed(b"\x1b]12\x03") == [text("\x03")]

    def test_cancel_ends_it_and_is_not_typed(self) -> None:
        assert Tokenizer().feed(b"\x1b[12\x18q\x1b]4;\x1aq") == [text("q"), text("q")]

    def test_a_report_in_the_oldest_encoding_has_three_bytes_of_any_kind(self) -> None:
        for report in (b"\x1b[M !!", b"\x1b[M\xff\xc3\xa9", b"\x1b[M\x7f\x80\x9b"):
            tokenizer = Tokenizer()
            parts = (report[:4], report[4:], b"q")
            tokens = [token for part in parts for token in tokenizer.feed(part)]
            assert tokens == [Token(Kind.X10_MOUSE), text("q")]


class TestSilence:
    def test_a_lone_escape_is_the_key_after_a_while(self) -> None:
        tokenizer = Tokenizer()

        assert tokenizer.feed(b"\x1b") == []
        assert tokenizer.after_silence(ESCAPE_SECONDS / 2) == []
        assert tokenizer.after_silence(ESCAPE_SECONDS) == [Token(Kind.ESCAPE)]

    @pytest.mark.parametrize(
        "begun", [b"\x1b[", b"\x1b[?62;2", b"\x1bO", b"\x1b]11;r", b"\x1bP>|t"]
    )
    def test_a_sequence_that_has_begun_is_no_key(self, begun: bytes) -> None:
        tokenizer = Tokenizer()
        tokenizer.feed(begun)

        assert tokenizer.after_silence(10 * ESCAPE_SECONDS) == []

    def test_a_string_without_an_end_is_given_up(self) -> None:
        """Alt with a bracket begins one, and nothing could be typed any more."""
        tokenizer = Tokenizer()
        tokenizer.feed(b"\x1b]q")

        assert tokenizer.after_silence(STRING_SECONDS) == []
        assert tokenizer.feed(b"q") == [text("q")]


class TestText:
    def test_a_character_may_lie_across_reads(self) -> None:
        tokenizer = Tokenizer()
        tokens = [token for byte in "é日🙂".encode() for token in tokenizer.feed(bytes([byte]))]

        assert tokens == [text("é"), text("日"), text("🙂")]

    def test_what_is_not_text_is_marked(self) -> None:
        assert Tokenizer().feed(b"\xffq") == [text("\ufffd"), text("q")]

    def test_an_escape_before_a_character_is_alt(self) -> None:
        assert Tokenizer().feed("\x1ba\x1bé".encode()) == [
            Token(Kind.ALT, "a"),
            Token(Kind.ALT, "é"),
        ]

    def test_two_escapes_are_a_key_and_the_next_sequence(self) -> None:
        assert Tokenizer().feed(b"\x1b\x1b[A") == [
            Token(Kind.ESCAPE),
            Token(Kind.SEQUENCE, "\x1b[A"),
        ]


class TestPaste:
    PASTED = b"\x1b[200~q\x1b[Aq\x03\nq\x1b[201~"

    def test_it_is_one_text_without_controls(self) -> None:
        for end in range(len(self.PASTED) + 1):
            tokenizer = Tokenizer()
            tokens = tokenizer.feed(self.PASTED[:end]) + tokenizer.feed(self.PASTED[end:] + b"s")
            assert tokens == [Token(Kind.PASTE, "q[Aq\nq"), text("s")], end

    def test_byte_by_byte(self) -> None:
        tokenizer = Tokenizer()
        tokens = [token for byte in self.PASTED for token in tokenizer.feed(bytes([byte]))]

        assert tokens == [Token(Kind.PASTE, "q[Aq\nq")]

    def test_of_a_large_one_only_the_beginning_is_kept(self) -> None:
        tokenizer = Tokenizer()
        for data in (b"\x1b[200~", *[b"x" * 4096] * 300, b"\x1b[201~"):
            tokens = tokenizer.feed(data)

        assert tokens == [Token(Kind.PASTE, "x" * MAX_PASTE_BYTES)]

    def test_without_an_end_it_ends_after_a_long_silence(self) -> None:
        tokenizer = Tokenizer()
        tokenizer.feed(b"\x1b[200~q")

        assert tokenizer.after_silence(PASTE_SECONDS / 2) == []
        assert tokenizer.after_silence(PASTE_SECONDS) == [Token(Kind.PASTE, "q")]
        assert tokenizer.feed(b"s") == [text("s")]


def test_no_control_sequence_acts_as_a_key_wherever_reads_end() -> None:
    """`python -m tests.bench.input_fuzz` does the same a million times."""
    rng = random.Random(16)
    for _ in range(100):
        check_batch(rng)


def test_after_any_bytes_a_key_works() -> None:
    rng = random.Random(16)
    for _ in range(1000):
        check_noise(rng)
