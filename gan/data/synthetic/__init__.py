"""Synthetic handwritten digits, for machines without a network.

They don't come from a font: each digit is a skeleton (`skeletons`, `alphabet`) that is randomly
deformed (`handwriting`), drawn (`ink`) and placed in the image as in MNIST (`placing`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gan.data.image_set import ImageSet
from gan.data.sources import SYNTHETIC
from gan.data.synthetic.cache import read_digits, write_digits
from gan.data.synthetic.drawing import DRAWING_VERSION, draw_digits
from gan.paths import user_folder

if TYPE_CHECKING:
    from pathlib import Path

    from gan.data.image_set import Progress

__all__ = ["SYNTHETIC_COUNT", "draw_digits", "load_synthetic"]

SYNTHETIC_COUNT: Final = 60_000
"""Number of images: the same as in MNIST's training set."""

_SEED: Final = 0
"""All runs use the same synthetic set; a run's own seed does not change its data."""


def load_synthetic(
    progress: Progress, *, cache_dir: Path | None = None, count: int = SYNTHETIC_COUNT
) -> ImageSet:
    """The synthetic digits with labels: read from the cache if it is intact, else drawn and cached.

    Args:
        progress: Called as digits are drawn; not called if they come from the cache.
        cache_dir: The folder of the cache; by default the user's cache directory.
        count: The number of digits.
    """
    folder = user_folder("cache") if cache_dir is None else cache_dir
    path = folder / f"{SYNTHETIC}-v{DRAWING_VERSION}-{count}.bin"
    cached = read_digits(path, count)
    if cached is not None:
        return ImageSet.of(SYNTHETIC, *cached)
    images, labels = draw_digits(count, _SEED, progress)
    write_digits(path, images, labels)
    return ImageSet.of(SYNTHETIC, images, labels)
