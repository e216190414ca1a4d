from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan.data.arrays.raw import BlockArray, Gathered, narrowed, read_exactly
from gan.errors import DataError
from tests.gan.data.making import Reports, ignore

HERE = Path("some.file")


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (np.array([0, 255]), np.uint8),
        (np.array([0, 255.0]), np.uint8),
        (np.array([0, 0.5]), np.float32),
        (np.array([0, 0.5], np.float16), np.float16),
        (np.array([0, np.nan]), np.float32),
        (np.array([0, 1e300]), np.float64),
        (np.array([0, 256]), np.int64),
        (np.array([True, False]), np.bool_),
        (np.array([], np.float64), np.float32),
    ],
)
def test_values_take_the_least_room_that_keeps_them(values: Any, dtype: Any) -> None:
    found = narrowed(values)

    assert found.dtype == dtype
    assert np.array_equal(found, values.astype(dtype), equal_nan=found.dtype.kind == "f")
    assert found.base is None


def test_pieces_of_one_type_are_joined_and_keep_their_order() -> None:
    gathered = Gathered()
    for first, dtype in ((0, np.uint8), (3, np.uint8), (6, np.float32), (9, np.uint8)):
        gathered.add(np.arange(first, first + 3).astype(dtype))

    pieces = gathered.pieces()

    assert [piece.tolist() for piece in pieces] == [[0, 1, 2, 3, 4, 5], [6, 7, 8], [9, 10, 11]]
    assert gathered.pieces() == []
    raw = BlockArray("", pieces)
    assert (raw.shape, raw.dtype) == ((12,), np.float32)
    assert raw.whole(ignore).tolist() == list(range(12))
    assert [block.tolist() for block in raw.blocks(ignore)] == [list(range(12))]


def test_large_pieces_are_not_kept_until_the_end() -> None:
    gathered = Gathered()
    for _ in range(5):
        gathered.add(np.zeros(2**22, np.uint8))

    assert [len(piece) for piece in gathered.pieces()] == [2**23, 2**23, 2**22]


def test_reading_reports_every_piece() -> None:
    reports = Reports()

    data = read_exactly(HERE, io.BytesIO(b"\x07" * 3_000_000), 2**21 + 1, reports)

    assert data.tolist()[:2] == [7, 7]
    assert [done for _, done, _, _ in reports.calls] == [2**20, 2**21, 2**21 + 1]
    assert {(what, total, unit) for what, _, total, unit in reports.calls} == {
        ("reading some.file", 2**21 + 1, "bytes")
    }


def test_a_stream_that_ends_early_is_refused() -> None:
    with pytest.raises(DataError, match="received 3 bytes of data, expected 4"):
        read_exactly(HERE, io.BytesIO(b"abc"), 4, ignore)
