"""The first weights are Keras's default, keyed by the run's seed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gan.models import presets

PRESETS = sorted(presets.PRESETS)


def kernels(preset: str, seed: int) -> list[np.ndarray]:
    """Every Dense layer's first weights, both networks in order."""
    networks = presets.PRESETS[preset].build(100, seed)
    layers = [*networks.generator.layers, *networks.discriminator.layers]
    return [layer.kernel.numpy() for layer in layers if hasattr(layer, "kernel")]


@pytest.mark.parametrize("preset", PRESETS)
def test_one_seed_begins_with_one_set_of_weights(preset: str) -> None:
    for first, again in zip(kernels(preset, 3), kernels(preset, 3), strict=True):
        np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("preset", PRESETS)
def test_another_seed_begins_with_other_weights(preset: str) -> None:
    for first, other in zip(kernels(preset, 3), kernels(preset, 4), strict=True):
        assert np.mean(first == other) < 0.01


@pytest.mark.parametrize("preset", PRESETS)
def test_no_layer_begins_with_the_numbers_of_another(preset: str) -> None:
    """Uniform draws of one seed would be the same numbers, scaled."""
    scaled = [kernel.ravel()[:200] / np.abs(kernel).max() for kernel in kernels(preset, 3)]
    apart = np.corrcoef(scaled) - np.eye(len(scaled))
    assert np.abs(apart).max() < 0.4


@pytest.mark.parametrize("preset", PRESETS)
def test_the_weights_are_uniform_within_glorots_limit(preset: str) -> None:
    for kernel in kernels(preset, 3):
        limit = np.sqrt(6 / sum(kernel.shape))
        assert np.abs(kernel).max() <= limit
        assert kernel.std() == pytest.approx(limit / np.sqrt(3), rel=0.1)


def biases(preset: str) -> list[Any]:
    return [presets.PRESETS[preset].build(100, 3).discriminator.layers[-1].bias.numpy()]


@pytest.mark.parametrize("preset", PRESETS)
def test_the_bias_begins_at_zero(preset: str) -> None:
    np.testing.assert_array_equal(biases(preset), [[0.0]])
