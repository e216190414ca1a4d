"""The kernel distance (KID): the squared maximum mean discrepancy of two sets of features.

    k(x, y) = (x . y / d + 1)^3
    KID = mean of k(x, x'), x != x'  +  mean of k(y, y'), y != y'  -  2 mean of k(x, y)

Binkowski et al. 2018, "Demystifying MMD GANs", section 4 and equation 4. It is unbiased: of two
sets from the same distribution it is 0 on average at every number of samples, and may be negative.
As there, it is the mean over blocks of a thousand samples; here the blocks are disjoint. Features
are divided by the root mean square of the real ones, so the figure doesn't depend on their scale.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from gan.quality.frechet import MIN_SAMPLES

if TYPE_CHECKING:
    Doubles = npt.NDArray[np.float64]

BLOCK: Final = 1000
"""Samples of a block; the cost grows with the square."""


class KernelReference:
    """One side of the distance, prepared once."""

    def __init__(self, features: npt.NDArray[Any]) -> None:
        """Prepare real features, n x d, in random order; n at least 2."""
        size = np.sqrt(np.square(features, dtype=np.float64).mean())
        self._scale = 1.0 / size if size else 1.0
        self._blocks = _blocks(features, self._scale)
        self._within = [_within(block) for block in self._blocks]

    def distance(self, features: npt.NDArray[Any]) -> float:
        """The kernel distance of generated features, n x d, in random order; n at least 2.

        Of as many blocks as both sides have.
        """
        pairs = zip(self._blocks, self._within, _blocks(features, self._scale), strict=False)
        values = [
            within + _within(block) - 2.0 * float(_kernel(ours, block).mean())
            for ours, within, block in pairs
        ]
        return float(np.mean(values))


def _blocks(features: npt.NDArray[Any], scale: float) -> list[Doubles]:
    """Blocks of `BLOCK` samples, without the rest; one block if there are fewer."""
    if len(features) < MIN_SAMPLES:
        raise ValueError(f"{len(features)} samples, expected at least {MIN_SAMPLES}")
    values = features.astype(np.float64) * scale
    count = max(1, len(values) // BLOCK)
    return [values[i * BLOCK : (i + 1) * BLOCK] for i in range(count)]


def _kernel(first: Doubles, second: Doubles) -> Doubles:
    base = first @ second.T / first.shape[1] + 1.0
    cube: Doubles = base * base * base
    return cube


def _within(block: Doubles) -> float:
    """The mean kernel of two different samples of a block."""
    kernel = _kernel(block, block)
    count = len(block)
    return float((kernel.sum() - np.trace(kernel)) / (count * (count - 1)))
