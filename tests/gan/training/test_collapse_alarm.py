"""An alarm is raised once, however a run is divided, and again only after a recovery.

It counts steps, so no single loss raises it, resets it or hides a discriminator that has won.
"""

from __future__ import annotations

import numpy as np
import pytest

from gan.models.losses import NonSaturatingLoss, RelativisticLoss
from gan.models.presets import LOSSES, loss
from gan.training.collapse_alarm import (
    AT_CHANCE,
    CLEARLY,
    NEAR_ZERO,
    RAISED,
    STEPS,
    CollapseAlarm,
)

CHANCE = NonSaturatingLoss.chance
LOW = CHANCE * NEAR_ZERO / 2
BETWEEN = CHANCE * NEAR_ZERO * (1 + CLEARLY) / 2
HIGH = CHANCE * NEAR_ZERO * CLEARLY * 2
WON, COLLAPSED = "d_loss_near_zero", "d_loss_at_chance"


def raised_at(
    d_loss: list[float] | np.ndarray, *, every: int = 50, chance: float = CHANCE
) -> list[int]:
    """The steps after which one is raised, if losses come in pieces of a given size."""
    return [step for step, _ in alerts(d_loss, every=every, chance=chance)]


def alerts(
    d_loss: list[float] | np.ndarray, *, every: int = 50, chance: float = CHANCE
) -> list[tuple[int, str]]:
    """The same, with the names of the alarms."""
    alarm, losses = CollapseAlarm("tutorial", chance), np.asarray(d_loss, np.float32)
    pieces = {step: losses[step : step + every] for step in range(0, len(losses), every)}
    raised = {step + len(piece): alarm.add(piece) for step, piece in pieces.items()}
    return [(step, alert.name) for step, alert in raised.items() if alert]


def test_a_loss_that_stays_near_0_raises_it_once() -> None:
    assert raised_at([LOW] * 10 * STEPS) == [STEPS]


def test_a_discriminator_that_is_ahead_for_a_moment_does_not() -> None:
    assert raised_at([HIGH] * STEPS + [LOW] * (STEPS - 100) + [HIGH] * STEPS) == []


def test_a_loss_that_is_low_and_not_near_0_does_not() -> None:
    assert raised_at([BETWEEN] * 10 * STEPS) == []


@pytest.mark.parametrize("spike", [0.5, 100.0, 3e38])
@pytest.mark.parametrize("every", [20, 100, STEPS])
def test_single_batches_that_go_better_do_not_hide_it(spike: float, every: int) -> None:
    """However high the loss of one is: a mean would be above any threshold."""
    losses = np.full(STEPS, LOW)
    losses[::every] = spike
    assert raised_at(losses) == [STEPS]


def test_a_spike_does_not_reset_it() -> None:
    losses = np.full(10 * STEPS, LOW)
    losses[STEPS + 50] = 1e6
    assert raised_at(losses) == [STEPS]


@pytest.mark.parametrize(("share", "is_raised"), [(RAISED, True), (RAISED - 0.01, False)])
def test_it_takes_nine_steps_of_ten(share: float, is_raised: bool) -> None:
    losses = np.full(STEPS, HIGH)
    losses[: round(share * STEPS)] = LOW
    assert bool(raised_at(losses)) is is_raised


def test_each_loss_has_its_own_scale() -> None:
    """A relativistic discriminator that can't tell has half the loss of a classic one."""
    low = np.full(STEPS, NEAR_ZERO * (RelativisticLoss.chance + NonSaturatingLoss.chance) / 2)
    assert raised_at(low, chance=NonSaturatingLoss.chance) == [STEPS]
    assert raised_at(low, chance=RelativisticLoss.chance) == []


@pytest.mark.parametrize("name", LOSSES)
def test_the_scale_of_a_loss_is_what_one_score_for_every_image_costs(name: str) -> None:
    def d_loss(real: float, fake: float) -> float:
        logits = (np.full((8, 1), logit, np.float32) for logit in (real, fake))
        return float(loss(name).discriminator(*logits))

    assert d_loss(0, 0) == pytest.approx(loss(name).chance)
    assert d_loss(5, -5) < NEAR_ZERO * loss(name).chance


def test_a_discriminator_that_gives_every_image_one_score_raises_another_alarm() -> None:
    """With a spike now and then, as when the generator moves."""
    losses = CHANCE * (1 + np.random.default_rng(0).normal(0, AT_CHANCE / 4, 4 * STEPS))
    losses[::40] = 3.0
    assert alerts(losses) == [(STEPS, COLLAPSED)]


def test_a_discriminator_that_is_near_chance_and_still_learns_does_not() -> None:
    """Batches differ by several per cent then; in `mlp`'s late epochs by 1.5 %."""
    losses = CHANCE * (1 + np.random.default_rng(0).normal(0, 0.015, 20 * STEPS))
    assert alerts(losses) == []


def test_one_that_wins_and_then_collapses_raises_both() -> None:
    losses = [*[LOW] * STEPS, *[CHANCE] * STEPS]
    assert alerts(losses) == [(STEPS, WON), (STEPS + round(RAISED * STEPS), COLLAPSED)]


def test_a_loss_at_the_edge_does_not_raise_it_again() -> None:
    edge = [*[LOW] * STEPS, *[BETWEEN] * STEPS]
    assert raised_at(edge * 5) == [STEPS]


def test_a_loss_that_had_recovered_raises_it_again() -> None:
    again = 2 * STEPS + round(RAISED * STEPS)
    assert raised_at([*[LOW] * STEPS, *[HIGH] * STEPS, *[LOW] * STEPS]) == [STEPS, again]


@pytest.mark.parametrize("every", [1, 7, 50, 64, 499, 1024])
def test_how_a_run_is_cut_makes_no_difference(every: int) -> None:
    """It is raised by the execution that completes the block, whatever else is in it."""
    losses = np.random.default_rng(0).uniform(0, CHANCE * NEAR_ZERO / 0.88, 20_000)
    (at,) = raised_at(losses, every=1)
    (raised,) = raised_at(losses, every=every)
    assert at <= raised < at + every


@pytest.mark.parametrize("steps", [1, 5, 1024])
def test_it_keeps_no_more_than_a_window_of_losses(steps: int) -> None:
    alarm = CollapseAlarm("tutorial", CHANCE)
    for _ in range(200):
        alarm.add(np.full(steps, HIGH, np.float32))
    assert len(alarm._rest) + len(alarm._blocks) < STEPS / 5


@pytest.mark.parametrize(("preset", "advises"), [("tutorial", True), ("mlp", False)])
def test_the_advice_is_one_that_can_be_followed(preset: str, advises: bool) -> None:
    alert = CollapseAlarm(preset, CHANCE).add(np.zeros(STEPS, np.float32))
    assert alert is not None
    assert alert.name == WON
    assert alert.message.startswith("D loss near 0 in nearly all of the last 500 steps")
    assert "the discriminator has won" in alert.message
    assert "--learning-rate" in alert.message
    assert ("the preset mlp" in alert.message) == advises
