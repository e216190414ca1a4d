"""Images as a loop has them: recognised, or refused with what was expected.

The first images of a run decide how its numbers are read, so that the same numbers look the same
in every grid.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from gan.events import SAMPLES
from gan.recorder.scalars import fetched

if TYPE_CHECKING:
    from collections.abc import Callable

Pictures = npt.NDArray[np.uint8]
"""At most sixteen, n x height x width x channels, with 1 channel (grey) or 3 (red, green, blue)."""

_EXPECTED: Final = (
    "n x height x width, n x height x width x channels or n x channels x height x width, with "
    "1 channel or 3"
)
_CHANNELS: Final = (1, 3)
_BATCH: Final = 3
"""Axes of a batch of grey images without channels."""

_TOLERANCE: Final = 0.05
"""What images may exceed their range by, as those do that were resampled."""


class Range(NamedTuple):
    """The numbers that stand for black and for white."""

    black: float
    white: float


_BYTES: Final = Range(0.0, 255.0)
_UNIT: Final = Range(0.0, 1.0)
_SIGNED: Final = Range(-1.0, 1.0)


class Recogniser:
    """Reads the images of one run."""

    def __init__(
        self, value_range: tuple[float, float] | None, warn: Callable[[str], None]
    ) -> None:
        """Begin before the first images.

        Args:
            value_range: The numbers of black and white; `None` to find them out.
            warn: Called with what a person should know about how images are read.

        Raises:
            ValueError: It is no range.
        """
        self._range = None if value_range is None else _checked(value_range)
        self._is_given = value_range is not None
        self._warn = warn
        self._said: set[str] = set()

    def read(self, images: Any) -> Pictures:
        """The first sixteen of a batch of images.

        Args:
            images: An array of NumPy or any framework: n x H x W, n x H x W x C or n x C x H x W.
                Of numbers from 0 to 1, from -1 to 1, or 0 to 255 in integers, or as the run's
                `value_range` says.

        Raises:
            TypeError: They are no array of numbers.
            ValueError: They have another shape, or numbers beyond any of these ranges.
        """
        _require_batch(images)
        array = channels_last(fetched(images[:SAMPLES]))
        self._say_if_odd(array)
        return _scaled(array, self._range_of(array))

    def _say_if_odd(self, array: np.ndarray) -> None:
        """Say each thing once that makes pictures black or white which aren't."""
        odd = _oddity(array, self._range, is_given=self._is_given)
        if odd and odd not in self._said:
            self._said.add(odd)
            self._warn(f"samples: {odd}; value_range=(black, white) says how they are read")

    def _range_of(self, array: np.ndarray) -> Range:
        if array.dtype.kind == "b":
            return _UNIT
        if self._range is None or not self._is_given:
            found = _range_in(array, self._range)
            if self._range not in (None, found):
                self._warn(
                    "samples: numbers below 0 came after images from 0 to 1, so all later ones are "
                    "read as -1 to 1; pass value_range=(-1, 1) to the recorder"
                )
            self._range = found
        return self._range or _UNIT


def channels_last(array: np.ndarray) -> np.ndarray:
    """A batch as n x H x W x C.

    Raises:
        ValueError: It is no batch of images.
    """
    if array.ndim == _BATCH:
        return array[..., None]
    if array.shape[-1] in _CHANNELS:
        return array
    if array.shape[1] in _CHANNELS:
        return np.moveaxis(array, 1, -1)
    raise _refused(array.shape)


def _require_batch(images: Any) -> None:
    """Refuse what is no batch of images, before any of it is fetched from a device."""
    shape = getattr(images, "shape", None)
    if shape is None:
        raise TypeError(
            f"samples: received {type(images).__name__}, expected an array of images, {_EXPECTED}"
        )
    if len(shape) not in (_BATCH, _BATCH + 1) or 0 in shape:
        raise _refused(shape)
    if len(shape) == _BATCH and shape[-1] in _CHANNELS:
        raise ValueError(
            f"samples: received an array of shape {tuple(shape)}, which looks like one image with "
            f"its channels last; expected {_EXPECTED}. For one image pass images[None]"
        )


def _refused(shape: Any) -> ValueError:
    return ValueError(f"samples: received an array of shape {tuple(shape)}, expected {_EXPECTED}")


def _checked(value_range: tuple[float, float]) -> Range:
    try:
        black, white = map(float, value_range)
    except (TypeError, ValueError):
        black = white = 0.0
    # Black may be the larger one; NaN is never unequal to what it should be.
    if not np.isfinite([black, white]).all() or black == white:
        raise ValueError(
            f"value_range: received {value_range!r:.80}, expected the numbers of black and white, "
            "such as (-1, 1)"
        )
    return Range(black, white)


def _range_in(array: np.ndarray, former: Range | None) -> Range | None:
    """The range that the numbers of a batch have; `None` if none of them is a number.

    Args:
        array: The images.
        former: That of the images before; numbers within it leave it as it is.
    """
    finite = array[np.isfinite(array)]
    if not finite.size:
        return former
    low, high = float(finite.min()), float(finite.max())
    if array.dtype.kind in "iu":
        if low < 0 or high > _BYTES.white:
            raise _beyond(array, low, high)
        return _BYTES
    if former is None and (low < -1 - _TOLERANCE or high > 1 + _TOLERANCE):
        raise _beyond(array, low, high)
    return _SIGNED if former == _SIGNED or low < -_TOLERANCE else _UNIT


def _oddity(array: np.ndarray, value_range: Range | None, *, is_given: bool) -> str:
    """Why numbers may not be meant as they are read; empty if they are.

    Args:
        array: The images.
        value_range: How those before were read, or how the recorder is told to; `None` at first.
        is_given: Whether the recorder is told to.
    """
    finite = array[np.isfinite(array)]
    if not finite.size:
        return ""
    low, high = float(finite.min()), float(finite.max())
    is_whole = array.dtype.kind in "iu"
    if is_given and value_range is not None:
        # A range of floats is not that of bytes.
        white = max(value_range)
        return f"integers beyond {white:g} are white" if is_whole and white <= 1 < high else ""
    if is_whole:
        return "integers from 0 to 1 are black, as all go from 0 to 255" if high == 1 else ""
    is_beyond = low < -1 - _TOLERANCE or high > 1 + _TOLERANCE
    if value_range is None or not is_beyond:
        return ""
    return "numbers beyond those of the first images are black or white"


def _beyond(array: np.ndarray, low: float, high: float) -> ValueError:
    return ValueError(
        f"samples: received {array.dtype} from {low:g} to {high:g}, expected floats from 0 to 1 or "
        "from -1 to 1, or integers from 0 to 255. Pass the numbers of black and white to the "
        f"recorder, such as value_range=({low:.3g}, {high:.3g})"
    )


def _scaled(array: np.ndarray, value_range: Range) -> Pictures:
    """The images in bytes; numbers beyond the range are black or white, and NaN is black."""
    black, white = value_range
    if value_range == _BYTES and array.dtype == np.uint8:
        return np.array(array)
    shares = (array.astype(np.float32) - black) / (white - black)
    scaled: Pictures = (np.nan_to_num(shares.clip(0, 1)) * 255).round().astype(np.uint8)
    return scaled
