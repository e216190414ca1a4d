"""Which grids of several runs are shown together, and what a key does to the view."""

from __future__ import annotations

import pytest

from gan.run_facts.comparison import Description, Reading
from tests import recorded_runs
from tests.tui.comparing import FakeRun, grid
from tui.model.compared_run import ComparedRun, read
from tui.model.comparison import (
    ACTIONS,
    METRICS,
    ComparisonView,
    common_steps,
    grids_at,
    metrics_of,
    moved,
    shown_step,
)


def run(*steps: int) -> ComparedRun:
    fresh = ComparedRun(description=FakeRun("run").description)
    return read(fresh, Reading(events=[grid(step) for step in steps]))


def test_steps_are_common_if_every_run_with_grids_has_them() -> None:
    assert common_steps([run(10, 20, 30), run(20, 30, 40), run()]) == (20, 30)


def test_without_common_steps_all_up_to_the_shortest_runs_end_count() -> None:
    assert common_steps([run(10, 20, 30), run(7, 14)]) == (7, 10, 14)


def test_runs_that_begin_after_each_other_have_one_step() -> None:
    assert common_steps([run(10), run(100, 200)]) == (10,)


def test_without_grids_there_is_nothing_to_show() -> None:
    runs = [run(), run()]

    assert common_steps(runs) == ()
    assert shown_step(runs, ComparisonView()) is None
    assert grids_at(runs, None) == (None, None)
    assert moved(ComparisonView(), runs, 1) == ComparisonView()


def test_the_newest_common_step_is_followed() -> None:
    view = ComparisonView()

    assert shown_step([run(10, 20), run(10, 20, 30)], view) == 20
    assert shown_step([run(10, 20, 30), run(10, 20, 30)], view) == 30


def test_each_run_shows_its_grid_nearest_to_the_step() -> None:
    found = grids_at([run(10, 20, 30), run(7, 14, 28), run()], 20)

    assert [one and one.step for one in found] == [20, 14, None]


def test_a_step_that_was_chosen_stays_until_the_end_is_reached() -> None:
    runs = [run(10, 20, 30), run(10, 20, 30)]
    earlier = moved(ComparisonView(), runs, -1)

    assert shown_step(runs, earlier) == 20
    assert shown_step([run(10, 20, 30, 40)] * 2, earlier) == 20
    assert moved(earlier, runs, -10).grid_step == 10
    assert moved(earlier, runs, 1).grid_step is None


@pytest.mark.parametrize("name", ACTIONS)
def test_a_key_pressed_often_enough_comes_back_to_where_it_began(name: str) -> None:
    view = seen = ComparisonView()
    for _ in range(60):
        seen = ACTIONS[name](seen, [])

    assert seen == view


def test_the_metrics_are_gone_through_in_both_directions() -> None:
    last = ACTIONS["metric_before"](ComparisonView(), [])

    assert METRICS[last.metric].name == "FD"
    assert ACTIONS["next_metric"](last, []) == ComparisonView()


def recorded(story: str) -> ComparedRun:
    events = recorded_runs.STORIES[story]()
    about = Description(name=story, path=f"/{story}", config={}, environment={})
    return read(ComparedRun(description=about), Reading(events=events))


def test_recorded_runs_are_charted_by_their_series_and_by_what_they_have_of_a_gans() -> None:
    names = [metric.name for metric in metrics_of([recorded("gan"), recorded("classifier")])]

    assert names == [
        *("D loss", "G loss", "gradient_penalty", "wasserstein"),
        *("loss", "accuracy", "val_loss", "val_accuracy"),
    ]


def test_beside_a_run_of_ours_all_of_a_gans_figures_are_there() -> None:
    assert metrics_of([run(10), recorded("gan")])[: len(METRICS)] == METRICS
    assert metrics_of([run(10)]) == metrics_of([]) == METRICS


def test_a_key_goes_through_all_of_them() -> None:
    runs = [recorded("classifier")]
    view = ComparisonView()
    for _ in range(4):
        view = ACTIONS["next_metric"](view, runs)

    assert view == ComparisonView()
