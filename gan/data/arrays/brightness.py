"""Finds black and white in the values of images, and converts them to 0 and 255."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from gan.data.image_set import Bytes

_WHITE: Final = 255
_SIXTEEN_BITS: Final = 65_535
_MAX_FLOAT32: Final = 1e30
"""Values up to this can be scaled as float32."""

_ROUNDING: Final = 0.004
"""What rounding may add to 0, 1 or -1: that of float16 and of a few operations."""

_MIN_WHITE: Final = 128
"""A maximum from here to 255 is that of bytes; a lower one means another scale."""

_MIN_SIXTEEN_BITS: Final = 32_768
"""The same for numbers of 16 bits."""


class Extent(NamedTuple):
    """The least and the greatest value of all images."""

    low: float
    high: float

    @classmethod
    def of(cls, values: npt.NDArray[Any]) -> Extent:
        """Those of an array; NaN if it contains one."""
        with np.errstate(invalid="ignore"):
            return cls(float(values.min()), float(values.max()))

    @property
    def is_finite(self) -> bool:
        """Whether no value is NaN or infinite."""
        return math.isfinite(self.low) and math.isfinite(self.high)


@dataclass(frozen=True, slots=True)
class Scale:
    """Which values are black and white."""

    black: float
    white: float
    note: str = ""
    """What was decided, for a person; empty if it goes without saying."""

    @property
    def keeps_bytes(self) -> bool:
        """Whether bytes stay as they are."""
        return (self.black, self.white) == (0, _WHITE)

    def to_bytes(self, values: npt.NDArray[Any]) -> Bytes:
        """The values as 0 to 255; those beyond black and white are cut off."""
        if (self.black, self.white) == (0, _WHITE) and values.dtype.kind in "iu":
            return values.astype(np.uint8)
        if values.dtype == np.bool_:
            return values.view(np.uint8) * np.uint8(_WHITE)
        if (self.black, self.white) == (0, _SIXTEEN_BITS):
            # As pictures of 16 bits are.
            return (values.astype(np.int64) >> 8).astype(np.uint8)
        # Far from 0, float32 has no room for the differences; and it ends at 1e38.
        wide = np.float64 if self.black or self.white > _MAX_FLOAT32 else np.float32
        shades: npt.NDArray[np.floating[Any]] = values.astype(wide)
        if self.black:
            shades = shades - wide(self.black)
        shades = np.rint(shades * wide(_WHITE / (self.white - self.black)))
        return np.asarray(shades.clip(0, _WHITE), np.uint8)


def scale_of(dtype: np.dtype[Any], extent: Extent, *, are_bytes: bool) -> Scale | None:
    """Which values are black and white in images of some type, by the extent of their values.

    Args:
        dtype: The type.
        extent: The least and the greatest value.
        are_bytes: Whether the images have the very form of MNIST's, so that their bytes are taken
            as they are, however dim; unless they are all 0 or 1.

    Returns:
        `None` if all values are one that is no black or white, or are as far apart as floats go.
    """
    low, high = extent
    if dtype == np.bool_:
        return Scale(0, 1, "false was read as 0, true as 255")
    if are_bytes and high != 1:
        note = f"they are dim: the greatest value is {high:g} of 255" if high < _MIN_WHITE else ""
        return Scale(0, _WHITE, note)
    if dtype.kind in "iu":
        return _of_integers(low, high)
    return _of_floats(low, high)


def _of_integers(low: float, high: float) -> Scale | None:
    if low >= 0 and high <= 1:
        return Scale(
            0, 1 if high else _WHITE, "the values are 0 and 1, read as 0 and 255" if high else ""
        )
    if low >= 0 and _MIN_WHITE <= high <= _WHITE:
        return Scale(0, _WHITE)
    if low >= 0 and _MIN_SIXTEEN_BITS <= high <= _SIXTEEN_BITS:
        return Scale(0, _SIXTEEN_BITS, "the values are of 16 bits, read as 8")
    if low == -128 and 0 <= high <= 127:  # noqa: PLR2004
        return Scale(-128, 127, "the values -128 to 127 were read as 0 to 255")
    if (low, high) == (-1, 1):
        return Scale(-1, 1, "the values -1 to 1 were read as 0 to 255")
    return _by_extent(low, high)


def _of_floats(low: float, high: float) -> Scale | None:
    if low >= -_ROUNDING and high <= 1 + _ROUNDING:
        beyond = low < 0 or high > 1
        note = f"values from {low:.8g} to {high:.8g} were read as 0 to 1" if beyond else ""
        return Scale(0, 1, note)
    if low >= -_ROUNDING * _WHITE and _MIN_WHITE <= high <= (1 + _ROUNDING) * _WHITE:
        beyond = low < 0 or high > _WHITE
        note = f"values from {low:.8g} to {high:.8g} were read as 0 to 255" if beyond else ""
        return Scale(0, _WHITE, note)
    for end in (1.0, 0.5):
        if abs(low + end) <= _ROUNDING and 0 < high <= end + _ROUNDING:
            return Scale(-end, end, f"the values {-end:g} to {end:g} were read as 0 to 255")
    return _by_extent(low, high)


def _by_extent(low: float, high: float) -> Scale | None:
    if not (high > low and math.isfinite(high - low) and math.isfinite(_WHITE / (high - low))):
        return None
    note = (
        f"the values are from {low:.6g} to {high:.6g}, no known scale: the least was made black, "
        "the greatest white"
    )
    return Scale(low, high, note)
