"""When an evaluation is due, and what it is found to cost."""

from __future__ import annotations

import pytest

from gan.training.evaluation_due import FIRST_COST, SHARE, EvaluationDue, Slowdown

STEPS_PER_EPOCH = 10
TOTAL_STEPS = 1000
FIRST_SECONDS = FIRST_COST / SHARE


def due(every: str, *, once_an_epoch: bool = False) -> EvaluationDue:
    return EvaluationDue(every, STEPS_PER_EPOCH, TOTAL_STEPS, once_an_epoch=once_an_epoch)


def steps_due(schedule: EvaluationDue, *, seconds_per_step: float, cost: float = 0.0) -> list[int]:
    """The steps, up to 200, that are evaluated if each costs so many seconds of training."""
    found = []
    for step in range(201):
        seconds = step * seconds_per_step
        if schedule.is_due(step, seconds):
            found.append(step)
            schedule.begun(step, seconds)
            schedule.cost(cost)
    return found


class TestEvery:
    @pytest.mark.parametrize(
        ("every", "steps"), [("80", [80, 160]), ("7ep", [70, 140]), ("60s", [60, 120, 180])]
    )
    def test_it_is_due_at_regular_intervals_and_not_before_the_first_step(
        self, every: str, steps: list[int]
    ) -> None:
        assert steps_due(due(every), seconds_per_step=1.0) == steps

    def test_the_last_step_always_is(self) -> None:
        for every in ("300", "7ep", "10m", "auto"):
            assert due(every).is_due(TOTAL_STEPS, 1.0)

    def test_off_is_never(self) -> None:
        assert not due("off").is_due(TOTAL_STEPS, 1e9)
        assert due("off").is_off

    def test_no_step_is_evaluated_twice(self) -> None:
        schedule = due("80")
        schedule.begun(TOTAL_STEPS, 1.0)
        assert not schedule.is_due(TOTAL_STEPS, 1.0)

    def test_training_waits_only_for_steps_that_were_asked_for(self) -> None:
        waits = {every: due(every).waits_at(80) for every in ("80", "2ep", "30s", "auto")}
        assert waits == {"80": True, "2ep": True, "30s": False, "auto": False}
        assert due("auto").waits_at(TOTAL_STEPS)


class TestAuto:
    def test_the_first_is_due_once_its_expected_cost_is_a_hundredth_of_the_time(self) -> None:
        schedule = due("auto")
        assert not schedule.is_due(10, FIRST_SECONDS - 0.1)
        assert schedule.is_due(10, FIRST_SECONDS)

    @pytest.mark.parametrize("cost", [0.05, 0.2, 0.5])
    def test_all_of_them_cost_at_most_a_hundredth(self, cost: float) -> None:
        steps = steps_due(due("auto"), seconds_per_step=1.0, cost=cost)
        spent = [cost * count - SHARE * step for count, step in enumerate(steps[1:], 2)]
        assert max(spent, default=0.0) <= 1e-9
        assert len(steps) == pytest.approx(SHARE * 200 / cost, abs=1)

    def test_one_that_cost_more_than_expected_is_paid_off_before_the_next(self) -> None:
        schedule = due("auto")
        schedule.begun(10, 50.0)
        schedule.cost(0.5)
        schedule.begun(20, 100.0)
        schedule.cost(2.0)
        assert not schedule.is_due(30, 449.0)
        assert schedule.is_due(30, 450.0)

    def test_preparing_the_measure_delays_no_other(self) -> None:
        schedule = due("auto")
        schedule.begun(10, FIRST_SECONDS)
        schedule.cost(5.0)
        assert not schedule.is_due(20, 2 * FIRST_SECONDS - 0.1)
        assert schedule.is_due(20, 2 * FIRST_SECONDS)

    def test_after_an_expensive_one_cheap_ones_do_not_follow_in_a_row(self) -> None:
        schedule = due("auto")
        costs = iter([0.5, 2.0, *[0.5] * 10])
        found = []
        for second in range(600):
            if schedule.is_due(second // 10, float(second)):
                found.append(second)
                schedule.begun(second // 10, float(second))
                schedule.cost(next(costs))
        assert found == [50, 100, 450, 475, 500, 525, 550, 575]

    def test_a_resumed_run_counts_from_where_it_began(self) -> None:
        schedule = due("auto")
        schedule.continue_from(20, 1e6)
        assert not schedule.is_due(30, 1e6 + FIRST_SECONDS - 0.1)
        assert schedule.is_due(30, 1e6 + FIRST_SECONDS)

    def test_on_a_gpu_every_epoch_has_one(self) -> None:
        schedule = due("auto", once_an_epoch=True)
        assert steps_due(schedule, seconds_per_step=1e-3, cost=1.0) == list(range(10, 201, 10))

    def test_an_epoch_that_ended_while_another_was_measured_is_made_up_for(self) -> None:
        schedule = due("auto", once_an_epoch=True)
        schedule.begun(10, 1.0)
        assert schedule.is_due(23, 2.0)


class TestSlowdown:
    def test_it_is_the_time_beyond_the_usual(self) -> None:
        slowdown = Slowdown()
        slowdown.begin(100, 10.0)
        assert slowdown.end(150, 16.5) == pytest.approx(1.5)

    def test_a_run_that_got_faster_meanwhile_lost_nothing(self) -> None:
        slowdown = Slowdown()
        slowdown.begin(100, 10.0)
        assert slowdown.end(200, 15.0) == 0.0

    def test_the_usual_speed_is_that_since_the_last(self) -> None:
        slowdown = Slowdown()
        slowdown.begin(100, 10.0)
        slowdown.end(150, 16.5)
        slowdown.begin(250, 36.5)
        assert slowdown.end(260, 38.5) == pytest.approx(0.0)

    def test_without_a_usual_speed_nothing_is_known(self) -> None:
        slowdown = Slowdown()
        slowdown.begin(0, 0.0)
        assert slowdown.end(50, 9.0) == 0.0
