"""Networks for data that no shipped network knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gan.quality import fitting
from gan.quality.features import FEATURES, layout
from gan.quality.fitting import fit_arrays, fitted_net, projection_net
from tests.gan.data.making import digits

if TYPE_CHECKING:
    import pytest

    from gan.data.image_set import ImageSet

CLASSES = (40, 45, 50)


def test_a_network_learns_the_labels(stripes: ImageSet) -> None:
    assert stripes.labels is not None
    net = fitted_net(fit_arrays(stripes.images[300:], stripes.labels[300:], CLASSES), CLASSES)

    assert net.classes == CLASSES
    assert net.accuracy(stripes.images[:300], stripes.labels[:300]) > 0.95


def test_the_same_data_give_the_same_network(stripes: ImageSet) -> None:
    assert stripes.labels is not None
    first, second = (fit_arrays(stripes.images, stripes.labels, CLASSES) for _ in range(2))

    for name, array in first.items():
        np.testing.assert_array_equal(array, second[name])
    assert fitted_net(first, CLASSES).name == fitted_net(second, CLASSES).name


def test_other_weights_have_another_name(stripes: ImageSet) -> None:
    assert stripes.labels is not None
    arrays = fit_arrays(stripes.images, stripes.labels, CLASSES)
    changed = arrays | {"classes/bias": arrays["classes/bias"] + np.float16(1)}

    names = [fitted_net(weights, CLASSES).name for weights in (arrays, changed)]

    assert names[0] != names[1]
    assert all(name.startswith("trained-") and len(name) == 14 for name in names)


def test_the_weights_are_those_of_the_layout(stripes: ImageSet) -> None:
    assert stripes.labels is not None
    arrays = fit_arrays(stripes.images, stripes.labels, CLASSES)

    assert {name: (array.shape, array.dtype.str) for name, array in arrays.items()} == layout(3)


def test_gradients_are_those_of_the_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    """Against differences of the cross-entropy."""
    rng = np.random.default_rng(0)
    monkeypatch.setattr(fitting, "FLAT", 6)
    weights = fitting._Dense(*(rng.normal(0, 0.5, shape) for shape in ((6, 5), (5,), (5, 3), (3,))))
    inputs, targets = rng.normal(0, 1, (7, 6)), rng.integers(0, 3, 7)

    def loss(dense: fitting._Dense) -> float:
        hidden = np.maximum(inputs @ dense.features + dense.features_bias, 0)
        shares = fitting.softmax(hidden @ dense.classes + dense.classes_bias)
        return float(-np.log(shares[np.arange(7), targets]).mean())

    gradients = fitting._gradients(weights, inputs, targets)

    for field, gradient in zip(weights._fields, gradients, strict=True):
        array = getattr(weights, field)
        for index in np.ndindex(array.shape):
            values = []
            for sign in (1e-6, -1e-6):
                moved = array.copy()
                moved[index] += sign
                values.append(loss(weights._replace(**{field: moved})))
            np.testing.assert_allclose(gradient[index], (values[0] - values[1]) / 2e-6, atol=1e-6)


def test_a_projection_has_features_of_both_signs_and_no_classes() -> None:
    net = projection_net()

    features, probabilities = net.describe(digits(50))

    assert net.name == "projection-1"
    assert features.shape == (50, FEATURES)
    assert (features < 0).any()
    assert (features > 0).any()
    assert probabilities.shape == (50, 0)


def test_the_projection_is_always_the_same() -> None:
    """It has a name and a number: change the number if this changes."""
    kernel = projection_net().weights["features/kernel"]

    assert np.sign(kernel[0, :8]).astype(int).tolist() == [1, -1, -1, -1, 1, 1, 1, 1]
