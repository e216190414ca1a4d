"""Draws digits in any number, batch by batch: chances, pen, ink, and the place in the image.

The only part that knows of seeds, batches and progress. Of the generator only `random` is asked:
NumPy's other distributions may change between releases, its uniform numbers do not.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
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

_MOST_THREADS: Final = 8
"""Each holds up to 25 MB of a batch."""


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
    alphabet = alphabet_of(SKELETONS)
    labels = _shuffled_labels(_chances(seed, 0, count))
    images = np.empty((count, SIDE, SIDE), np.uint8)

    def draw(begin: int) -> int:
        """Draw one batch; returns where the next begins."""
        some = labels[begin : begin + batch]
        each = chances_per_digit(alphabet)
        chances = _chances(seed, count + begin * each, len(some) * each).reshape(len(some), each)
        images[begin : begin + batch] = centred(inked(pen_ways(alphabet, some, chances)))
        return begin + len(some)

    # Threads, since NumPy holds no lock while it computes.
    with ThreadPoolExecutor(min(_MOST_THREADS, os.cpu_count() or 1)) as pool:
        # `progress` raises for a run that is to stop: dropped, `map` cancels what has not begun.
        for end in pool.map(draw, range(0, count, batch)):
            progress("drawing digits", end, count, "images")
    return images, labels


def _chances(seed: int, first: int, count: int) -> npt.NDArray[np.float64]:
    """Uniform numbers in [0, 1): so many of the seed's sequence, from the one numbered `first`."""
    bits = np.random.PCG64(seed)
    # One draw of the bit generator makes one number.
    bits.advance(first)
    return np.random.Generator(bits).random(count)


def _shuffled_labels(chances: npt.NDArray[np.float64]) -> Bytes:
    """The digits 0 to 9 in turn, put in the order of their chances."""
    return (np.argsort(chances, kind="stable") % 10).astype(np.uint8)
