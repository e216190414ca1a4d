"""A set of training images: as a reader returns it, and as the rest of the program uses it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gan.events import SAMPLES

Bytes = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.integer[Any]]
"""One label per image, from 0: uint8 if none is above 255, otherwise int32."""

Progress = Callable[[str, int, int, str], None]
"""Called with what is being prepared, how much is done, the total (0 if unknown) and the unit."""


class Note(NamedTuple):
    """What was done to a source, or left out of it, that its user would want to know."""

    text: str
    """One line."""

    is_warning: bool = False
    """Whether something was given up, such as labels that can't be used."""


class Arrays(NamedTuple):
    """Validated images, with their labels if the source has any."""

    images: Bytes
    """uint8, n x 28 x 28, n >= 1; 0 is black, 255 is white."""

    labels: Labels | None
    """n, from 0; `None` if the source has no labels."""

    notes: tuple[Note, ...] = ()
    """What was done to the source, in the order in which it was done."""

    class_names: tuple[str, ...] = ()
    """What each label stands for, if the source's own labels are not these numbers."""


@dataclass(frozen=True, slots=True)
class ImageSet:
    """Images and, if the source has them, labels. Create one with `of`."""

    name: str
    """Short name, such as `mnist`."""

    images: npt.NDArray[np.uint8] = field(repr=False)
    """uint8, n x 28 x 28; 0 is black (background), 255 is white. C-contiguous, read-only."""

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
        images: npt.NDArray[np.uint8],
        labels: Labels | None = None,
        class_names: tuple[str, ...] = (),
    ) -> ImageSet:
        """An image set from arrays that a reader has validated; makes them read-only."""
        pixels = np.ascontiguousarray(images)
        pixels.setflags(write=False)
        if labels is not None:
            labels = np.ascontiguousarray(labels)
            labels.setflags(write=False)
        fingerprint = hashlib.sha256(pixels.data).hexdigest()
        return cls(name, pixels, labels, fingerprint, class_names)

    def __len__(self) -> int:
        """The number of images."""
        return len(self.images)

    def examples(self) -> npt.NDArray[np.uint8]:
        """Sixteen images that represent the set: always the same, repeated if it has fewer.

        With labels: the first image of each label, then the second of each, and so on. Without:
        evenly spaced images.

        Returns:
            uint8, 16 x 28 x 28, read-only.
        """
        labels = self.labels
        indices = _evenly_spaced(len(self)) if labels is None else _round_robin(labels)
        chosen = self.images[indices]
        chosen.setflags(write=False)
        return chosen


def _evenly_spaced(count: int) -> npt.NDArray[np.intp]:
    """Indices from 0 to `count` - 1."""
    return np.linspace(0, count - 1, SAMPLES).astype(np.intp)


def _round_robin(labels: Labels) -> npt.NDArray[np.intp]:
    """The index of the first image of each label, then of the second of each, and so on."""
    by_label = np.argsort(labels, kind="stable")
    counts = np.bincount(labels)
    starts = np.cumsum(counts) - counts
    rounds = np.arange(SAMPLES)[:, None]
    positions = (starts + rounds)[rounds < counts]
    return np.resize(by_label[positions], SAMPLES)
