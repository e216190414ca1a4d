"""Random keys, clicks and pastes, of every kind that the dashboard has a use for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import random

_COLUMNS, _ROWS = 80, 24

_KEYS: Final = (
    *(bytes([letter]) for letter in b"q?psrbRiegfv[]{}onw/tlcxyam=-+<>,.15 \r\t\x10\x03\x7f"),
    b"\x1b[A",
    b"\x1b[B",
    b"\x1b[C",
    b"\x1b[D",
    b"\x1b[H",
    b"\x1b[F",
    b"\x1b[5~",
    b"\x1b[6~",
    b"\x1b[3~",
    b"\x1b[Z",
    b"\x1b[27u",
    b"\x1b[114;1:3u",
    b"\x1ba",
    b"\x1b[200~pasted q\x1b[201~",
    b"\x1b[200~\n\x1b[201~",
    b"\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\",
)

_MOUSE: Final = (
    "\x1b[<35;{x};{y}M",
    "\x1b[<0;{x};{y}M\x1b[<0;{x};{y}m",
    "\x1b[<0;{x};{y}M\x1b[<0;{x};{y}m" * 2,
    "\x1b[<0;{x};{y}M",
    "\x1b[<32;{x};{y}M",
    "\x1b[<64;{x};{y}M",
    "\x1b[<65;{x};{y}M",
)

KINDS: Final = len(_KEYS) + len(_MOUSE)
"""How many kinds of input there are."""


def storm(rng: random.Random, *, without: bytes = b"") -> bytes:
    """One key, click, move of the mouse or paste.

    Args:
        rng: Chooses it.
        without: Keys of one byte that are not pressed.
    """
    while True:
        if rng.randrange(KINDS) < len(_MOUSE):
            place = {"x": rng.randint(1, _COLUMNS), "y": rng.randint(1, _ROWS)}
            return rng.choice(_MOUSE).format(**place).encode()
        key = rng.choice(_KEYS)
        if not (len(key) == 1 and key in without):
            return key
