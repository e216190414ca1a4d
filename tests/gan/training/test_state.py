"""A run's state as arrays, complete and exact, and the refusal of any other."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pytest

from gan.errors import CheckpointError
from gan.models.presets import PRESETS
from gan.training.build import build_gan
from gan.training.state import restore_arrays, restore_state, state_arrays, state_of
from tests.gan.small import STEPS_PER_EPOCH, tiny

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.training.step import Gan
    from tests.gan.programs import Programs

COMPILED = ["tutorial", "mlp", pytest.param("dcgan", marks=pytest.mark.slow)]


@pytest.fixture(scope="module")
def gan() -> Gan:
    """Networks that are not trained; a test that fails may leave them changed, and so be it."""
    return build_gan(tiny(preset="tutorial"), STEPS_PER_EPOCH)


def assert_equal(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> None:
    assert first.keys() == second.keys()
    for name, array in first.items():
        np.testing.assert_array_equal(array, second[name], err_msg=name)


@pytest.mark.parametrize("preset", COMPILED)
def test_a_restored_run_goes_on_bit_for_bit(preset: str, programs: Programs) -> None:
    program = programs.of(preset)
    program.execution(0, 5)
    saved = state_of(program.gan)
    expected = program.execution(5, 5)
    end = state_of(program.gan)

    again = programs.of(preset)
    restore_state(again.gan, saved)
    assert_equal(state_of(again.gan), saved)
    np.testing.assert_array_equal(again.execution(5, 5), expected)
    assert_equal(state_of(again.gan), end)


def test_the_state_is_a_copy_that_training_does_not_touch(programs: Programs) -> None:
    """It is written to disk after it was taken."""
    program = programs.of("mlp")
    program.execution(0, 3)
    saved = state_of(program.gan)
    before = {name: array.copy() for name, array in saved.items()}
    program.execution(3, 3)
    assert_equal(saved, before)
    assert not np.array_equal(state_of(program.gan)["generator/0"], saved["generator/0"])


@pytest.mark.parametrize("preset", PRESETS)
def test_the_state_holds_every_variable_of_the_networks_and_the_optimizers(preset: str) -> None:
    built = build_gan(tiny(preset=preset), STEPS_PER_EPOCH)
    state = state_of(built)
    networks = [built.networks.generator, built.networks.discriminator]
    trained = sum(len(network.trainable_variables) for network in networks)
    if built.averaging:
        networks.append(built.averaging.averaged)
    everything = sum(len(network.variables) for network in networks)
    # Each optimizer has two moments a trained variable, its step count and, unless a schedule
    # computes it, its learning rate.
    counters = 1 if tiny(preset=preset).horizon else 2
    assert len(state) == everything + 2 * trained + 2 * counters
    statistics = [layer for network in networks for layer in network.layers]
    means = [x.moving_mean for x in statistics if isinstance(x, keras.layers.BatchNormalization)]
    for mean in means:
        mean.assign(mean + 0.125)
    changed = [name for name, array in state_of(built).items() if (array != state[name]).any()]
    assert len(changed) == len(means) > 0


def test_the_averaged_generator_is_kept_next_to_the_trained_one(programs: Programs) -> None:
    program = programs.of("mlp")
    program.execution(0, 10)
    state = state_of(program.gan)
    averaged = {name for name in state if name.startswith("averaged_generator/")}
    assert len(averaged) == len(program.gan.networks.generator.variables)
    for name in averaged:
        assert (state[name] != state[name.removeprefix("averaged_")]).any()


def test_without_an_average_a_checkpoint_has_none() -> None:
    """As those of older versions."""
    for options in ({"preset": "tutorial"}, {"preset": "mlp", "ema_half_life": 0}):
        state = state_of(build_gan(tiny(**options), STEPS_PER_EPOCH))
        assert not [name for name in state if name.startswith("averaged_generator")]


def test_every_replica_of_a_process_is_restored() -> None:
    first, second = (build_gan(tiny(preset="tutorial", seed=n), STEPS_PER_EPOCH) for n in (1, 2))
    program: Any = SimpleNamespace(gan=first, other_gans=(second,))
    saved = state_of(build_gan(tiny(preset="tutorial", seed=3), STEPS_PER_EPOCH))
    restore_arrays(program, saved)
    assert_equal(state_arrays(program), saved)
    assert_equal(state_of(second), saved)


def test_the_arrays_can_be_written_to_disk(gan: Gan) -> None:
    """A checkpoint on disk is of numbers, in NumPy's own little-endian types."""
    for array in state_of(gan).values():
        assert isinstance(array, np.ndarray)
        assert array.dtype.str in ("<f4", "<i4", "<i8")


def test_names_do_not_depend_on_how_often_networks_were_built(gan: Gan) -> None:
    assert list(state_of(build_gan(tiny(preset="tutorial"), STEPS_PER_EPOCH))) == list(
        state_of(gan)
    )


def without_one(state: dict[str, Any]) -> None:
    del state["generator/0"]


def with_one_more(state: dict[str, Any]) -> None:
    state["generator/99"] = np.zeros(3, np.float32)


def of_another_shape(state: dict[str, Any]) -> None:
    state["discriminator_optimizer/3"] = np.zeros((2, 3), np.float32)


def that_would_broadcast(state: dict[str, Any]) -> None:
    state["discriminator/0"] = state["discriminator/0"][:1]


def of_another_type(state: dict[str, Any]) -> None:
    state["discriminator/0"] = state["discriminator/0"].astype(np.float64)


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (without_one, "missing .'generator/0'"),
        (with_one_more, "unknown .'generator/99'"),
        (of_another_shape, r"discriminator_optimizer/3 is float32 \(2, 3\)"),
        (that_would_broadcast, r"discriminator/0 is float32 \(1, 512\)"),
        (of_another_type, "discriminator/0 is float64"),
    ],
)
def test_another_state_is_refused_and_nothing_is_assigned(
    spoil: Callable[[dict[str, Any]], None], named: str, gan: Gan
) -> None:
    before = state_of(gan)
    other = {name: np.full_like(array, 7) for name, array in before.items()}
    spoil(other)

    with pytest.raises(CheckpointError, match=named) as caught:
        restore_state(gan, other)

    assert "\n" not in str(caught.value)
    assert_equal(state_of(gan), before)


def test_the_other_presets_checkpoint_is_refused(gan: Gan) -> None:
    with pytest.raises(CheckpointError, match="does not match these networks"):
        restore_state(gan, state_of(build_gan(tiny(preset="mlp"), STEPS_PER_EPOCH)))


def test_a_checkpoint_of_another_latent_dim_is_refused(gan: Gan) -> None:
    with pytest.raises(CheckpointError, match=r"generator/0 is float32 \(7, 256\)"):
        restore_state(
            gan, state_of(build_gan(tiny(preset="tutorial", latent_dim=7), STEPS_PER_EPOCH))
        )
