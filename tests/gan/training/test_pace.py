"""The size of an execution: about 80 ms, on any machine, at once after a hiccup."""

from __future__ import annotations

import pytest

from gan.training.pace import TARGET_SECONDS, Pace

LIMIT = 1024


def settled(seconds_per_step: float, executions: int = 20) -> Pace:
    """The pace on a machine of steady speed."""
    pace = Pace()
    for _ in range(executions):
        pace = pace.measured(pace.steps, pace.steps * seconds_per_step, LIMIT)
    return pace


def test_a_run_begins_with_one_step() -> None:
    assert Pace().steps == 1


@pytest.mark.parametrize("seconds_per_step", [0.0002, 0.001, 0.009, 0.02])
def test_an_execution_lasts_about_the_target(seconds_per_step: float) -> None:
    lasts = settled(seconds_per_step).steps * seconds_per_step
    assert TARGET_SECONDS - seconds_per_step <= lasts <= TARGET_SECONDS


def test_a_pause_waits_a_tenth_of_a_second_at_most() -> None:
    """Commands are carried out between executions."""
    assert settled(0.001).steps * 0.001 <= 0.1


def test_a_step_longer_than_the_target_is_still_made() -> None:
    assert settled(3.0).steps == 1


def test_a_device_too_fast_for_the_target_makes_the_most_that_fits() -> None:
    assert settled(1e-6).steps == LIMIT


def test_growth_is_held_back_until_the_speed_is_known() -> None:
    pace, sizes = Pace(), []
    for _ in range(4):
        pace = pace.measured(pace.steps, pace.steps * 1e-6, LIMIT)
        sizes.append(pace.steps)
    assert sizes == [4, 16, 64, 256]


def test_one_slow_execution_shrinks_the_next_at_once() -> None:
    pace = settled(0.001)
    assert pace.measured(pace.steps, pace.steps * 0.01, LIMIT).steps == int(TARGET_SECONDS / 0.01)


def test_one_quick_execution_does_not_overshoot() -> None:
    pace = settled(0.01)
    quick = pace.measured(pace.steps, pace.steps * 0.001, LIMIT)
    assert quick.steps * 0.01 <= 0.1


def test_the_speed_is_forgotten_in_the_end() -> None:
    pace = settled(0.01)
    for _ in range(30):
        pace = pace.measured(pace.steps, pace.steps * 0.001, LIMIT)
    assert 0.9 * TARGET_SECONDS <= pace.steps * 0.001 <= TARGET_SECONDS


def test_an_execution_cut_short_says_as_much_about_the_speed() -> None:
    """An epoch's end, a sample or a checkpoint may cut one to a single step."""
    pace = settled(0.001)
    assert pace.measured(1, 0.001, LIMIT).steps >= int(TARGET_SECONDS / 0.001) - 1
