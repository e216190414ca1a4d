"""The one form that images have inside the program, whatever file they came from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

SIDE: Final = 28
"""Height and width of every image, in pixels."""

EXAMPLES: Final = 16
"""How many images stand for the whole set: a grid of four by four."""

Progress = Callable[[str, int, int, str], None]
"""Called with what is being prepared, how much is done, the total (0 unknown) and the unit."""


@dataclass(frozen=True, slots=True)
class ImageSet:
    """Images of digits, and their labels where there are any. Make one with `of`."""

    name: str
    """Short name, such as `mnist`."""

    images: npt.NDArray[np.uint8] = field(repr=False)
    """n x 28 x 28, 0 black (background) to 255 white, C-contiguous and read-only."""

    labels: npt.NDArray[np.uint8] | None = field(repr=False)
    """n labels, or none; read-only."""

    fingerprint: str
    """SHA-256 of the pixels in order, in hexadecimal."""

    @classmethod
    def of(
        cls,
        name: str,
        images: npt.NDArray[np.uint8],
        labels: npt.NDArray[np.uint8] | None = None,
    ) -> ImageSet:
        """Freeze arrays that a reader has already validated."""
        pixels = np.ascontiguousarray(images)
        pixels.setflags(write=False)
        if labels is not None:
            labels = np.ascontiguousarray(labels)
            labels.setflags(write=False)
        return cls(name, pixels, labels, hashlib.sha256(pixels.data).hexdigest())

    def __len__(self) -> int:
        """How many images there are."""
        return len(self.images)

    def examples(self) -> npt.NDArray[np.uint8]:
        """Sixteen images that stand for all, the same each time; repeated where there are fewer.

        The first image of each label in order, then the second of each and so on; without labels
        they are taken evenly from the whole set.

        Returns:
            16 x 28 x 28, read-only.
        """
        chosen = self.images[_evenly(len(self)) if self.labels is None else _in_turn(self.labels)]
        chosen.setflags(write=False)
        return chosen


def _evenly(count: int) -> npt.NDArray[np.intp]:
    """Places from the first of so many images to the last."""
    return np.linspace(0, count - 1, EXAMPLES).astype(np.intp)


def _in_turn(labels: npt.NDArray[np.uint8]) -> npt.NDArray[np.intp]:
    """The place of the first image of each label, of the second of each, and so on."""
    by_label = np.argsort(labels, kind="stable")
    counts = np.bincount(labels)
    starts = np.cumsum(counts) - counts
    rounds = np.arange(EXAMPLES)[:, None]
    places = (starts + rounds)[rounds < counts]
    return np.resize(by_label[places], EXAMPLES)
