"""Density and coverage against their definition, and what they say of known cases."""

from __future__ import annotations

import numpy as np
import pytest

from gan.quality import manifold
from gan.quality.manifold import NEIGHBOURS, RealManifold, squared_distances

RNG = np.random.default_rng(0)


def textbook(real: np.ndarray, fake: np.ndarray) -> tuple[float, float]:
    """Equations 3 and 4 of the paper, in loops."""
    balls = [np.sort(np.linalg.norm(real - x, axis=1))[NEIGHBOURS] for x in real]
    held = [
        [np.linalg.norm(y - x) <= ball for y in fake] for x, ball in zip(real, balls, strict=True)
    ]
    inside = np.asarray(held)
    return float(inside.sum() / (NEIGHBOURS * len(fake))), float(inside.any(axis=1).mean())


def test_they_are_the_textbook_s() -> None:
    real, fake = RNG.standard_normal((60, 4)), RNG.standard_normal((40, 4)) + 0.5

    assert RealManifold(real).compare(fake) == pytest.approx(textbook(real, fake))


def test_they_are_those_of_the_authors_program() -> None:
    prdc = pytest.importorskip("prdc")
    real, fake = RNG.standard_normal((600, 64)), RNG.standard_normal((600, 64)) * 0.9
    expected = prdc.compute_prdc(real, fake, nearest_k=NEIGHBOURS)

    density, coverage = RealManifold(real).compare(fake)

    assert density == pytest.approx(expected["density"], rel=1e-3)
    assert coverage == pytest.approx(expected["coverage"], abs=2e-3)


def test_alike_images_have_a_density_of_1_and_the_paper_s_coverage() -> None:
    real, fake = RNG.standard_normal((2000, 8)), RNG.standard_normal((2000, 8))

    density, coverage = RealManifold(real).compare(fake)

    assert density == pytest.approx(1.0, abs=0.05)
    assert coverage == pytest.approx(1 - 0.5**NEIGHBOURS, abs=0.02)


def test_images_far_from_all_real_ones_have_neither() -> None:
    real = RNG.standard_normal((100, 8))

    assert RealManifold(real).compare(real + 100.0) == (0.0, 0.0)


def test_a_real_image_again_and_again_is_dense_and_covers_little() -> None:
    real = RNG.standard_normal((500, 8))

    density, coverage = RealManifold(real).compare(np.repeat(real[:1], 500, axis=0))

    assert density > 0
    assert coverage < 0.05


def test_half_of_the_classes_cover_half() -> None:
    real = RNG.standard_normal((400, 8))
    real[200:] += 100.0
    fake = RNG.standard_normal((400, 8))

    assert RealManifold(real).compare(fake).coverage == pytest.approx(0.5, abs=0.03)


def test_the_result_does_not_depend_on_how_many_rows_are_compared_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, fake = RNG.standard_normal((100, 8)), RNG.standard_normal((90, 8))
    at_once = RealManifold(real).compare(fake)

    monkeypatch.setattr(manifold, "_ROWS", 7)

    assert RealManifold(real).compare(fake) == at_once


def test_too_few_real_images_have_no_neighbours() -> None:
    with pytest.raises(ValueError, match="5 real images, expected more than 5"):
        RealManifold(np.zeros((NEIGHBOURS, 8)))


def test_distances_are_those_between_all_pairs() -> None:
    one, two = (RNG.standard_normal((n, 3)).astype(np.float32) for n in (4, 5))
    expected = np.square(one[:, None] - two[None]).sum(axis=2)

    np.testing.assert_allclose(squared_distances(one, two), expected, atol=1e-5)
