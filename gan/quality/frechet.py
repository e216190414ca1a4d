"""The Frechet distance between two sets of features, each taken as a normal distribution.

    FD = |m1 - m2|^2 + Tr(C1 + C2 - 2 (C1 C2)^(1/2))

Heusel et al. 2017, "GANs Trained by a Two Time-Scale Update Rule", equation 6, after Dowson and
Landau 1982, "The Frechet Distance between Multivariate Normal Distributions". Of n samples it is
too large by an amount that falls as 1/n (Binkowski et al. 2018, section 4), so only figures of
equally many samples can be compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    Doubles = npt.NDArray[np.float64]


MIN_SAMPLES: Final = 2
"""Samples below which there is no covariance."""


class Moments(NamedTuple):
    """The mean and the covariance of features."""

    mean: Doubles
    """Float64, d."""

    covariance: Doubles
    """Float64, d x d; of the samples, with divisor n - 1."""

    @classmethod
    def of(cls, features: npt.NDArray[Any]) -> Moments:
        """The moments of features, n x d.

        Raises:
            ValueError: Fewer than two samples have no covariance.
        """
        if len(features) < MIN_SAMPLES:
            raise ValueError(f"{len(features)} samples, expected at least {MIN_SAMPLES}")
        values = features.astype(np.float64)
        mean = values.mean(axis=0)
        centred = values - mean
        return cls(mean, centred.T @ centred / (len(values) - 1))


def frechet_distance(first: Moments, second: Moments) -> float:
    """The distance of two normal distributions, at least 0.

    The trace of (C1 C2)^(1/2) is that of (R C2 R)^(1/2) with R = C1^(1/2), since both products
    have the same eigenvalues. The second is symmetric, so its eigenvalues are real and exact even
    if a covariance is singular.
    """
    values, vectors = np.linalg.eigh(first.covariance)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    product = np.linalg.eigvalsh(root @ second.covariance @ root)
    overlap = np.sqrt(np.maximum(product, 0.0)).sum()
    shift = np.square(first.mean - second.mean).sum()
    spread = np.trace(first.covariance) + np.trace(second.covariance)
    return max(0.0, float(shift + spread - 2.0 * overlap))
