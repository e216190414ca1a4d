"""Finds out how the pictures of a set are drawn, from a sample of them.

That decides three things for the whole set: what is behind transparent pixels, whether black and
white are swapped, and which value is white in pictures of more than 8 bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from gan.events import IMAGE_SIDE

if TYPE_CHECKING:
    from collections.abc import Sequence

Shades = npt.NDArray[np.float32]

SIXTEEN_BITS: Final = 65_535
_EIGHT_BITS: Final = 255
_DEPTHS: Final = (_EIGHT_BITS, 1_023, 4_095, 16_383, SIXTEEN_BITS)
"""The white of pictures of 8, 10, 12, 14 and 16 bits."""

_OVERSHOOT: Final = 1.001
"""Floats up to this are from 0 to 1, computed with a rounding error."""

_ROUNDING: Final = 0.004
"""What rounding may add to 0, 1 or -1."""

_MIDDLE: Final = 128
"""Ink that is darker than this can't be seen on black."""

_FEW_LIGHT: Final = 0.05
"""The share of what can be seen that may be light, so that it would be lost on black."""

_BORDER: Final = 2
"""Width in pixels of the border, of 28."""

_CENTRE: Final = slice(IMAGE_SIDE // 4, -(IMAGE_SIDE // 4))

_BRIGHT: Final = 160
_BRIGHT_SHARE: Final = 0.75
"""The share of the border's pixels that must be bright: paper is, photographs are not."""

_CONTRAST: Final = 4
"""How much brighter than the centre the border must be, of 255: thin strokes darken it little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """How the pictures of a set are converted to grey."""

    over_white: bool = False
    """Whether transparent pixels are white rather than black."""

    inverted: bool = False
    """Whether black and white are swapped, before anything is scaled or bordered."""

    deep_white: float = SIXTEEN_BITS
    """The value of white in pictures of more than 8 bits."""

    deep_black: float = 0
    """That of black: below 0 if there are such values."""

    are_bits: bool = False
    """Whether the pictures of 8 bits have no value but 0 and 1, which are black and white."""

    peak: float = _EIGHT_BITS
    """The greatest value, of 255, that any picture of the sample has in grey."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """What is measured of one picture."""

    shades: Shades
    """28 x 28, the picture stretched: brightness over black, 0 to 255, or to anything if deep."""

    opacity: Shades | None = None
    """28 x 28, 0 to 255; `None` if nothing is transparent."""

    deep_peak: float | None = None
    """The greatest value of a picture of more than 8 bits; `None` for others."""

    deep_low: float = 0
    """The least value of such a picture."""

    peak: float = _EIGHT_BITS
    """The greatest value of the others, in grey."""

    is_coloured: bool = False
    """Whether any of it is not grey."""


def appearance_of(sketches: Sequence[Sketch], *, invert: bool | None) -> Appearance:
    """How to convert a set.

    Args:
        sketches: Of some of its pictures.
        invert: Whether to invert; `None` decides by the pictures.
    """
    deep = [s for s in sketches if s.deep_peak is not None]
    peak_of_all = max((s.deep_peak or 0 for s in deep), default=0.0)
    black, white = _deep_range(min((s.deep_low for s in deep), default=0.0), peak_of_all)
    over_white = _is_dark_ink([s for s in sketches if s.opacity is not None])
    if invert is None and over_white and all(s.opacity is not None for s in sketches):
        # The paper is white because it was made so.
        invert = True
    if invert is None:
        invert = is_black_on_white(
            [_composed(s, black, white, over_white=over_white) for s in sketches]
        )
    has_black = any(float(one.shades.min()) in {0, black} for one in sketches)
    # Pictures without black are a ground of their own, not ink that can hardly be seen.
    peak = max(_peak(one, black, white) for one in sketches) if has_black else _EIGHT_BITS
    shallow = [one.peak for one in sketches if one.deep_peak is None]
    return Appearance(
        over_white=over_white,
        inverted=invert,
        deep_white=white,
        deep_black=black,
        are_bits=has_black and max(shallow, default=0) == 1,
        peak=peak,
    )


def is_black_on_white(images: Sequence[Shades]) -> bool:
    """Whether most of the border is bright, and brighter than the centre.

    Args:
        images: Each 28 x 28, 0 to 255.
    """
    if not images:
        return False
    mean_bright, mean = np.zeros((2, IMAGE_SIDE, IMAGE_SIDE))
    for image in images:
        mean_bright += (image >= _BRIGHT) / len(images)
        mean += image / len(images)
    border = np.ones(mean.shape, np.bool_)
    border[_BORDER:-_BORDER, _BORDER:-_BORDER] = False
    contrast = mean[border].mean() - mean[_CENTRE, _CENTRE].mean()
    return bool(mean_bright[border].mean() >= _BRIGHT_SHARE and contrast >= _CONTRAST)


def _peak(sketch: Sketch, black: float, white: float) -> float:
    """The greatest value, of 255; transparent parts may come to be white."""
    if sketch.deep_peak is not None:
        return min((sketch.deep_peak - black) / (white - black), 1) * _EIGHT_BITS
    return _EIGHT_BITS if sketch.opacity is not None or sketch.peak == 1 else sketch.peak


def _composed(sketch: Sketch, black: float, white: float, *, over_white: bool) -> Shades:
    shades = sketch.shades
    if sketch.deep_peak is not None:
        shades = (shades - np.float32(black)) * np.float32(_EIGHT_BITS / (white - black))
    if over_white and sketch.opacity is not None:
        shades = shades + _EIGHT_BITS - sketch.opacity
    return shades


def _is_dark_ink(transparent: Sequence[Sketch]) -> bool:
    """Whether hardly anything that can be seen of the pictures is light."""
    visible, light = 0.0, 0.0
    for sketch in transparent:
        if sketch.opacity is not None:
            # What is at least half as bright as it is opaque is light.
            is_light = _EIGHT_BITS * sketch.shades >= _MIDDLE * sketch.opacity
            visible += float(sketch.opacity.sum())
            light += float(sketch.opacity[is_light & (sketch.opacity > 0)].sum())
    return light < _FEW_LIGHT * visible


def _deep_range(low: float, peak: float) -> tuple[float, float]:
    """Black and white of pictures of more than 8 bits, by their least and greatest value."""
    if low >= -_ROUNDING:
        return 0, _deep_white(peak)
    for end in (1.0, 0.5):
        if abs(low + end) <= _ROUNDING and 0 < peak <= end + _ROUNDING:
            return -end, end
    return low, peak if peak > low else 0


def _deep_white(peak: float) -> float:
    if not 0 < peak < np.inf:
        return SIXTEEN_BITS
    if peak <= _OVERSHOOT:
        return 1
    return next((white for white in _DEPTHS if peak <= white), peak)
