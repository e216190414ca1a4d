"""The alarm is raised once, however a run is divided, and again only after a recovery."""

from __future__ import annotations

import numpy as np
import pytest

from gan.training.collapse_alarm import NEAR_ZERO, RECOVERED, STEPS, CollapseAlarm

LOW = NEAR_ZERO / 2
BETWEEN = (NEAR_ZERO + RECOVERED) / 2
HIGH = RECOVERED * 2


def raised_at(d_loss: list[float] | np.ndarray, *, every: int = 50) -> list[int]:
    """The steps after which it is raised, if losses come in pieces of a given size."""
    alarm, losses = CollapseAlarm("tutorial"), np.asarray(d_loss, np.float32)
    pieces = {step: losses[step : step + every] for step in range(0, len(losses), every)}
    return [step + len(piece) for step, piece in pieces.items() if alarm.add(piece)]


def test_a_loss_that_stays_near_0_raises_it_once() -> None:
    assert raised_at([LOW] * 10 * STEPS) == [STEPS]


def test_a_discriminator_that_is_ahead_for_a_moment_does_not() -> None:
    assert raised_at([HIGH] * STEPS + [LOW] * (STEPS - 100) + [HIGH] * STEPS) == []


def test_a_loss_that_is_low_and_not_near_0_does_not() -> None:
    assert raised_at([BETWEEN] * 10 * STEPS) == []


def test_one_batch_that_goes_better_does_not_hide_it() -> None:
    losses = np.full(STEPS, LOW)
    losses[::100] = 0.5
    assert raised_at(losses) == [STEPS]


def test_a_loss_at_the_edge_does_not_raise_it_again() -> None:
    edge = [*[LOW] * STEPS, *[BETWEEN] * STEPS]
    assert raised_at(edge * 5) == [STEPS]


def test_a_loss_that_had_recovered_raises_it_again() -> None:
    assert raised_at([*[LOW] * STEPS, *[HIGH] * STEPS, *[LOW] * STEPS]) == [STEPS, 3 * STEPS]


@pytest.mark.parametrize("every", [1, 7, 50, 64, 499, 1024])
def test_how_a_run_is_cut_makes_no_difference(every: int) -> None:
    """It is raised by the execution that completes the block, whatever else is in it."""
    losses = np.random.default_rng(0).uniform(0, 2 * NEAR_ZERO * 1.02, 20_000)
    (at,) = raised_at(losses, every=1)
    (raised,) = raised_at(losses, every=every)
    assert at <= raised < at + every


@pytest.mark.parametrize("steps", [1, 5, 1024])
def test_it_keeps_no_more_than_a_window_of_losses(steps: int) -> None:
    alarm = CollapseAlarm("tutorial")
    for _ in range(200):
        alarm.add(np.full(steps, HIGH, np.float32))
    assert len(alarm._rest) + len(alarm._blocks) < STEPS / 5


def test_the_largest_losses_are_averaged_without_a_warning() -> None:
    assert raised_at([3e38] * STEPS) == []


@pytest.mark.parametrize(("preset", "advises"), [("tutorial", True), ("mlp", False)])
def test_the_advice_is_one_that_can_be_followed(preset: str, advises: bool) -> None:
    alert = CollapseAlarm(preset).add(np.zeros(STEPS, np.float32))
    assert alert is not None
    assert alert.name == "d_loss_near_zero"
    assert alert.message.startswith("D loss near 0 for 500 steps: the discriminator has won")
    assert "--learning-rate" in alert.message
    assert ("the preset mlp" in alert.message) == advises
