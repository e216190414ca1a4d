"""The measure of a run: generated images against the run's own real images.

The real images are shuffled, always in the same way. Some are the reference. Others, as many as
there are generated ones, stand for a perfect generator: their Frechet distance from the reference
is reported next to that of the generated ones. Both are of equally many images, so both are too
large by the same amount.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from gan.quality.choice import choose_net
from gan.quality.copies import TrainingImages
from gan.quality.frechet import MIN_SAMPLES, Moments, frechet_distance
from gan.quality.kernel import KernelReference
from gan.quality.manifold import NEIGHBOURS, Manifold, RealManifold

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from gan.data.image_set import ImageSet
    from gan.events import Images, Shares

    Matrix = npt.NDArray[np.float32]

DEFAULT_COUNT: Final = 5_000
"""Generated images of a measurement."""

REFERENCE: Final = 10_000
"""Real images of the reference, at most; of fewer than twice as many, half."""

MANIFOLD: Final = 5_000
"""Real and generated images for density and coverage, at most; the cost grows with the square."""

SOUGHT: Final = 1_000
"""Generated images that are compared with every training image, at most."""

TRAINING_IMAGES: Final = 100_000
"""Training images among which copies are sought, at most."""

CONFIDENT: Final = 0.9
"""Probability of the likeliest class above which an image counts as recognized."""

FEW: Final = 1_000
"""Images below which the Frechet distance is mostly the error of its own estimate."""

_SORTED: Final = 2**20
"""Numbers that are sorted at once."""

_SEED: Final = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """The figures of a measurement, as `gan.events.QualityMeasured` describes them.

    A figure that the data don't allow is NaN.
    """

    features: str
    images: int
    fd: float
    fd_real: float
    kid: float
    density: float
    coverage: float
    census: Shares
    confident: float
    copies: float


class QualityMeasure:
    """Compares generated images with a run's real ones. Doesn't change once made."""

    def __init__(
        self, images: ImageSet, count: int = DEFAULT_COUNT, *, cache_dir: Path | None = None
    ) -> None:
        """Prepare the real side: a second or two, with a network to train some three more.

        Args:
            images: The run's real images, with or without labels.
            count: How many generated images a measurement should have, at least 1.
            cache_dir: Where trained feature networks are kept; by default the user's cache.
        """
        self._net, limits = choose_net(images, cache_dir=cache_dir)
        order = _shuffled(len(images), max(REFERENCE + count, TRAINING_IMAGES))
        first = min(REFERENCE, len(images) // 2)
        held_out = images.images[order[first:][:count]]
        self.count = len(held_out)
        """Generated images of a measurement: `count`, or as many as there are real ones for."""

        self.limits = (*limits, *_limits(len(images), self.count, count))
        """What the measure can't do on this data, in sentences; empty if it can do everything."""

        reference, _ = self._net.describe(images.images[order[:first]])
        self._moments = Moments.of(reference) if len(reference) >= MIN_SAMPLES else None
        self._kernel = KernelReference(reference) if len(reference) >= MIN_SAMPLES else None
        near = reference[: min(MANIFOLD, self.count)]
        self._manifold = RealManifold(near) if len(near) > NEIGHBOURS else None
        self._held_out, _ = self._net.describe(held_out)
        self._training: TrainingImages | None = None
        self.real = self.measure(held_out)
        """The figures of a perfect generator; `copies` is NaN."""

        if len(images) > 1:
            self._training = TrainingImages(images.images[np.sort(order[:TRAINING_IMAGES])])

    @property
    def features(self) -> str:
        """Name of the feature network, such as `mnist-1`."""
        return self._net.name

    @property
    def classes(self) -> tuple[int, ...]:
        """The label of each class of the census, in its order; empty without labels."""
        return self._net.classes

    def measure(self, images: Images) -> Quality:
        """Measure generated images.

        Args:
            images: uint8, n x 28 x 28, n at least 1, in random order. Those above `count` are left
                out, since there are no real images to compare them with.
        """
        images = images[: self.count]
        features, probabilities = self._net.describe(images)
        manifold = self._compare(features)
        return Quality(
            features=self.features,
            images=len(images),
            fd=self._distance(features),
            fd_real=self._distance(self._held_out[: len(images)]),
            kid=self._kernel.distance(features)
            if self._kernel and len(images) >= MIN_SAMPLES
            else math.nan,
            density=manifold.density,
            coverage=manifold.coverage,
            census=_census(probabilities),
            confident=_confident(probabilities),
            copies=self._training.copies(images[:SOUGHT]) if self._training else math.nan,
        )

    def _distance(self, features: Matrix) -> float:
        if self._moments is None or len(features) < MIN_SAMPLES:
            return math.nan
        return frechet_distance(Moments.of(features), self._moments)

    def _compare(self, features: Matrix) -> Manifold:
        if self._manifold is None:
            return Manifold(math.nan, math.nan)
        return self._manifold.compare(features[: len(self._manifold)])


def _shuffled(count: int, wanted: int) -> npt.NDArray[np.intp]:
    """The first of the numbers below `count` in an order that is always the same.

    It is random, and no release of NumPy changes it.

    Args:
        count: How many there are.
        wanted: How many of them are returned, at most.
    """
    generator = np.random.Generator(np.random.PCG64(_SEED))
    keys, numbers = np.empty(0), np.empty(0, np.intp)
    # Sorted in parts, because of many images only some are looked at.
    for begin in range(0, count, _SORTED):
        end = min(begin + _SORTED, count)
        keys = np.concatenate([keys, generator.random(end - begin)])
        numbers = np.concatenate([numbers, np.arange(begin, end)])
        order = np.argsort(keys, kind="stable")[:wanted]
        keys, numbers = keys[order], numbers[order]
    return numbers


def _census(probabilities: Matrix) -> Shares:
    """The share of images in each class; empty without classes."""
    count, classes = probabilities.shape
    if not classes:
        return np.zeros(0, np.float32)
    shares = np.bincount(probabilities.argmax(axis=1), minlength=classes) / count
    census: Shares = shares.astype(np.float32)
    census.setflags(write=False)
    return census


def _confident(probabilities: Matrix) -> float:
    if not probabilities.shape[1]:
        return math.nan
    return float(np.count_nonzero(probabilities.max(axis=1) > CONFIDENT) / len(probabilities))


def _limits(real: int, count: int, wanted: int) -> tuple[str, ...]:
    """What a number of real images doesn't allow, in sentences.

    Args:
        real: Real images.
        count: Generated images that they allow for.
        wanted: Generated images that were asked for.
    """
    sentences = []
    if real < 2 * MIN_SAMPLES:
        sentences.append(f"no distances: they need {2 * MIN_SAMPLES} real images, there are {real}")
    elif count < wanted:
        sentences.append(f"{real:,} real images allow for {count:,} generated ones, not {wanted:,}")
    if real >= 2 * MIN_SAMPLES and count < FEW:
        sentences.append(f"the Frechet distance of {count:,} images is mostly noise: go by the KID")
    if real <= 2 * NEIGHBOURS:
        sentences.append(f"no density and coverage: they need {2 * NEIGHBOURS + 2} real images")
    if real > TRAINING_IMAGES:
        sentences.append(f"copies are sought among {TRAINING_IMAGES:,} of {real:,} images")
    return tuple(sentences)
