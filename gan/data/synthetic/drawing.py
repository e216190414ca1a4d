"""Draws synthetic digits in batches, from a seed to images.

Uses only uniform random numbers, because NumPy guarantees that they stay the same between releases;
its other distributions may change.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from gan.data.synthetic.alphabet import alphabet_of
from gan.data.synthetic.handwriting import pen_paths, uniforms_per_digit
from gan.data.synthetic.ink import draw_strokes
from gan.data.synthetic.placing import centre_by_mass
from gan.data.synthetic.skeletons import SKELETONS
from gan.events import IMAGE_SIDE

if TYPE_CHECKING:
    from gan.data.image_set import Progress

Bytes = npt.NDArray[np.uint8]

DRAWING_VERSION: Final = 1
"""Part of the cache's file name. Increase it if a seed no longer gives the same pixels."""

_BATCH: Final = 500
"""Digits drawn at once: they fit in a CPU cache, and Python's overhead is small."""

_MAX_THREADS: Final = 8
"""Each thread uses up to 25 MB."""


def draw_digits(
    count: int, seed: int, progress: Progress, *, batch: int = _BATCH
) -> tuple[Bytes, Bytes]:
    """Draw handwritten digits in random order, the same number of each.

    Args:
        count: The number of digits.
        seed: Random seed, at least 0. The digits depend on `count` and `seed`, not on `batch`.
        progress: Called after each batch; counts images.
        batch: Digits drawn at once.

    Returns:
        Images, uint8, count x 28 x 28 (0 is background, 255 is ink), and labels, uint8, count.
    """
    alphabet = alphabet_of(SKELETONS)
    labels = _shuffled_labels(_uniforms(seed, 0, count))
    images = np.empty((count, IMAGE_SIDE, IMAGE_SIDE), np.uint8)

    def draw(begin: int) -> int:
        """Draw the batch that starts at index `begin`; return its end."""
        some = labels[begin : begin + batch]
        each = uniforms_per_digit(alphabet)
        uniforms = _uniforms(seed, count + begin * each, len(some) * each).reshape(len(some), each)
        boxes = draw_strokes(pen_paths(alphabet, some, uniforms))
        images[begin : begin + batch] = centre_by_mass(boxes)
        return begin + len(some)

    # Threads run in parallel here, because NumPy releases the GIL while it computes.
    with ThreadPoolExecutor(min(_MAX_THREADS, os.cpu_count() or 1)) as pool:
        # `progress` raises to stop the run; leaving the loop cancels batches not yet started.
        for end in pool.map(draw, range(0, count, batch)):
            progress("drawing digits", end, count, "images")
    return images, labels


def _uniforms(seed: int, first: int, count: int) -> npt.NDArray[np.float64]:
    """`count` uniform numbers in [0, 1) of the seed's sequence, from index `first` on."""
    bits = np.random.PCG64(seed)
    # Each number takes one draw of the bit generator.
    bits.advance(first)
    return np.random.Generator(bits).random(count)


def _shuffled_labels(uniforms: npt.NDArray[np.float64]) -> Bytes:
    """The digits 0 to 9 repeatedly, shuffled by sorting the uniform numbers."""
    return (np.argsort(uniforms, kind="stable") % 10).astype(np.uint8)
