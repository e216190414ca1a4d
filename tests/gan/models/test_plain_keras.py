"""Networks of Keras's own layers give what ours give."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from gan.errors import GanTuiError
from gan.models.convolution import NeighbourPatches, StridedPatches
from gan.models.layers import Dense
from gan.models.plain_keras import plain
from gan.models.presets import PRESETS

DIM = 6
TO_ROUNDING = 1e-6


def lively(network: Any) -> Any:
    """The network with other statistics and biases than at the start, which are 0 and 1."""
    rng = np.random.default_rng(0)
    for variable in network.variables:
        values = variable.numpy()
        if values.ndim == 1:
            variable.assign(values + rng.uniform(0.1, 0.5, values.shape).astype(np.float32))
    return network


def inputs_of(network: Any) -> np.ndarray:
    rng = np.random.default_rng(1)
    return rng.standard_normal((32, *network.input_shape[1:])).astype(np.float32)


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """Relative to the largest value, if that is above 1."""
    return float(np.abs(one - other).max() / max(1.0, np.abs(one).max()))


@pytest.mark.parametrize("network", ["generator", "discriminator"])
@pytest.mark.parametrize("preset", PRESETS)
def test_they_give_the_same_outputs(preset: str, network: str) -> None:
    ours = lively(getattr(PRESETS[preset].build(DIM, 3), network))
    plain_one = plain(ours)
    inputs = inputs_of(ours)
    expected = ours(inputs, training=False).numpy()
    assert expected.std() > 0.01
    assert difference(plain_one(inputs, training=False).numpy(), expected) < TO_ROUNDING


@pytest.mark.parametrize("network", ["generator", "discriminator"])
@pytest.mark.parametrize("preset", PRESETS)
def test_all_their_layers_are_keras_own(preset: str, network: str) -> None:
    plain_one = plain(getattr(PRESETS[preset].build(DIM, 3), network))
    modules = {type(layer).__module__.partition(".")[0] for layer in plain_one.layers}
    assert modules == {"keras"}
    assert plain_one.name == network
    assert "gan." not in plain_one.to_json()


@pytest.mark.parametrize(
    "layers",
    [
        [StridedPatches(name="odd")],
        [NeighbourPatches(name="odd")],
        [NeighbourPatches(name="odd"), Dense(8)],
        [NeighbourPatches(name="odd"), Dense(8, use_bias=True)],
    ],
)
def test_what_has_no_equivalent_is_refused_by_name(layers: list[Any]) -> None:
    network = keras.Sequential([keras.Input((4, 4, 1)), *layers])
    with pytest.raises(GanTuiError, match=r"the layer odd .* --safetensors instead"):
        plain(network)


def test_a_layer_of_nobodys_is_refused() -> None:
    class Odd(keras.layers.Layer):
        def call(self, inputs: Any) -> Any:
            return inputs

    with pytest.raises(GanTuiError, match="Odd"):
        plain(keras.Sequential([keras.Input((3,)), Odd()]))
