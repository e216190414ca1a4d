"""The feature networks: exact arithmetic, and how well the shipped ones know their data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gan.data.data_file import DiskFile
from gan.data.idx import read_idx_file
from gan.quality import features
from gan.quality.features import (
    FEATURES,
    SHIPPED,
    SHIPPED_FOLDER,
    FeatureNet,
    layout,
    shipped_net,
)
from tests.gan.data.making import digits, ignore

if TYPE_CHECKING:
    from pathlib import Path

    from gan.data.image_set import ImageSet


def random_arrays(classes: int = 10) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    shapes = {name: shape for name, (shape, _) in layout(classes).items()}
    return {name: rng.normal(0, 0.1, shape).astype(np.float16) for name, shape in shapes.items()}


def textbook(arrays: dict[str, Any], image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The network in float64, pixel by pixel."""
    weights = {name: array.astype(float) for name, array in arrays.items()}
    values = image[..., None] / 255.0
    for name, size in (("first", 5), ("second", 3)):
        kernel, bias = weights[f"{name}/kernel"], weights[f"{name}/bias"]
        side = (len(values) - size) // 2 + 1
        result = np.empty((side, side, len(bias)))
        for i in range(side):
            for j in range(side):
                patch = values[2 * i : 2 * i + size, 2 * j : 2 * j + size]
                result[i, j] = np.maximum(np.tensordot(patch, kernel, 3) + bias, 0)
        values = result
    hidden = np.maximum(values.ravel() @ weights["features/kernel"] + weights["features/bias"], 0)
    logits = hidden @ weights["classes/kernel"] + weights["classes/bias"]
    return hidden, np.exp(logits) / np.exp(logits).sum()


def test_it_computes_two_convolutions_and_two_dense_layers() -> None:
    arrays = random_arrays()
    net = FeatureNet("any", arrays, tuple(range(10)))

    described, probabilities = net.describe(digits(3))

    for image, row, shares in zip(digits(3), described, probabilities, strict=True):
        expected_row, expected_shares = textbook(arrays, image)
        np.testing.assert_allclose(row, expected_row, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(shares, expected_shares, rtol=1e-4)


def test_an_image_s_features_do_not_depend_on_the_images_around_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    net = FeatureNet("any", random_arrays(), tuple(range(10)))
    together, _ = net.describe(digits(20))

    monkeypatch.setattr(features, "_CHUNK", 3)

    np.testing.assert_allclose(net.describe(digits(20))[0], together, rtol=1e-4, atol=1e-6)


def test_no_images_have_no_features() -> None:
    described, probabilities = FeatureNet("any", random_arrays(), ()).describe(digits(5)[:0])

    assert described.shape == (0, FEATURES)
    assert probabilities.shape == (0, 10)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_weights_are_finite_and_known_by_name(name: str) -> None:
    net = shipped_net(name)

    assert net.name == name
    assert net.classes == tuple(range(10))
    assert all(np.isfinite(array).all() for array in net.weights.values())


def test_the_shipped_weights_take_less_than_half_a_megabyte() -> None:
    sizes = [path.stat().st_size for path in SHIPPED_FOLDER.iterdir()]

    assert len(sizes) == len(SHIPPED)
    assert sum(sizes) < 500_000


def test_the_built_in_digits_are_known(labelled: ImageSet) -> None:
    assert labelled.labels is not None
    assert shipped_net("synthetic-1").accuracy(labelled.images, labelled.labels) > 0.995


def test_mnist_s_test_images_are_known(real_mnist: Path) -> None:
    test = read_idx_file(DiskFile(real_mnist / "t10k-images-idx3-ubyte.gz"), ignore)
    assert test.labels is not None

    assert shipped_net("mnist-1").accuracy(test.images, test.labels) >= 0.99
