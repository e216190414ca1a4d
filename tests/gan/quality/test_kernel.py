"""The kernel distance against its definition, and that it is unbiased."""

from __future__ import annotations

import numpy as np
import pytest

from gan.quality import kernel
from gan.quality.kernel import KernelReference

RNG = np.random.default_rng(0)


def textbook(first: np.ndarray, second: np.ndarray) -> float:
    """Equation 4 of the paper, in loops."""

    def k(x: np.ndarray, y: np.ndarray) -> float:
        return float((x @ y / len(x) + 1.0) ** 3)

    n, m = len(first), len(second)
    within = [
        sum(k(a, b) for i, a in enumerate(xs) for j, b in enumerate(xs) if i != j)
        / (len(xs) * (len(xs) - 1))
        for xs in (first, second)
    ]
    return sum(within) - 2.0 * sum(k(a, b) for a in first for b in second) / (n * m)


def normalised(features: np.ndarray) -> np.ndarray:
    return features / np.sqrt(np.mean(np.square(features)))


def test_it_is_the_textbook_s() -> None:
    real = normalised(RNG.standard_normal((30, 8)) + 1.0)
    fake = RNG.standard_normal((20, 8))

    distance = KernelReference(real).distance(fake)

    assert distance == pytest.approx(textbook(real, fake), rel=1e-9)


def test_it_is_that_of_scikit_learn_s_kernel() -> None:
    pairwise = pytest.importorskip("sklearn.metrics.pairwise")
    real, fake = normalised(RNG.standard_normal((300, 64)) + 1.0), RNG.standard_normal((200, 64))
    xx, yy, xy = (
        pairwise.polynomial_kernel(a, b, degree=3, coef0=1)
        for a, b in ((real, real), (fake, fake), (real, fake))
    )
    within = [(z.sum() - np.trace(z)) / (len(z) * (len(z) - 1)) for z in (xx, yy)]

    assert KernelReference(real).distance(fake) == pytest.approx(
        sum(within) - 2 * xy.mean(), rel=1e-9
    )


@pytest.mark.parametrize("count", [20, 100, 400])
def test_of_alike_images_it_is_0_on_average_at_every_number_of_images(count: int) -> None:
    draws = [
        KernelReference(RNG.standard_normal((count, 16)) + 1.0).distance(
            RNG.standard_normal((count, 16)) + 1.0
        )
        for _ in range(200)
    ]

    assert abs(np.mean(draws)) < 4 * np.std(draws) / np.sqrt(len(draws))
    assert min(draws) < 0 < max(draws)


def test_it_does_not_depend_on_the_features_scale() -> None:
    real, fake = RNG.standard_normal((50, 8)) + 1.0, RNG.standard_normal((50, 8))

    assert KernelReference(7.0 * real).distance(7.0 * fake) == pytest.approx(
        KernelReference(real).distance(fake)
    )


def test_many_images_are_compared_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "BLOCK", 10)
    real, fake = normalised(RNG.standard_normal((30, 8))), RNG.standard_normal((25, 8)) + 1.0
    blocks = [textbook(real[i : i + 10], fake[i : i + 10]) for i in (0, 10)]

    assert KernelReference(real).distance(fake) == pytest.approx(np.mean(blocks))


def test_features_that_are_all_0_are_at_no_distance_from_themselves() -> None:
    zeros = np.zeros((10, 8))

    assert KernelReference(zeros).distance(zeros) == 0.0


def test_one_image_is_not_enough() -> None:
    with pytest.raises(ValueError, match="1 samples, expected at least 2"):
        KernelReference(np.ones((1, 8)))
