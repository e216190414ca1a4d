"""The Frechet distance against formulas and other programs' results."""

from __future__ import annotations

import numpy as np
import pytest

from gan.quality.frechet import Moments, frechet_distance

RNG = np.random.default_rng(0)


def features(count: int, width: int, scale: float = 1.0) -> np.ndarray:
    """Correlated features with a mean that isn't 0."""
    mixing = RNG.standard_normal((width, width))
    return scale * (RNG.standard_normal((count, width)) @ mixing + RNG.standard_normal(width))


def textbook(first: np.ndarray, second: np.ndarray) -> float:
    """Equation 6 word for word, with the eigenvalues of the product that isn't symmetric."""
    shift = first.mean(axis=0) - second.mean(axis=0)
    one, two = np.cov(first.T), np.cov(second.T)
    roots = np.sqrt(np.linalg.eigvals(one @ two).astype(complex)).real.sum()
    return float(shift @ shift + np.trace(one + two) - 2 * roots)


@pytest.mark.parametrize("width", [2, 5, 64])
def test_it_is_the_textbook_s(width: int) -> None:
    first, second = features(500, width), features(400, width, 1.3)

    distance = frechet_distance(Moments.of(first), Moments.of(second))

    assert distance == pytest.approx(textbook(first, second), rel=1e-9)


def test_it_is_that_of_scipy_s_matrix_square_root() -> None:
    linalg = pytest.importorskip("scipy.linalg")
    first, second = Moments.of(features(500, 64)), Moments.of(features(400, 64))
    root = linalg.sqrtm(first.covariance @ second.covariance).real
    shift = first.mean - second.mean
    expected = shift @ shift + np.trace(first.covariance + second.covariance - 2 * root)

    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-9)


def test_independent_features_give_the_sum_of_each_one_s_distance() -> None:
    """Of two normal distributions on a line: (m1 - m2)^2 + (s1 - s2)^2."""
    first = Moments(np.array([0.0, 1.0]), np.diag([4.0, 9.0]))
    second = Moments(np.array([3.0, 1.0]), np.diag([1.0, 25.0]))

    assert frechet_distance(first, second) == pytest.approx(9.0 + 1.0 + 4.0)


def test_the_same_features_are_at_no_distance() -> None:
    same = Moments.of(features(300, 64))

    assert frechet_distance(same, same) == pytest.approx(0.0, abs=1e-6)


def test_it_is_symmetric() -> None:
    first, second = Moments.of(features(300, 8)), Moments.of(features(300, 8))

    assert frechet_distance(first, second) == pytest.approx(frechet_distance(second, first))


def test_features_that_are_always_0_do_no_harm() -> None:
    first, second = features(300, 8), features(300, 8)
    first[:, 3] = second[:, 3] = second[:, 5] = 0.0

    distance = frechet_distance(Moments.of(first), Moments.of(second))

    assert distance == pytest.approx(textbook(first, second), rel=1e-6)


def test_fewer_images_than_features_have_a_distance_too() -> None:
    few, many = Moments.of(features(10, 64)), Moments.of(features(1000, 64))

    assert np.isfinite(frechet_distance(few, many))


def test_one_image_has_no_covariance() -> None:
    with pytest.raises(ValueError, match="1 samples, expected at least 2"):
        Moments.of(np.zeros((1, 4)))


def test_float32_features_are_summed_in_float64() -> None:
    values = (features(5000, 4) + 1000.0).astype(np.float32)

    moments = Moments.of(values)

    np.testing.assert_allclose(moments.covariance, np.cov(values.astype(float).T), rtol=1e-9)
