"""Arrays of any size as pieces of bytes, which NumPy reads back."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan.disk.array_stream import ArrayStream, npy_pieces, npz_pieces
from gan.disk.arrays import layout, unpack

if TYPE_CHECKING:
    from collections.abc import Iterator

IMAGES = np.arange(5 * 4, dtype=np.uint8).reshape(5, 2, 2)
LATENTS = np.linspace(-1, 1, 15, dtype=np.float32).reshape(5, 3)


def in_blocks(array: np.ndarray, rows: int = 2) -> ArrayStream:
    blocks = (array[begin : begin + rows].tobytes() for begin in range(0, len(array), rows))
    return ArrayStream(array.shape, array.dtype.str, blocks)


def packed() -> bytes:
    return b"".join(npz_pieces([("images", in_blocks(IMAGES)), ("latents", in_blocks(LATENTS))]))


def test_numpy_reads_an_array_that_came_in_pieces() -> None:
    data = b"".join(npy_pieces(in_blocks(IMAGES)))
    np.testing.assert_array_equal(np.load(io.BytesIO(data)), IMAGES)


def test_numpy_reads_an_archive_whose_arrays_came_in_pieces() -> None:
    with np.load(io.BytesIO(packed())) as archive:
        np.testing.assert_array_equal(archive["images"], IMAGES)
        np.testing.assert_array_equal(archive["latents"], LATENTS)


def test_the_programs_own_reader_takes_it_too() -> None:
    arrays = {"images": IMAGES, "latents": LATENTS}
    assert unpack(packed(), layout(arrays)).keys() == arrays.keys()


def test_equal_arrays_give_equal_bytes() -> None:
    assert packed() == packed()


def test_every_checksum_holds() -> None:
    with zipfile.ZipFile(io.BytesIO(packed())) as archive:
        assert archive.testzip() is None


def test_no_piece_waits_for_the_next() -> None:
    """What was written is given out before more is asked for: memory doesn't grow."""
    asked: list[int] = []

    def values() -> Iterator[bytes]:
        for number in range(3):
            asked.append(number)
            yield bytes([number]) * 4

    stream = npz_pieces([("images", ArrayStream((12,), "|u1", values()))])
    seen = next(piece for piece in stream if piece == b"\1\1\1\1")
    assert (seen, asked) == (b"\1\1\1\1", [0, 1])


@pytest.mark.parametrize("dtype", ["|u1", "<f4"])
def test_an_empty_array_is_one_too(dtype: str) -> None:
    data = b"".join(npy_pieces(ArrayStream((0, 3), dtype, [])))
    assert np.load(io.BytesIO(data)).shape == (0, 3)
