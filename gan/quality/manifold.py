"""Density and coverage: whether generated images lie where real ones do, and whether everywhere.

Around each real image lies a ball that reaches to its k-th nearest real neighbour in feature space.

    density  = (1 / (k M)) * sum over generated j of the number of balls that hold j
    coverage = (1 / N) * number of balls that hold at least one generated image

Naeem et al. 2020, "Reliable Fidelity and Diversity Metrics for Generative Models", equations 3 and
4, for N real and M generated images, with k = 5 as there. Alike distributions have a density of 1
and, for N = M, a coverage of 1 - (N - 1)! / (2N - 1)! * (2N - k - 1)! / (N - k - 1)!, about 0.97
(section 3.2). With fewer generated images than real ones coverage is lower.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    Matrix = npt.NDArray[np.float32]

NEIGHBOURS: Final = 5
"""k."""

_ROWS: Final = 500
"""Real images at a time: a matrix of distances of a few megabytes."""


class Manifold(NamedTuple):
    """Density and coverage of generated images."""

    density: float
    """At least 0; about 1 if generated and real images are alike."""

    coverage: float
    """From 0 to 1."""


class RealManifold:
    """The balls around real images, prepared once."""

    def __init__(self, features: npt.NDArray[Any]) -> None:
        """Measure the balls.

        Args:
            features: Of real images, n x d, n above `NEIGHBOURS`.

        Raises:
            ValueError: There are too few real images.
        """
        if len(features) <= NEIGHBOURS:
            raise ValueError(f"{len(features)} real images, expected more than {NEIGHBOURS}")
        self._features = features.astype(np.float32)
        # The nearest of all is the image itself, at a distance of 0.
        squares = [
            np.partition(squared_distances(rows, self._features), NEIGHBOURS, axis=1)[:, NEIGHBOURS]
            for rows in self._chunks()
        ]
        self._radii = np.concatenate(squares)
        """Squares of the balls' radii, n."""

    def __len__(self) -> int:
        """The number of real images; compare as many generated ones."""
        return len(self._features)

    def compare(self, features: npt.NDArray[Any]) -> Manifold:
        """Density and coverage of generated images' features, m x d, m at least 1."""
        fakes = features.astype(np.float32)
        held = 0
        covered = 0
        start = 0
        for rows in self._chunks():
            radii = self._radii[start : start + len(rows), None]
            inside = squared_distances(rows, fakes) <= radii
            held += int(np.count_nonzero(inside))
            covered += int(np.count_nonzero(inside.any(axis=1)))
            start += len(rows)
        count = len(self._features)
        return Manifold(held / (NEIGHBOURS * len(fakes)), covered / count)

    def _chunks(self) -> list[Matrix]:
        real = self._features
        return [real[start : start + _ROWS] for start in range(0, len(real), _ROWS)]


def squared_distances(first: Matrix, second: Matrix) -> Matrix:
    """Squares of the distances of each row of one from each row of the other: n x m.

    As |x|^2 + |y|^2 - 2 x.y, which is a matrix product; rounding may leave -0.0 or a little less
    than 0 of equal rows.
    """
    result: Matrix = first @ second.T
    result *= -2.0
    result += np.square(first).sum(axis=1)[:, None]
    result += np.square(second).sum(axis=1)
    return result
