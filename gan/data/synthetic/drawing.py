"""Draws digits in any number, batch by batch: chances, pen, ink, and the place in the image.

The only part that knows of seeds, batches and progress. Of the generator only `random` is asked:
NumPy's other distributions may change between releases, its uniform numbers do not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from gan.data.image_set import SIDE
from gan.data.synthetic.alphabet import alphabet_of
from gan.data.synthetic.handwriting import chances_per_digit, pen_ways
from gan.data.synthetic.ink import inked
from gan.data.synthetic.placing import centred
from gan.data.synthetic.skeletons import SKELETONS

if TYPE_CHECKING:
    from gan.data.image_set import Progress

Bytes = npt.NDArray[np.uint8]

DRAWING_VERSION: Final = 1
"""Part of the cache's name. Raise it with any change that draws other pixels from a seed."""

_BATCH: Final = 500
"""Digits drawn at once: few enough for a processor's cache, many enough to hide Python."""


def draw_digits(
    count: int, seed: int, progress: Progress, *, batch: int = _BATCH
) -> tuple[Bytes, Bytes]:
    """Draw handwritten digits, equally many of each, in random order.

    Args:
        count: How many.
        seed: Not negative. The digits are a function of count and seed, not of the batch.
        progress: Told after each batch how many are drawn.
        batch: How many are drawn at once.

    Returns:
        Images, count x 28 x 28, 0 background to 255 ink; and their labels, count.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    alphabet = alphabet_of(SKELETONS)
    labels = _shuffled_labels(generator.random(count))
    images = np.empty((count, SIDE, SIDE), np.uint8)
    for begin in range(0, count, batch):
        end = min(begin + batch, count)
        chances = generator.random((end - begin, chances_per_digit(alphabet)))
        images[begin:end] = centred(inked(pen_ways(alphabet, labels[begin:end], chances)))
        progress("drawing digits", end, count, "images")
    return images, labels


def _shuffled_labels(chances: npt.NDArray[np.float64]) -> Bytes:
    """The digits 0 to 9 in turn, put in the order of their chances."""
    return (np.argsort(chances, kind="stable") % 10).astype(np.uint8)
