"""Takes the bytes that a terminal sends apart: typed text, keys and reports, pasted text.

The grammar is that of ECMA-48, which says where a control sequence ends even if its meaning is
unknown. Only a lone escape depends on time, because the escape key sends nothing else.
"""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

ESCAPE_SECONDS: Final = 0.1
"""After so much silence an escape is the key, and not the beginning of a sequence."""

STRING_SECONDS: Final = 3.0
"""After so much silence a control string without an end is given up, or no key would work again."""

PASTE_SECONDS: Final = 10.0
"""After so much silence a paste without an end is taken for ended. Longer than most stalls of a
link, because what follows acts as keys."""

MAX_PASTE_BYTES: Final = 2**20
"""What is kept of one paste."""

_MAX_SEQUENCE_BYTES: Final = 128
"""What is kept of one sequence. A longer one is swallowed to its end, and is not understood."""

_ESC: Final = 0x1B
_BEL: Final = 0x07
_DEL: Final = 0x7F
_ST: Final = 0x9C
_C0: Final = range(0x20)
_PRINTABLE: Final = range(0x20, 0x7F)
_INTERMEDIATE: Final = range(0x20, 0x30)
_DIGITS: Final = range(0x30, 0x3C)
"""With the colon and the semicolon, which separate parameters."""

_FINAL: Final = range(0x40, 0x7F)
_C1: Final = range(0x80, 0xA0)
"""Controls of one byte, each for an escape and a letter."""

_CANCELS: Final = b"\x18\x1a"
_PASTE_BEGINS: Final = b"\x1b[200~"
_PASTE_ENDS: Final = b"\x1b[201~"
_STRINGS: Final = b"PX]^_"
"""After an escape, these begin a string: DCS, SOS, OSC, PM, APC."""

_OSC: Final = b"]"

_ASCII: Final = re.compile(rb"[\x00-\x1a\x1c-\x7f]+")
_STRING_PART: Final = re.compile(rb"[\x08-\x0d\x20-\x7f\x80-\x9b\x9d-\xff]+")
_NOT_NUMBERS: Final = (b"NaN", b"nan", b"Infinity", b"inf", b"Inf", b"undefined", b"null")
"""What programs print for a number that they do not have."""

_LONGEST_WORD: Final = 12
_SEPARATOR: Final = re.compile(rb"[;:]")
_DECIMAL: Final = re.compile(rb"[0-9.]+")
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_X10_DATA_BYTES: Final = 3


class Kind(Enum):
    """What a token is."""

    TEXT = auto()
    """Typed characters, some of which may be control characters such as that of the enter key."""

    ALT = auto()
    """One character, typed with alt."""

    ESCAPE = auto()
    """The escape key."""

    SEQUENCE = auto()
    """A whole control sequence: a key, a report or something unknown."""

    STRING = auto()
    """The content of an operating system command, such as the answer to a question."""

    PASTE = auto()
    """Pasted text, without control characters other than tabs and the ends of lines."""

    X10_MOUSE = auto()
    """A mouse report in the oldest encoding: the terminal has lost the modes that were set."""


class Token(NamedTuple):
    """One piece of input."""

    kind: Kind
    text: str = ""


class Tokenizer:
    """An incremental state machine. Reads may end at any byte; its memory is bounded."""

    def __init__(self) -> None:
        self._tokens: list[Token] = []
        self._state: Callable[[bytes, int], int] = self._ground
        self._buffer = _Sequence()
        """The sequence so far."""

        self._pasted = _Paste()
        self._is_alt = False
        """Whether the next character was typed with alt."""

        self._is_8_bit = False
        """Whether the string began with a C1 byte, and so may end with one."""

        self._decoder = getincrementaldecoder("utf-8")("surrogateescape")

    def feed(self, data: bytes) -> list[Token]:
        """The tokens that these bytes complete."""
        self._tokens, position = [], 0
        while position < len(data):
            position = self._state(data, position)
        return self._tokens

    def after_silence(self, seconds: float) -> list[Token]:
        """The tokens that are complete because nothing has been read for so long."""
        self._tokens = []
        if self._state == self._escape and seconds >= ESCAPE_SECONDS:
            self._end_escape()
        elif self._state in (self._string, self._string_escape) and seconds >= STRING_SECONDS:
            self._state = self._ground
        elif self._state == self._paste and seconds >= PASTE_SECONDS:
            self._end_paste()
        return self._tokens

    def _emit_text(self, text: str) -> None:
        if text:
            kind = Kind.ALT if self._is_alt else Kind.TEXT
            self._tokens.append(Token(kind, _without_surrogates(text)))
            self._is_alt = False

    # Each state takes at least one byte from a position, and returns the position after it, or
    # takes none and changes the state.

    def _ground(self, data: bytes, position: int) -> int:
        """Text, in UTF-8."""
        byte = data[position]
        if byte == _ESC:
            self._emit_text(self._decoder.decode(b"", final=True))
            self._begin(b"\x1b", self._escape)
        elif match := _ASCII.match(data, position):
            self._emit_text(self._decoder.decode(match[0]))
            return match.end()
        else:
            is_c1 = byte in _C1 and not self._decoder.getstate()[0]
            text = self._decoder.decode(data[position : position + 1])
            if is_c1 or (text and ord(text[0]) in _C1):
                self._begin_c1(byte)
            else:
                self._emit_text(text)
        return position + 1

    def _begin(self, introducer: bytes, state: Callable[[bytes, int], int]) -> None:
        self._buffer = _Sequence(introducer)
        self._state = state
        self._is_alt = False

    def _begin_c1(self, byte: int) -> None:
        """A control of one byte stands for an escape and a letter."""
        self._decoder.reset()
        self._is_alt = False
        letter = byte - 0x40
        if letter in b"[O" or letter in _STRINGS:
            self._begin(b"\x1b", self._escape)
            self._escape(bytes([letter]), 0)
            self._is_8_bit = True

    def _escape(self, data: bytes, position: int) -> int:
        """After an escape, and after the intermediate bytes that may follow it."""
        byte = data[position]
        is_first = len(self._buffer) == 1
        if byte == _ESC:
            self._end_escape()
            self._begin(b"\x1b", self._escape)
        elif is_first and byte == ord("["):
            self._begin(b"\x1b[", self._csi)
        elif is_first and byte == ord("O"):
            self._begin(b"\x1bO", self._last_bytes)
        elif is_first and byte in _STRINGS:
            self._is_8_bit = False
            self._begin(bytes([byte]), self._string)
        elif byte in _INTERMEDIATE and not self._buffer.is_full:
            self._buffer.append(byte)
        elif is_first and byte > _DEL:
            self._is_alt, self._state = True, self._ground
            return position
        elif not is_first and byte not in _PRINTABLE:
            self._end_escape()
            return position
        else:
            # A backslash would be the end of a string that was given up.
            if is_first and byte != ord("\\"):
                self._tokens.append(Token(Kind.ALT, chr(byte)))
            self._state = self._ground
        return position + 1

    def _end_escape(self) -> None:
        """What was taken for the beginning of a sequence was a key."""
        self._tokens += _typed(self._buffer[1:].decode("ascii"))
        self._state = self._ground

    def _csi(self, data: bytes, position: int) -> int:
        """Parameters, intermediate bytes and the final byte."""
        byte = data[position]
        parameters = bytes(self._buffer[2:])
        if byte not in _PRINTABLE:
            return self._break_off(byte, position)
        if byte not in _FINAL or _continues_number(parameters, byte):
            self._buffer.keep(byte)
        elif not parameters and byte == ord("["):
            self._begin(b"\x1b[[", self._last_bytes)
        elif not parameters and byte == ord("M"):
            self._state = self._x10_mouse
        else:
            self._end_sequence(byte)
        return position + 1

    def _last_bytes(self, data: bytes, position: int) -> int:
        """A key of the keypad or the Linux console: a letter, on some terminals after a digit."""
        byte = data[position]
        if byte not in _PRINTABLE:
            return self._break_off(byte, position)
        if byte in _DIGITS:
            self._buffer.keep(byte)
        else:
            self._end_sequence(byte)
        return position + 1

    def _break_off(self, byte: int, position: int) -> int:
        """Drop the sequence at a byte that can't be in one."""
        self._state = self._ground
        return position + 1 if byte in _CANCELS else position

    def _end_sequence(self, final: int) -> None:
        self._state = self._ground
        is_whole = not self._buffer.is_full
        self._buffer.append(final)
        if self._buffer == _PASTE_BEGINS:
            self._state = self._paste
        elif is_whole and self._buffer != _PASTE_ENDS:
            self._tokens.append(Token(Kind.SEQUENCE, self._buffer.decode("ascii")))

    def _x10_mouse(self, data: bytes, position: int) -> int:
        """Three bytes that are not text."""
        byte = data[position]
        if byte in _C0:
            return self._break_off(byte, position)
        self._buffer.append(byte)
        if len(self._buffer) == len(b"\x1b[") + _X10_DATA_BYTES:
            self._tokens.append(Token(Kind.X10_MOUSE))
            self._state = self._ground
        return position + 1

    def _string(self, data: bytes, position: int) -> int:
        """The content of a control string, of which little is kept."""
        if match := _STRING_PART.match(data, position):
            self._buffer += match[0][: _MAX_SEQUENCE_BYTES - len(self._buffer)]
            return match.end()
        byte = data[position]
        if byte == _ESC:
            self._state = self._string_escape
        elif byte == _BEL or (byte == _ST and self._is_8_bit):
            self._end_string()
        elif byte in _C0:
            # Not allowed in a string: a person wants out with ctrl+c.
            return self._break_off(byte, position)
        return position + 1

    def _string_escape(self, data: bytes, position: int) -> int:
        """After an escape in a string: its end, or the next sequence."""
        if data[position] == ord("\\"):
            self._end_string()
            return position + 1
        self._begin(b"\x1b", self._escape)
        return position

    def _end_string(self) -> None:
        self._state = self._ground
        kind, content = self._buffer[:1], self._buffer[1:]
        if kind == _OSC and not self._buffer.is_full and content.isascii():
            self._tokens.append(Token(Kind.STRING, content.decode("ascii")))

    def _paste(self, data: bytes, position: int) -> int:
        """Everything up to the end of the paste."""
        taken = self._pasted.take(data[position:])
        if self._pasted.is_whole:
            self._end_paste()
        return position + taken

    def _end_paste(self) -> None:
        self._tokens.append(Token(Kind.PASTE, self._pasted.text))
        self._pasted = _Paste()
        self._state = self._ground


class _Sequence(bytearray):
    """What is kept of a control sequence: its first bytes."""

    @property
    def is_full(self) -> bool:
        """Whether nothing more is kept, so that the sequence may be longer."""
        return len(self) >= _MAX_SEQUENCE_BYTES

    def keep(self, byte: int) -> None:
        """Add a byte if there is room."""
        if not self.is_full:
            self.append(byte)


class _Paste:
    """The beginning of what is pasted, and whether its end has come."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._length = 0
        self._last = b""
        """The last bytes, because the end may lie across two reads."""

        self.is_whole = False

    def take(self, data: bytes) -> int:
        """Add these bytes up to the end of the paste; returns how many belong to it."""
        seen = self._last + data
        found = seen.find(_PASTE_ENDS)
        self.is_whole = found >= 0
        taken = found + len(_PASTE_ENDS) - len(self._last) if self.is_whole else len(data)
        self._kept += data[: min(taken, MAX_PASTE_BYTES - len(self._kept))]
        self._length += taken - (len(_PASTE_ENDS) if self.is_whole else 0)
        self._last = seen[1 - len(_PASTE_ENDS) :]
        return taken

    @property
    def text(self) -> str:
        """What is kept, without control characters other than tabs and the ends of lines."""
        text = self._kept[: self._length].decode("utf-8", "replace")
        return _CONTROLS.sub("", text)


def _typed(intermediates: str) -> list[Token]:
    """The keys that an escape and these characters were: the escape key, or one with alt."""
    if not intermediates:
        return [Token(Kind.ESCAPE)]
    alt, rest = Token(Kind.ALT, intermediates[0]), intermediates[1:]
    return [alt, Token(Kind.TEXT, rest)] if rest else [alt]


def _without_surrogates(text: str) -> str:
    """The text, with a mark in place of each byte that is not UTF-8."""
    return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)


def _continues_number(parameters: bytes, letter: int) -> bool:
    """Whether a letter belongs to a parameter such as NaN or 1e+06, and does not end the sequence.

    Only later parameters are looked at: these are coordinates that a program has calculated.
    """
    is_cut = len(parameters) >= _MAX_SEQUENCE_BYTES - len(b"\x1b[")
    if is_cut or b";" not in parameters:
        return False
    field = _SEPARATOR.split(parameters)[-1].lstrip(b"+-")
    is_word = not field or (field.isalpha() and len(field) < _LONGEST_WORD)
    if parameters.startswith(b"<"):
        # Only these end a mouse report.
        is_exponent = letter in b"eE" and _DECIMAL.fullmatch(field) is not None
        return letter not in b"Mm" and (is_exponent or (is_word and chr(letter).isalpha()))
    return is_word and any(word.startswith(field + bytes([letter])) for word in _NOT_NUMBERS)
