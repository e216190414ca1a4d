"""A set of training images: as a reader returns it, and as the rest of the program uses it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from gan.data.stored_images import AnyImages, ImagesOnDisk, blocks_of
from gan.events import SAMPLES

if TYPE_CHECKING:
    from gan.data.original import Original

Bytes = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.integer[Any]]
"""One label per image, from 0: uint8 if none is above 255, otherwise int32."""

Progress = Callable[[str, int, int, str], None]
"""Called with what is being prepared, how much is done, the total (0 if unknown) and the unit."""

_LABELS: Final = 2**20
"""Labels that are sorted at once."""


class Note(NamedTuple):
    """What was done to a source, or left out of it, that its user would want to know."""

    text: str
    """One line."""

    is_warning: bool = False
    """Whether something was given up, such as labels that can't be used."""


class Arrays(NamedTuple):
    """Validated images, with their labels if the source has any."""

    images: AnyImages
    """uint8, n x 28 x 28, n >= 1; 0 is black, 255 is white."""

    labels: Labels | None
    """n, from 0; `None` if the source has no labels."""

    notes: tuple[Note, ...] = ()
    """What was done to the source, in the order in which it was done."""

    class_names: tuple[str, ...] = ()
    """What each label stands for, if the source's own labels are not these numbers."""

    original: Original | None = None
    """What the images were before; `None` if nobody knows."""


@dataclass(frozen=True, slots=True)
class ImageSet:
    """Images and, if the source has them, labels. Create one with `of`."""

    name: str
    """Short name, such as `mnist`."""

    images: AnyImages = field(repr=False)
    """uint8, n x 28 x 28; 0 is black (background), 255 is white. Read-only; if they are an
    array, C-contiguous.
    """

    labels: Labels | None = field(repr=False)
    """n, from 0, read-only; `None` if the source has no labels."""

    fingerprint: str
    """SHA-256 of the pixels in C order, in hexadecimal."""

    class_names: tuple[str, ...] = ()
    """What each label stands for, if the source's own labels are not these numbers."""

    @classmethod
    def of(
        cls,
        name: str,
        images: AnyImages,
        labels: Labels | None = None,
        class_names: tuple[str, ...] = (),
        progress: Progress | None = None,
    ) -> ImageSet:
        """An image set from arrays that a reader has validated; makes them read-only.

        Args:
            name: Short name.
            images: As a reader returns them.
            labels: The same.
            class_names: The same.
            progress: Called as images on disk are read for the fingerprint; counts bytes.

        Raises:
            DataError: Images on disk can't be read.
        """
        if not isinstance(images, ImagesOnDisk):
            images = np.ascontiguousarray(images)
            images.setflags(write=False)
        if labels is not None:
            labels = np.ascontiguousarray(labels)
            labels.setflags(write=False)
        return cls(name, images, labels, _fingerprint(name, images, progress), class_names)

    def __len__(self) -> int:
        """The number of images."""
        return len(self.images)

    def first(self, most: int) -> npt.NDArray[np.uint8]:
        """The first images, at most so many, as an array: n x 28 x 28.

        Raises:
            DataError: They are on disk and can't be read.
        """
        if isinstance(self.images, ImagesOnDisk):
            return self.images[np.arange(min(most, len(self)))]
        return self.images[:most]

    def examples(self, count: int = SAMPLES) -> npt.NDArray[np.uint8]:
        """Images that represent the set: always the same, repeated if it has fewer.

        With labels: the first image of each label, then the second of each, and so on. Without:
        evenly spaced images.

        Args:
            count: How many.

        Returns:
            uint8, count x 28 x 28, read-only.

        Raises:
            DataError: They are on disk and can't be read.
        """
        labels = self.labels
        if labels is None:
            indices = _evenly_spaced(len(self), count)
        else:
            indices = _round_robin(labels, count)
        chosen = self.images[indices]
        chosen.setflags(write=False)
        return chosen


def _fingerprint(name: str, images: AnyImages, progress: Progress | None) -> str:
    if not isinstance(images, ImagesOnDisk):
        return hashlib.sha256(images.data).hexdigest()
    digest, done = hashlib.sha256(), 0
    for block in blocks_of(images):
        digest.update(block.data)
        done += block.nbytes
        if progress is not None:
            progress(f"reading {name} for its fingerprint", done, images.nbytes, "bytes")
    return digest.hexdigest()


def _evenly_spaced(size: int, count: int) -> npt.NDArray[np.intp]:
    """So many indices from 0 to `size` - 1."""
    return np.linspace(0, size - 1, count).astype(np.intp)


def _round_robin(labels: Labels, count: int) -> npt.NDArray[np.intp]:
    """The index of the first image of each label, then of the second of each, and so on."""
    kept = np.empty(0, np.intp)
    # In parts, because indices take eight times the memory of labels.
    for begin in range(0, len(labels), _LABELS):
        end = min(begin + _LABELS, len(labels))
        kept = np.concatenate([kept, np.arange(begin, end)])
        kept = kept[_ranks(labels[kept]) < count]
    order = np.lexsort((labels[kept], _ranks(labels[kept])))
    return np.resize(kept[order], count)


def _ranks(labels: Labels) -> npt.NDArray[np.intp]:
    """How many equal labels come before each."""
    by_label = np.argsort(labels, kind="stable")
    counts = np.bincount(labels)
    starts = np.cumsum(counts) - counts
    ranks = np.empty(len(labels), np.intp)
    ranks[by_label] = np.arange(len(labels)) - np.repeat(starts, counts)
    return ranks
