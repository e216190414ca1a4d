"""Several devices make the steps that one makes. Virtual CPU devices, in processes of their own."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.gan.replicated import Case, Outcome, trained, trained_by_workers

pytestmark = pytest.mark.slow

STEPS = 6
"""Few: a unit that rounding turns on drives two runs apart."""

NEAR = 2e-5

OPTIONS: dict[str, dict[str, Any]] = {
    "mlp": {"preset": "mlp"},
    "dropout": {"preset": "mlp-dropout"},
    "batch normalisation in both": {"preset": "tutorial", "loss": "relativistic"},
    "penalty after it": {"preset": "tutorial", "gradient_penalty": 0.1, "max_shift": 2},
    "convolutions": {"preset": "dcgan", "learning_rate": 1e-4},
}


def assert_alike(outcome: Outcome, expected: Outcome) -> None:
    """The losses and the state of one device, and the same state on every replica."""
    np.testing.assert_allclose(outcome.losses, expected.losses, rtol=1e-5, atol=1e-6)
    for name, array in expected.states[0].items():
        # Adam's step has one size, however small a gradient is that rounding makes or turns.
        far = np.abs(outcome.states[0][name] - array) > NEAR
        assert far.mean() < 0.01, name
    assert_in_step(outcome.states)


def assert_in_step(states: list[dict[str, np.ndarray]]) -> None:
    """Bit for bit."""
    for state in states[1:]:
        for name, array in states[0].items():
            np.testing.assert_array_equal(state[name], array, err_msg=name)


@pytest.mark.parametrize(
    ("devices", "names"),
    [
        (2, ["dropout", "convolutions"]),
        # Three share neither sixteen penalised images nor a power of two evenly.
        (3, ["mlp", "penalty after it"]),
        (4, ["batch normalisation in both"]),
    ],
)
def test_devices_that_share_a_batch_train_as_one_device_does(
    devices: int, names: list[str]
) -> None:
    cases = [Case({**OPTIONS[name], "batch_size": 48}, STEPS) for name in names]
    expected = trained(cases)
    found = trained([replace(case, devices=devices) for case in cases])
    for outcome, one in zip(found, expected, strict=True):
        assert len(outcome.states) == devices
        assert_alike(outcome, one)


def test_the_compiled_step_is_that_of_one_device() -> None:
    case = Case({"preset": "mlp-dropout"}, STEPS, jit_compile=True)
    (expected,), (outcome,) = trained([case]), trained([replace(case, devices=2)])
    assert_alike(outcome, expected)


def test_steps_without_exchange_leave_every_replica_as_it_was() -> None:
    case = Case({"preset": "tutorial"}, STEPS, devices=2)
    expected, after = trained([case, replace(case, alone=3)])
    np.testing.assert_array_equal(after.losses, expected.losses)
    assert_in_step([*after.states, *expected.states])


@pytest.mark.parametrize("preset", ["mlp-dropout", "tutorial"])
def test_statistics_of_each_replica_are_those_of_ghost_batches(preset: str) -> None:
    case = Case({"preset": preset, "batch_statistics": "replica"}, STEPS)
    expected, whole = trained([replace(case, ghosts=2), case])
    (outcome,) = trained([replace(case, devices=2)])
    assert_alike(outcome, expected)
    # And they are not those of the whole batch.
    assert not np.allclose(outcome.losses, whole.losses, rtol=1e-3)


def test_processes_on_one_machine_train_as_one_device_does() -> None:
    case = Case({"preset": "tutorial", "gradient_penalty": 0.1}, STEPS)
    (expected,) = trained([case])
    first, second = trained_by_workers(case, 2)
    assert_alike(first, expected)
    np.testing.assert_array_equal(first.losses, second.losses)
    assert_in_step([*first.states, *second.states])


@pytest.mark.parametrize("held", ["host", "disk"])
def test_images_that_do_not_fit_on_the_devices_give_the_same_bits(held: str) -> None:
    """Over the end of an epoch, and of many windows."""
    case = Case({"preset": "mlp", "batch_size": 48}, 15, devices=2)
    (expected,) = trained([case])
    (outcome,) = trained([replace(case, held=held)])
    np.testing.assert_array_equal(outcome.losses, expected.losses)
    assert_in_step([*outcome.states, *expected.states])


def test_a_run_ends_with_the_first_step_whose_losses_are_no_numbers() -> None:
    case = Case({"preset": "mlp-dropout"}, STEPS, devices=2, nudge=math.nan)
    (outcome,) = trained([case])
    assert outcome.losses.shape == (4, 1)
    assert np.isnan(outcome.losses[:2]).all()
