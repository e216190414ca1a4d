"""Networks don't depend on what another program in the process has set in Keras."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pytest

from gan.errors import DeviceError
from gan.models.keras_settings import own_keras_settings
from gan.models.networks import forward
from gan.models.presets import PRESETS
from gan.training.build import build_gan
from gan.training.state import state_of
from tests.gan.small import STEPS_PER_EPOCH, tiny

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

FOREIGN = ("float64", 0.1, "channels_first", "mixed_float16")


def found() -> tuple[object, ...]:
    config = keras.config
    policy = config.dtype_policy().name
    return config.floatx(), config.epsilon(), config.image_data_format(), policy


def put(floatx: Any, epsilon: Any, image_data_format: Any, policy: Any) -> None:
    keras.config.set_floatx(floatx)
    keras.config.set_epsilon(epsilon)
    keras.config.set_image_data_format(image_data_format)
    keras.config.set_dtype_policy(policy)


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    before = found()
    yield
    put(*before)


def built(preset: str) -> tuple[dict[str, npt.NDArray[Any]], npt.NDArray[np.float32]]:
    """The state of a new run, and what its discriminator makes of some images."""
    gan = build_gan(tiny(preset=preset), STEPS_PER_EPOCH)
    images = np.random.default_rng(0).uniform(-1, 1, (4, 28, 28)).astype(np.float32)
    logits = forward(gan.networks.discriminator, images, training=False)
    return {name: np.array(value) for name, value in state_of(gan).items()}, np.array(logits)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_run_begins_the_same_whatever_keras_was_set_to(preset: str) -> None:
    state, logits = built(preset)

    put(*FOREIGN)
    other_state, other_logits = built(preset)

    np.testing.assert_array_equal(other_logits, logits)
    assert list(other_state) == list(state)
    for name, value in state.items():
        np.testing.assert_array_equal(other_state[name], value, strict=True)


def test_the_settings_of_the_other_program_are_restored() -> None:
    put(*FOREIGN)
    with own_keras_settings():
        assert found() == ("float32", 1e-7, "channels_last", "float32")
    assert found() == FOREIGN


def test_they_are_restored_after_an_error() -> None:
    put(*FOREIGN)
    with pytest.raises(ValueError, match="a fault"), own_keras_settings():
        raise ValueError("a fault")
    assert found() == FOREIGN


def test_another_backend_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.config, "backend", lambda: "torch")
    with pytest.raises(DeviceError, match=r"Keras runs on torch .*KERAS_BACKEND=tensorflow before"):
        build_gan(tiny(preset="mlp"), STEPS_PER_EPOCH)
