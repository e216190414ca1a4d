"""Turns what a terminal sends into Textual's events.

Only sequences of known kinds, with values in range, become events. Of Textual's own parser this
uses the tables and the decoding of a mouse report; its state machine takes a sequence that it does
not know apart into keys, and raises errors of values that are out of range.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Final

from textual import constants, events, messages
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS  # the keys of older terminals
from textual._keyboard_protocol import FUNCTIONAL_KEYS  # the keys of kitty's protocol
from textual._xterm_parser import IS_ITERM, XTermParser  # decodes one key or mouse report

from tui.terminal.background import BackgroundReported, is_light_background
from tui.terminal.tokens import Kind, Token

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.message import Message

_KITTY: Final = re.compile(
    r"\x1b\[(?P<code>\d{0,7})(?::\d{0,7}){0,2}"
    r"(?:;(?P<modifiers>\d{0,3})(?::(?P<event>\d?))?)?"
    r"(?:;(?P<text>\d{1,7}(?::\d{1,7}){0,7})?)?"
    r"(?P<end>[u~ABCDEFHPQRS])"
)
_RELEASE: Final = "3"
_CURSOR_POSITION: Final = re.compile(r"\x1b\[\??\d+;\d+(?:;\d+)?R")
_MOUSE: Final = re.compile(r"\x1b\[<(?P<buttons>\d{1,3});\d{1,5};\d{1,5}[Mm]")
_UNKNOWN_BUTTON: Final = 128
"""From here on reports are of buttons 8 to 11, which Textual would take for 1 to 4."""

_MODE_REPORT: Final = re.compile(r"\x1b\[\?(?P<mode>2026|2048);(?P<setting>[1-4])\$y")
_SIZE: Final = re.compile(
    r"\x1b\[48;(?P<rows>\d{1,4})(?::\d*)*;(?P<columns>\d{1,4})(?::\d*)*"
    r";(?P<height>\d{1,6})(?::\d*)*;(?P<width>\d{1,6})(?::\d*)*t"
)
_LARGEST_CELL: Final = 256
"""Pixels a cell can have, in each direction."""

_CHARACTER_CODES: Final = (9, 13, 27, 127)
"""The control characters that are keys in kitty's protocol: tab, enter, escape, backspace."""

_NO_CHARACTERS: Final = (range(0x20), range(0x7F, 0xA0), range(0xD800, 0xF900))
"""The code points of controls, surrogates and private use."""

_FOCUS: Final = {"\x1b[I": events.AppFocus, "\x1b[O": events.AppBlur}
_MODIFIER_BITS: Final = 0b11_1111
"""Without caps lock and num lock."""


class InputEvents:
    """The events of one terminal's input. Used by the input thread only."""

    def __init__(
        self, size: Callable[[], tuple[int, int]], *, on_reset: Callable[[], None] = lambda: None
    ) -> None:
        """Begin without pixels: mouse reports are in cells until the terminal reports its pixels.

        Args:
            size: Returns the columns and rows of the terminal.
            on_reset: Called when the terminal has lost the modes that were set on it.
        """
        self._size, self._on_reset = size, on_reset
        # Its state machine is never fed.
        self._parser = XTermParser()

    def of(self, token: Token) -> Sequence[Message]:  # noqa: PLR0911 - one for each kind
        """The events of a token; empty if it is not understood."""
        match token.kind:
            case Kind.TEXT:
                return [key for character in token.text for key in self._keys(character)]
            case Kind.ALT:
                return self._table_keys(f"\x1b{token.text}") or self._alt_keys(token.text)
            case Kind.ESCAPE:
                return [events.Key("escape", "\x1b")]
            case Kind.PASTE:
                return [events.Paste(token.text)] if token.text else []
            case Kind.X10_MOUSE:
                self._on_reset()
                return []
            case Kind.STRING:
                return _of_string(token.text)
            case Kind.SEQUENCE:
                return self._of_sequence(token.text)

    def _of_sequence(self, sequence: str) -> Sequence[Message]:
        if sequence in _FOCUS:
            return [_FOCUS[sequence]()]
        if match := _MOUSE.fullmatch(sequence):
            is_known = int(match["buttons"]) < _UNKNOWN_BUTTON
            mouse = self._parser.parse_mouse_code(sequence) if is_known else None
            return [] if mouse is None else [mouse]
        if match := _MODE_REPORT.fullmatch(sequence):
            return _mode_messages(match["mode"], int(match["setting"]))
        if match := _SIZE.fullmatch(sequence):
            return self._resize(*(int(match[name]) for name in _SIZE.groupindex))
        return self._of_key(sequence)

    def _of_key(self, sequence: str) -> Sequence[Message]:
        # F3 with a modifier looks like a cursor position; a reply must not act as a key.
        if _CURSOR_POSITION.fullmatch(sequence):
            return []
        kitty = _kitty_key(sequence)
        if kitty is None:
            return self._table_keys(sequence)
        return self._keys(kitty) if kitty else []

    def _keys(self, sequence: str, *, alt: bool = False) -> list[events.Key]:
        """The keys of a character, or of a sequence of kitty's protocol."""
        keys = self._parser._sequence_to_key_events(sequence, alt=alt)  # noqa: SLF001  # no public name
        return [key for key in keys if key.key != "<ignore>"]

    def _alt_keys(self, character: str) -> list[events.Key]:
        """A character with alt, also where Textual's parser leaves it out."""
        return [
            key if "alt+" in key.key else events.Key(f"alt+{key.key}", None)
            for key in self._keys(character, alt=True)
        ]

    def _table_keys(self, sequence: str) -> list[events.Key]:
        """The keys of an older terminal's sequence."""
        keys = ANSI_SEQUENCES_KEYS.get(sequence)
        if isinstance(keys, str):
            return self._keys(keys)
        if not isinstance(keys, tuple):
            return []
        return [events.Key(key.value, None) for key in keys if key.value != "<ignore>"]

    def _resize(self, rows: int, columns: int, height: int, width: int) -> Sequence[Message]:
        """The terminal's size, in cells as the system has it, in pixels as this report says."""
        if not (0 < columns <= width <= columns * _LARGEST_CELL):
            return []
        if not (0 < rows <= height <= rows * _LARGEST_CELL):
            return []
        self._parser.terminal_size = (columns, rows)
        self._parser.terminal_pixel_size = (width, height)
        self._parser.mouse_pixels = True
        real_columns, real_rows = self._size()
        pixels = (real_columns * width // columns, real_rows * height // rows)
        return [events.Resize.from_dimensions((real_columns, real_rows), pixels)]


def _of_string(content: str) -> Sequence[Message]:
    """What an operating system command says that the program has asked for."""
    is_light = is_light_background(content)
    return [] if is_light is None else [BackgroundReported(is_light=is_light)]


def _mode_messages(mode: str, setting: int) -> Sequence[Message]:
    """What a report says of a mode that Textual has asked for."""
    if mode == "2026":
        return [messages.TerminalSupportsSynchronizedOutput()]
    if constants.SMOOTH_SCROLL and not IS_ITERM:
        return [messages.InBandWindowResize.from_setting_parameter(setting)]
    return []


def _kitty_key(sequence: str) -> str | None:
    """A key of kitty's protocol in its plainest form: empty if it does nothing, `None` if no key.

    A release does nothing, and a repetition is a key. An alternate code, which says what the key
    would be with shift or on another keyboard, is left out.
    """
    match = _KITTY.fullmatch(sequence)
    if match is None:
        return None
    end, modifiers = match["end"], int(match["modifiers"] or 1) - 1
    if match["event"] == _RELEASE:
        return ""
    if end == "u":
        texts = [int(code) for code in (match["text"] or "").split(":") if code]
        if not _is_key(int(match["code"] or 0)) or not all(map(_is_character, texts)):
            return ""
    else:
        texts = []
        code = match["code"] or ("" if end == "~" else "1")
        if f"{code}{end}" not in FUNCTIONAL_KEYS:
            return None
    bits = modifiers & _MODIFIER_BITS if modifiers >= 0 else 0
    text = ":".join(map(str, texts))
    parts = [str(int(match["code"] or 1)), str(bits + 1) if bits or text else "", text]
    return f"\x1b[{';'.join(parts).rstrip(';')}{end}"


def _is_key(code: int) -> bool:
    """Whether a code of kitty's protocol is a key that Textual knows or a character."""
    return f"{code}u" in FUNCTIONAL_KEYS or code in _CHARACTER_CODES or _is_character(code)


def _is_character(code: int) -> bool:
    """Whether a code point is that of a character that can be typed."""
    return code <= sys.maxunicode and not any(code in codes for codes in _NO_CHARACTERS)
