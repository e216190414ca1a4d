"""Handwritten digits drawn by this program itself: images for a machine without a network.

Not a font: skeletons (`skeletons`, `alphabet`) are bent and written differently each time
(`handwriting`), inked (`ink`) and placed as MNIST places its digits (`placing`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import platformdirs

from gan.data.image_set import ImageSet
from gan.data.synthetic.cache import read_digits, write_digits
from gan.data.synthetic.drawing import DRAWING_VERSION, draw_digits

if TYPE_CHECKING:
    from pathlib import Path

    from gan.data.image_set import Progress

__all__ = ["SYNTHETIC_COUNT", "SYNTHETIC_NAME", "draw_digits", "load_synthetic"]

SYNTHETIC_NAME: Final = "synthetic"
"""The name of this source, and of the set of images that it gives."""

SYNTHETIC_COUNT: Final = 60_000
"""Images in the set: as many as MNIST has to train on."""

_SEED: Final = 0
"""There is one synthetic set, the same for everybody; a run's own seed does not change its data."""


def load_synthetic(
    progress: Progress, *, cache_dir: Path | None = None, count: int = SYNTHETIC_COUNT
) -> ImageSet:
    """The synthetic digits, labelled: from the cache where they are intact, else drawn and kept.

    Args:
        progress: Told how many are drawn; not called where the cache has them.
        cache_dir: Where drawn digits are kept; by default the user's cache directory.
        count: How many.
    """
    folder = platformdirs.user_cache_path("gan-tui") if cache_dir is None else cache_dir
    path = folder / f"{SYNTHETIC_NAME}-v{DRAWING_VERSION}-{count}.bin"
    cached = read_digits(path, count)
    if cached is not None:
        return ImageSet.of(SYNTHETIC_NAME, *cached)
    images, labels = draw_digits(count, _SEED, progress)
    write_digits(path, images, labels)
    return ImageSet.of(SYNTHETIC_NAME, images, labels)
