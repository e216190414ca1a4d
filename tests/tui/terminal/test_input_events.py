"""Which events a terminal's sequences become, and which become none."""

from __future__ import annotations

from typing import Any

import pytest
from textual import events, messages

from tui.terminal.background import BackgroundReported
from tui.terminal.input_events import InputEvents
from tui.terminal.tokens import ESCAPE_SECONDS, Tokenizer


def events_of(data: bytes, size: tuple[int, int] = (80, 24)) -> list[Any]:
    tokenizer, found = Tokenizer(), InputEvents(lambda: size)
    tokens = tokenizer.feed(data) + tokenizer.after_silence(ESCAPE_SECONDS)
    return [event for token in tokens for event in found.of(token)]


def keys_of(data: bytes) -> list[str]:
    return [event.key for event in events_of(data)]


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b"q", "q"),
        (b"R", "R"),
        (b" ", "space"),
        (b"\r", "enter"),
        (b"\t", "tab"),
        (b"\x03", "ctrl+c"),
        (b"\x10", "ctrl+p"),
        (b"\x7f", "backspace"),
        (b"?", "question_mark"),
        ("é".encode(), "é"),
        (b"\x1b", "escape"),
        (b"\x1b[A", "up"),
        (b"\x1bOA", "up"),
        (b"\x1b[1;5C", "ctrl+right"),
        (b"\x1b[1;2B", "shift+down"),
        (b"\x1b[H", "home"),
        (b"\x1b[4~", "end"),
        (b"\x1b[5~", "pageup"),
        (b"\x1b[6~", "pagedown"),
        (b"\x1b[3~", "delete"),
        (b"\x1b[3;5~", "ctrl+delete"),
        (b"\x1b[Z", "shift+tab"),
        (b"\x1bOP", "f1"),
        (b"\x1b[[A", "f1"),
        (b"\x1b[15~", "f5"),
        (b"\x1b[15;5~", "ctrl+f5"),
        (b"\x1b[24~", "f12"),
        (b"\x1b[25~", "f13"),
        (b"\x1ba", "alt+a"),
        (b"\x1b ", "alt+space"),
        (b"\x1b?", "alt+question_mark"),
        # Kitty's protocol.
        (b"\x1b[27u", "escape"),
        (b"\x1b[97u", "a"),
        (b"\x1b[97;5u", "ctrl+a"),
        (b"\x1b[97;3u", "alt+a"),
        (b"\x1b[97;1:1u", "a"),
        (b"\x1b[97;5:2u", "ctrl+a"),
        (b"\x1b[97:65;2;65u", "A"),
        (b"\x1b[13u", "enter"),
        (b"\x1b[112;5u", "ctrl+p"),
        (b"\x1b[1;5:1A", "ctrl+up"),
        (b"\x1b[5;5:2~", "ctrl+pageup"),
        (b"\x1b[97;69u", "ctrl+a"),
    ],
)
def test_keys_of_real_terminals(data: bytes, key: str) -> None:
    assert keys_of(data) == [key]


CASES = {
    "a release": b"\x1b[114;1:3u",
    "a release of an arrow": b"\x1b[1;1:3A",
    "a code point that is too large": b"\x1b[1114112u",
    "a surrogate": b"\x1b[55296u",
    "a number of 5,000 digits": b"\x1b[" + b"9" * 5000 + b"u",
    "a text that is none": b"\x1b[97;1;1114112u",
    "a key's code with the wrong end": b"\x1b[114~",
    "OSC 10": b"\x1b]10;rgb:1e1e/1e1e/2e2e\x1b\\",
    "OSC 11 without a colour": b"\x1b]11;rgb:1e1e/1e1e\x1b\\",
    "OSC with the code of a key": b"\x1b]\r\x1b\\",
    "OSC 4": b"\x1b]4;0;rgb:0000/0000/0000\x07",
    "DA1": b"\x1b[?62;22c",
    "DA2": b"\x1b[>0;276;0c",
    "DA3": b"\x1bP!|7E565445\x1b\\",
    "XTVERSION": b"\x1bP>|tmux 3.4\x1b\\",
    "the colour scheme": b"\x1b[?997;1n",
    "a cursor position": b"\x1b[12;40R",
    "a cursor position like F3": b"\x1b[1;5R",
    "the keyboard's flags": b"\x1b[?1u",
    "a mode": b"\x1b[?7;2$y",
    "a size": b"\x1b[8;24;80t",
    "a size without rows": b"\x1b[48;0;80;480;800t",
    "a size without pixels": b"\x1b[48;24;80;0;0t",
    "a mouse that is nowhere": b"\x1b[<35;NaN;NaNM\x1b[<35;NaN;NaNM",
    "a mouse of another encoding": b"\x1b[35;NaN;NaNM",
    "an eleventh button": b"\x1b[<131;3;3M",
    "a mouse far away": b"\x1b[<0;9999999;3M",
}


@pytest.mark.parametrize("data", CASES.values(), ids=CASES.keys())
def test_reports_and_odd_values_are_no_input(data: bytes) -> None:
    found = InputEvents(lambda: (80, 24))
    for end in range(min(len(data), 100)):
        tokenizer = Tokenizer()
        tokens = tokenizer.feed(data[:end])
        # Only a lone escape would be a key.
        silence = 0.0 if data[:end].endswith(b"\x1b") else ESCAPE_SECONDS
        tokens += tokenizer.after_silence(silence)
        tokens += tokenizer.feed(data[end:])
        assert [event for token in tokens for event in found.of(token)] == [], end


@pytest.mark.parametrize(
    ("answer", "is_light"),
    [
        (b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\", True),
        (b"\x1b]11;rgb:fd/f6/e3\x07", True),
        (b"\x1b]11;rgba:0000/2b2b/3636/ffff\x1b\\", False),
        (b"\x1b]11;rgb:0/0/f\x07", False),
    ],
)
def test_the_terminal_reports_its_background(answer: bytes, is_light: bool) -> None:
    (report,) = events_of(answer)

    assert isinstance(report, BackgroundReported)
    assert report.is_light is is_light


def test_a_click() -> None:
    down, up = events_of(b"\x1b[<0;5;7M\x1b[<0;5;7m")

    assert isinstance(down, events.MouseDown)
    assert isinstance(up, events.MouseUp)
    assert (down.x, down.y, down.button) == (4, 6, 1)


def test_the_wheel_and_a_move() -> None:
    kinds = [type(event) for event in events_of(b"\x1b[<64;5;7M\x1b[<65;5;7M\x1b[<35;5;8M")]

    assert kinds == [events.MouseScrollUp, events.MouseScrollDown, events.MouseMove]


def test_the_size_is_the_systems_and_the_pixels_are_the_reports() -> None:
    resize, move = events_of(b"\x1b[48;10;20;200;200t\x1b[<35;101;101M", (80, 24))

    assert resize.size == (80, 24)
    assert resize.pixel_size == (800, 480)
    assert (move.x, move.y) == (10, 5)


def test_pasted_text_is_no_key() -> None:
    (paste,) = events_of(b"\x1b[200~qs\x1b[201~")

    assert isinstance(paste, events.Paste)
    assert paste.text == "qs"
    assert events_of(b"\x1b[200~\x1b[201~") == []


def test_the_modes_that_were_asked_for() -> None:
    synchronized, resize = events_of(b"\x1b[?2026;2$y\x1b[?2048;2$y")

    assert isinstance(synchronized, messages.TerminalSupportsSynchronizedOutput)
    assert isinstance(resize, messages.InBandWindowResize)


def test_focus() -> None:
    kinds = [type(event) for event in events_of(b"\x1b[I\x1b[O")]

    assert kinds == [events.AppFocus, events.AppBlur]


def test_a_terminal_that_was_reset_reports_in_the_oldest_encoding() -> None:
    resets: list[bool] = []
    found = InputEvents(lambda: (80, 24), on_reset=lambda: resets.append(True))
    events_ = [event for token in Tokenizer().feed(b"\x1b[M !!") for event in found.of(token)]

    assert events_ == []
    assert resets == [True]
