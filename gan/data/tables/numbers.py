"""Parses rows of numbers with commas between them.

Whole numbers of up to three digits, and decimals without an exponent, are parsed by array
operations, any others one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

_PLAIN: Final = b"0123456789,\n"
_DECIMAL: Final = b"0123456789,\n.-"
_DOT: Final = ord(".")
_MINUS: Final = ord("-")
_COMMA: Final = ord(",")
_MAX_DECIMAL: Final = 15
"""Digits of a number that a float64 holds exactly, so that it is rounded only once."""

_ZERO: Final = ord("0")
_NEWLINE: Final = ord("\n")
_MAX_DIGITS: Final = 3
_MAX_BYTE: Final = 255


def parse(text: bytes, columns: int) -> npt.NDArray[Any] | None:
    r"""The numbers of some rows.

    Args:
        text: Lines that end in `\n`, with commas between numbers. No line is empty.
        columns: Numbers in each row.

    Returns:
        n x columns: uint8 if that can hold them, else uint16 or float64; `None` if a row has
        another length or something that is no number.
    """
    if not text.translate(None, _PLAIN):
        found = _whole(text, columns)
        if found is not None:
            return found
    elif not text.translate(None, _DECIMAL):
        decimals = _decimals(text, columns)
        if decimals is not None:
            return decimals
    return _any(text, columns)


def _whole(text: bytes, columns: int) -> npt.NDArray[Any] | None:
    """Numbers of up to three digits; `None` if any isn't, or the rows have another length."""
    codes = np.frombuffer(text, np.uint8)
    ends = np.flatnonzero(codes < _ZERO)
    if len(ends) % columns:
        return None
    lengths = ends[1:] - ends[:-1]
    first = int(ends[0])
    if min(first + 1, lengths.min(initial=2)) < 2:  # noqa: PLR2004
        return None
    if max(first, lengths.max(initial=0) - 1) > _MAX_DIGITS:
        return None
    is_end = (codes[ends] == _NEWLINE).reshape(-1, columns)
    if not is_end[:, -1].all() or is_end[:, :-1].any():
        return None
    # Every byte as the last digit of a number: itself, the one before, and the one before that if
    # all are of one number. What is no last digit is never looked at.
    digits = np.zeros(len(codes) + 2, np.uint8)
    np.subtract(codes, _ZERO, out=digits[2:])
    is_digit = digits < 10  # noqa: PLR2004
    digits *= is_digit
    values = digits[:-2].astype(np.uint16)
    values *= is_digit[1:-1]
    values *= 10
    values += digits[1:-1]
    values *= 10
    values += digits[2:]
    found = values[ends - 1].reshape(-1, columns)
    return found.astype(np.uint8) if found.max() <= _MAX_BYTE else found


def _decimals(text: bytes, columns: int) -> npt.NDArray[Any] | None:
    """Numbers with a sign and a dot; `None` if one has more digits, or the rows another length."""
    codes = np.frombuffer(text, np.uint8)
    is_end = codes <= _COMMA
    ends = np.flatnonzero(is_end)
    starts = np.concatenate([[0], ends[:-1] + 1])
    dots = np.flatnonzero(codes == _DOT)
    # Which number each dot is in.
    places = np.cumsum(is_end, dtype=np.int32)[dots]
    is_negative = codes[starts] == _MINUS
    digits = np.frombuffer(text.translate(None, b".-"), np.uint8)
    stops = np.flatnonzero(digits <= _COMMA)
    lengths = np.diff(stops, prepend=-1) - 1
    is_newline = (codes[ends] == _NEWLINE).reshape(-1, columns) if not len(ends) % columns else None
    if (
        is_newline is None
        or not is_newline[:, -1].all()
        or is_newline[:, :-1].any()
        or not 1 <= lengths.min() <= lengths.max() <= _MAX_DECIMAL
        or np.count_nonzero(codes == _MINUS) != np.count_nonzero(is_negative)
        or (places[1:] == places[:-1]).any()
    ):
        return None
    mantissas = np.zeros(len(stops), np.int64)
    for place in range(int(lengths.max())):
        digit = digits[np.maximum(stops - 1 - place, 0)].astype(np.int64) - _ZERO
        mantissas += np.where(place < lengths, digit, 0) * 10**place
    behind = np.zeros(len(stops), np.int64)
    behind[places] = ends[places] - dots - 1
    values = mantissas / 10.0**behind
    return np.where(is_negative, -values, values).reshape(-1, columns)


def _any(text: bytes, columns: int) -> npt.NDArray[Any] | None:
    lines = text.split(b"\n")[:-1]
    if any(line.count(b",") != columns - 1 for line in lines):
        return None
    try:
        return np.array(list(map(float, b",".join(lines).split(b",")))).reshape(-1, columns)
    except ValueError:
        return None
