"""The header of a `.npy` array, as NumPy writes it. Nothing is unpickled.

Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

from __future__ import annotations

import math
import struct
import tokenize
import warnings
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import io

BAD_HEADER: Final = (
    EOFError,
    struct.error,
    tokenize.TokenError,
    MemoryError,
    RecursionError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)
"""What NumPy's parser raises on invalid headers."""

MAGIC: Final = b"\x93NUMPY"


class Header(NamedTuple):
    """What the header of an array says."""

    shape: tuple[int, ...]
    column_major: bool
    dtype: np.dtype[Any]
    length: int
    """Bytes of the header, so where the values begin."""

    @property
    def size(self) -> int:
        """The size of the values in bytes."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_header(stream: io.BufferedIOBase | IO[bytes]) -> Header:
    """Read a header from a stream that can tell where it is.

    Raises:
        ValueError: It is none, or of another version; and the rest of `BAD_HEADER`.
    """
    begin = stream.tell()
    version = np.lib.format.read_magic(stream)
    with warnings.catch_warnings():
        # Whatever NumPy has to say about old headers.
        warnings.simplefilter("ignore")
        if version == (1, 0):
            found = np.lib.format.read_array_header_1_0(stream)
        elif version == (2, 0):
            found = np.lib.format.read_array_header_2_0(stream)
        else:
            msg = f".npy version {version}"
            raise ValueError(msg)
    return Header(*found, stream.tell() - begin)
