"""Random control sequences that no key sends, to show that they act as none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import random

_STRINGS: Final = (b"\x1bP", b"\x1bX", b"\x1b]", b"\x1b^", b"\x1b_")
_8_BIT_STRINGS: Final = (b"\x90", b"\x98", b"\x9d", b"\x9e", b"\x9f")
_NO_NUMBERS: Final = (b"NaN", b"nan", b"-nan", b"inf", b"-Infinity", b"undefined", b"null")
_REPLIES: Final = (
    b"\x1b[?62;22c",
    b"\x1b[>0;276;0c",
    b"\x1b[?997;1n",
    b"\x1b[0n",
    b"\x1b[12;40R",
    b"\x1b[1;5R",
    b"\x1b[?1;2R",
    b"\x1b[4;600;800t",
    b"\x1b[?0u",
    b"\x1b[?7;2$y",
    b"\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\",
    b"\x1b]4;1;rgb:ffff/0000/0000\x07",
    b"\x1bP>|tmux 3.4\x1b\\",
    b"\x1bP1+r544e=787465726d\x1b\\",
    b"\x1bP!|7E565445\x1b\\",
    b"\x1b_Gi=31;OK\x1b\\",
    b"\x1b]52;c;cXFxcQ==\x07",
    b"\x1b[35;12;7M",
    b"\x1b[<64;1;1;1M",
    b"\x1b[<900;3;3M",
    b"\x1b[200~q s\x1b[A\x03\x1b[201~",
    b"\x1b[201~",
    b"\x1b[I",
    b"\x1b[O",
    b"\x1b\\",
    b"\x1b(B",
)


def report(rng: random.Random) -> bytes:
    """One sequence, of every kind that ECMA-48 and terminals have."""
    kinds = (_reply, _csi, _string, _8_bit_string, _kitty, _mouse, _x10_mouse, _8_bit_csi)
    return rng.choice(kinds)(rng)


def _reply(rng: random.Random) -> bytes:
    return rng.choice(_REPLIES)


def _parameters(rng: random.Random) -> bytes:
    """Parameters with a mark in front that no key has."""
    mark = rng.choice(b"?>=")
    return bytes([mark, *rng.choices(b"0123456789;:", k=rng.choice((0, 1, 3, 9, 300)))])


def _csi(rng: random.Random) -> bytes:
    intermediates = bytes(rng.choices(b" !$'*+", k=rng.choice((0, 0, 1, 2))))
    final = rng.randrange(0x40, 0x7F)
    parameters = _parameters(rng)
    if parameters.endswith((b";", b":")):
        # A word such as NaN would go on.
        parameters += b"1"
    return b"\x1b[" + parameters + intermediates + bytes([final])


def _8_bit_csi(rng: random.Random) -> bytes:
    return rng.choice((b"\x9b", "\x9b".encode())) + _csi(rng)[2:]


def _string(rng: random.Random) -> bytes:
    content = bytes(rng.choices(range(0x20, 0x7F), k=rng.choice((0, 1, 8, 40, 2000))))
    text = rng.choice((b"", "tmux é 日本".encode()))
    return rng.choice(_STRINGS) + content + text + rng.choice((b"\x1b\\", b"\x07"))


def _8_bit_string(rng: random.Random) -> bytes:
    content = bytes(rng.choices(range(0x20, 0x7F), k=rng.choice((0, 1, 8, 40))))
    return rng.choice(_8_BIT_STRINGS) + content + rng.choice((b"\x9c", b"\x1b\\"))


def _kitty(rng: random.Random) -> bytes:
    """A key that is released, or a code that is no character."""
    code = rng.choice(
        (0, 3, 0xD800, 0xDFFF, 0xE123, 0x110000, 9_999_999, 10 ** rng.randint(8, 200))
    )
    released = f"\x1b[{rng.randint(32, 126)};{rng.randint(1, 256)}:3u"
    unknown = f"\x1b[{code};{rng.randint(0, 300)}{rng.choice(('', ':1', ':2', ':9'))}u"
    letter = f"\x1b[{rng.randint(100, 199)}~"
    return rng.choice((released, unknown, letter)).encode()


def _mouse(rng: random.Random) -> bytes:
    numbers = [str(rng.randint(-5, 10**6)).encode(), b"1.5", b"1e+06", b"", *_NO_NUMBERS]
    x, y = rng.choice(_NO_NUMBERS), rng.choice(numbers)
    form = rng.choice((b"<%d;%b;%b", b"<%d;%b;%b;%b"))
    body = form % (rng.randint(0, 255), *([x, y] if form.count(b"%b") == 2 else [y, x, y]))
    return b"\x1b[" + body + rng.choice((b"M", b"m"))


def _x10_mouse(rng: random.Random) -> bytes:
    return b"\x1b[M" + bytes(rng.choices(range(0x20, 0x80), k=3))


def pieces(rng: random.Random, data: bytes) -> list[bytes]:
    """The bytes as a number of reads may return them."""
    places = sorted(rng.choices(range(len(data) + 1), k=rng.choice((0, 1, 2, 5, 40))))
    return [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True)]
