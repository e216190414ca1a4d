"""What a source is, in figures: of its images as a run gets them, and as they were before."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from gan.data.stored_images import blocks_of

if TYPE_CHECKING:
    from gan.data.image_set import ImageSet, Note, Progress
    from gan.data.loader import Loaded
    from gan.data.original import Original

_VALUES: Final = 256
"""The values that a byte may have."""


class ImageClass(NamedTuple):
    """A class of images."""

    name: str
    """Its number, if it has no other name."""

    images: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What there is to say of a source."""

    name: str
    """As in a run's name."""

    reason: str
    """What it is, or why it was taken: `a folder of images`."""

    images: int
    original: Original | None
    """What the images were before; `None` if they are drawn."""

    low: int
    """The least value of all pixels, as a run gets them."""

    high: int
    mean: float
    classes: tuple[ImageClass, ...]
    """In the order of their numbers, without those that have no images; empty without labels."""

    notes: tuple[Note, ...]
    fingerprint: str
    """SHA-256 of the pixels."""

    def to_json(self) -> dict[str, Any]:
        """As values of JSON."""
        return {
            "name": self.name,
            "reason": self.reason,
            "images": self.images,
            "original": None if self.original is None else asdict(self.original),
            "values": {"low": self.low, "high": self.high, "mean": round(self.mean, 3)},
            "classes": [one._asdict() for one in self.classes],
            "notes": [note.text for note in self.notes if not note.is_warning],
            "warnings": [note.text for note in self.notes if note.is_warning],
            "fingerprint": self.fingerprint,
        }


def describe(loaded: Loaded, progress: Progress) -> Description:
    """Look at all images of a source.

    Args:
        loaded: The source.
        progress: Called after every block of images; counts images.

    Raises:
        DataError: They are on disk and can't be read.
    """
    images = loaded.images
    counts = _counts_of_values(images, progress)
    values = np.flatnonzero(counts)
    return Description(
        name=images.name,
        reason=loaded.reason,
        images=len(images),
        original=loaded.original,
        low=int(values[0]),
        high=int(values[-1]),
        mean=float(counts @ np.arange(_VALUES) / counts.sum()),
        classes=_classes(images),
        notes=loaded.notes,
        fingerprint=images.fingerprint,
    )


def _counts_of_values(images: ImageSet, progress: Progress) -> np.ndarray[Any, np.dtype[np.int64]]:
    """How many pixels have each value."""
    counts = np.zeros(_VALUES, np.int64)
    done = 0
    for block in blocks_of(images.images):
        counts += np.bincount(block.reshape(-1), minlength=_VALUES)
        done += len(block)
        progress(f"counting the values of {images.name}", done, len(images), "images")
    return counts


def _classes(images: ImageSet) -> tuple[ImageClass, ...]:
    if images.labels is None:
        return ()
    counts, names = np.bincount(images.labels), images.class_names
    return tuple(
        ImageClass(names[label] if label < len(names) else str(label), int(counts[label]))
        for label in np.flatnonzero(counts).tolist()
    )
