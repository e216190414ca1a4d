"""Images by their number, in memory or on disk, and what can be done with either."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from gan.events import IMAGE_SIDE, Images

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BLOCK: Final = 5_000
"""Images that are read at once where all are read: 4 MB."""

Indices = npt.NDArray[np.integer[Any]]


class ImagesOnDisk(ABC):
    """Images by their number, like an array of them. Any thread may read them."""

    @abstractmethod
    def __len__(self) -> int:
        """The number of images."""

    @abstractmethod
    def read(self, chosen: Indices, out: Images) -> None:
        """Read some images, in the order in which they are asked for.

        Args:
            chosen: m numbers, each from 0 to n - 1.
            out: m x 28 x 28, uint8, C-contiguous; receives them.

        Raises:
            DataError: The file has changed since it was opened, or can't be read.
        """

    @abstractmethod
    def blocks(self) -> Iterator[Images]:
        """All images in their order, some at a time.

        Raises:
            DataError: As `read`.
        """

    @abstractmethod
    def expect(self, chosen: Indices) -> None:
        """Have the system fetch images that are soon to be read, and don't wait for it."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """The shape of an array of all images."""
        return len(self), IMAGE_SIDE, IMAGE_SIDE

    @property
    def nbytes(self) -> int:
        """The size of such an array in bytes."""
        return math.prod(self.shape)

    def __getitem__(self, chosen: Indices) -> Images:
        """Some images as an array: m x 28 x 28.

        Raises:
            DataError: As `read`.
        """
        out = np.empty((len(chosen), IMAGE_SIDE, IMAGE_SIDE), np.uint8)
        self.read(chosen, out)
        return out


class JoinedImages(ImagesOnDisk):
    """The images of several parts, one part after another; some may be in memory."""

    def __init__(self, parts: Sequence[AnyImages]) -> None:
        """Join them.

        Args:
            parts: One or more, none of them empty.
        """
        self._parts = tuple(parts)
        self._ends = np.cumsum([len(part) for part in parts])

    def __len__(self) -> int:
        """The number of images in all parts."""
        return int(self._ends[-1])

    def read(self, chosen: Indices, out: Images) -> None:
        """Read from each part what is in it."""
        require_within(chosen, len(self))
        for part, places, numbers in self._shares(chosen):
            out[places] = part[numbers]

    def blocks(self) -> Iterator[Images]:
        """The blocks of each part."""
        for part in self._parts:
            yield from blocks_of(part)

    def expect(self, chosen: Indices) -> None:
        """Of each part that is on disk."""
        for part, _, numbers in self._shares(chosen):
            expect(part, numbers)

    def _shares(self, chosen: Indices) -> Iterator[tuple[AnyImages, Indices, Indices]]:
        """The parts that are asked for: their places in what is asked for, and their numbers."""
        which = np.searchsorted(self._ends, chosen, side="right")
        for index in np.unique(which).tolist():
            part = self._parts[index]
            places = np.flatnonzero(which == index)
            yield part, places, chosen[places] - (self._ends[index] - len(part))


AnyImages = Images | ImagesOnDisk
"""Images in memory or on disk: n x 28 x 28, uint8. `len`, `shape`, `nbytes` and an array of indices
in brackets do for either."""


def read_into(images: AnyImages, chosen: Indices, out: Images) -> None:
    """Copy some images, wherever they are, to an array; as `ImagesOnDisk.read`."""
    if isinstance(images, ImagesOnDisk):
        images.read(chosen, out)
    else:
        # All indices are within bounds; only the mode "clip" writes in place.
        np.take(images, chosen, axis=0, out=out, mode="clip")


def blocks_of(images: AnyImages) -> Iterator[Images]:
    """All images in their order, some at a time; of an array views."""
    if isinstance(images, ImagesOnDisk):
        yield from images.blocks()
    else:
        for first in range(0, len(images), BLOCK):
            yield images[first : first + BLOCK]


def expect(images: AnyImages, chosen: Indices) -> None:
    """Prepare for reading some images soon, if they are on disk."""
    if isinstance(images, ImagesOnDisk):
        images.expect(chosen)


def joined(parts: Sequence[AnyImages]) -> AnyImages:
    """The images of several parts, one part after another: an array if all are arrays."""
    arrays = [part for part in parts if not isinstance(part, ImagesOnDisk)]
    return np.concatenate(arrays) if len(arrays) == len(parts) else JoinedImages(parts)


def require_within(chosen: Indices, count: int) -> None:
    """Check numbers of images.

    Raises:
        IndexError: One isn't from 0 to `count` - 1.
    """
    if len(chosen) and not (chosen.min() >= 0 and chosen.max() < count):
        raise IndexError(f"images {chosen.min()} to {chosen.max()} of {count}")
