"""Finds the images in the shape of an array: which axis counts them, and what the others are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from gan.events import IMAGE_SIDE

if TYPE_CHECKING:
    from collections.abc import Sequence

_PIXELS: Final = IMAGE_SIDE * IMAGE_SIDE
_COLOURS: Final = (3, 4)
"""Channels of a picture in colour: without and with opacity."""

_LEAST_SIDE: Final = 6
"""Sides below this are no pictures; the smallest in use are 8 x 8."""

_LARGEST_SIDE: Final = 4096

_MAX_ASPECT: Final = 3
"""How much longer than the other a side may be; beyond that it is no side of a picture."""

_LEAST_SQUARE: Final = 8
"""The side of the smallest image that a row of numbers is taken for, without anything saying so."""

_UNLIKE: Final = 0.3
"""How much rarer than the other's a column's equality with its neighbour is if it is the label."""

_ALIKE: Final = 0.7
"""The share of rows in which a pixel without ink is at least equal to its neighbour."""

EXPECTED: Final = "n x 28 x 28 numbers, n x 784, other sizes of image, or images in 3 or 4 channels"


@dataclass(frozen=True, slots=True)
class Picture:
    """What the numbers of one image are."""

    height: int
    width: int
    channels: int = 1
    """1, 3, or 4 with opacity."""

    channels_first: bool = False
    """Whether the channels are planes of their own, one after another."""

    @property
    def is_exact(self) -> bool:
        """Whether it has MNIST's size."""
        return (self.height, self.width) == (IMAGE_SIDE, IMAGE_SIDE)

    @property
    def _rank(self) -> int:
        """0 for the most likely kind of picture, and more for others."""
        if self.is_exact:
            return 0
        return 1 if self.height == self.width else 2


@dataclass(frozen=True, slots=True)
class Layout:
    """How the images lie in an array."""

    count: int
    picture: Picture
    axis: int = 0
    """The axis that counts the images: 0, or -1 for the last."""

    def counted_first(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The array with an image for each index of its first axis: a view."""
        if self.axis == 0:
            return values
        return np.moveaxis(values, -1, 0)

    def arranged(self, block: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Some images of `counted_first`, as n x height x width, with channels last if any."""
        one = self.picture
        if one.channels == 1:
            return block.reshape(-1, one.height, one.width)
        if one.channels_first:
            return block.reshape(-1, one.channels, one.height, one.width).transpose(0, 2, 3, 1)
        return block.reshape(-1, one.height, one.width, one.channels)


def layout_of(shape: Sequence[int]) -> Layout | None:
    """The images in an array of a shape; `None` if there are none.

    If it can be read in two ways, 28 x 28 is more likely than another square, and a square than
    another rectangle; images are rather counted by the first axis than by the last.
    """
    if len(shape) < 2 or min(shape) < 1:  # noqa: PLR2004
        return None
    found = [
        Layout(shape[axis], picture, axis)
        for axis, inner in ((0, shape[1:]), (-1, shape[:-1]))
        if (picture := picture_of(inner)) is not None
    ]
    if len(shape) == len(found) == 2 and not found[0].picture.is_exact and shape[1] < shape[0]:  # noqa: PLR2004
        # 784 images of 8 x 8 and no 64 of 28 x 28, one a column.
        return found[0]
    # Images by class, or the frames of several films.
    if len(shape) == 4 and (picture := picture_of(shape[2:])) is not None:  # noqa: PLR2004
        found.append(Layout(shape[0] * shape[1], picture))
    return min(found, key=lambda layout: layout.picture._rank, default=None)  # noqa: SLF001


def picture_of(shape: Sequence[int]) -> Picture | None:
    """What the numbers of one image are; `None` if they are none."""
    sides = [length for length in shape if length != 1]
    if len(sides) == 1:
        return _of_row(sides[0])
    if len(sides) == 2:  # noqa: PLR2004
        return Picture(sides[0], sides[1]) if _are_sides(sides) else None
    if len(sides) == 3:  # noqa: PLR2004
        if sides[2] in _COLOURS and _are_sides(sides[:2]):
            return Picture(sides[0], sides[1], sides[2])
        if sides[0] in _COLOURS and _are_sides(sides[1:]):
            return Picture(sides[1], sides[2], sides[0], channels_first=True)
    return None


def _are_sides(sides: Sequence[int]) -> bool:
    short, long = min(sides), max(sides)
    return short >= _LEAST_SIDE and long <= min(_LARGEST_SIDE, _MAX_ASPECT * short)


def _of_row(length: int) -> Picture | None:
    """An image whose numbers are all in one row: a square, perhaps in three colours."""
    side = math.isqrt(length)
    if side * side == length:
        return Picture(side, side) if _LEAST_SQUARE <= side <= _LARGEST_SIDE else None
    side = math.isqrt(length // 3)
    if 3 * side * side == length and _LEAST_SQUARE <= side <= _LARGEST_SIDE:
        # CIFAR's rows have one colour after another; tables of 28 x 28 were made pixel by pixel.
        return Picture(side, side, 3, channels_first=length != 3 * _PIXELS)
    return None


def is_picture_or_rows(shape: Sequence[int]) -> bool:
    """Whether an array may be one large picture, or as many small images as it has rows."""
    return len(shape) == 2 and shape[0] == shape[1] and layout_of(shape) is not None  # noqa: PLR2004


def has_label_column(shape: Sequence[int]) -> bool:
    """Whether an array is a table of images, each a row with its label first or last."""
    if len(shape) != 2:  # noqa: PLR2004
        return False
    picture, layout = picture_of((shape[1] - 1,)), layout_of(shape)
    if picture is None or picture.channels > 1:
        return False
    # 30,000 x 785 may be 785 columns of 100 x 100 colours, but is not.
    return layout is None or (layout.axis != 0 and picture.is_exact and not layout.picture.is_exact)


def label_column(rows: npt.NDArray[Any]) -> int:
    """Which column of a table holds the labels: 0, or -1 for the last.

    A pixel in a corner is nearly always equal to the one next to it, as nothing is drawn there; a
    label seldom is. In photographs and noise neither is, but a label has fewer different values. If
    nothing tells, it is the first column, as is usual.

    Args:
        rows: Some rows of the table, n x (pixels + 1); at least its first two and last two columns.
    """
    first, last = rows[:, 0], rows[:, -1]
    if not _is_whole(last):
        return 0
    if not _is_whole(first):
        return -1
    as_first = float((first == rows[:, 1]).mean())
    as_last = float((last == rows[:, -2]).mean())
    if abs(as_first - as_last) > _UNLIKE and max(as_first, as_last) > _ALIKE:
        return 0 if as_first < as_last else -1
    of_first, of_last = len(np.unique(first)), len(np.unique(last))
    if (of_first == 1) != (of_last == 1):
        # A corner that is never drawn in.
        return -1 if of_first == 1 else 0
    if max(as_first, as_last) > _ALIKE:
        return 0
    return -1 if 2 * of_last <= of_first else 0


def _is_whole(column: npt.NDArray[Any]) -> bool:
    return bool((column == np.rint(column)).all())
