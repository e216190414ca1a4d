"""A run as far as one step: what is kept of its log, and which steps there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gan import events
from gan.errors import CheckpointError
from gan.export.up_to_step import UpToStep, last_step_of, newest_step, steps_up_to
from gan.run import event_json
from tests import fakes

if TYPE_CHECKING:
    from gan.events import Event
    from gan.run.directory import RunDirectory


def logged(run: RunDirectory, *happened: Event) -> None:
    run.log_path.write_text("".join(f"{event_json.to_line(event)}\n" for event in happened))


def test_steps_are_cut_after_the_last() -> None:
    event = fakes.steps(101, 50)
    cut = steps_up_to(event, 120)
    assert cut is not None
    assert (cut.first_step, cut.last_step) == (101, 120)
    assert all(
        len(getattr(cut, name)) == 20 for name in ("d_loss", "g_loss", "real_score", "fake_score")
    )


@pytest.mark.parametrize("last_step", [None, 150, 200])
def test_steps_before_the_last_are_all_kept(last_step: int | None) -> None:
    event = fakes.steps(101, 50)
    assert steps_up_to(event, last_step) is event


def test_later_steps_are_none() -> None:
    assert steps_up_to(fakes.steps(101, 50), 100) is None


def test_without_a_last_step_everything_is_kept() -> None:
    story = fakes.finished()
    assert UpToStep(None).kept(story) == story


def test_what_happened_later_is_left_out_with_or_without_a_step() -> None:
    kept = UpToStep(1_100).kept(fakes.finished())
    newest = [event for event in kept if isinstance(event, events.StepsCompleted)][-1]
    assert newest.last_step == 1_100
    assert not any(isinstance(event, events.RunFinished) for event in kept)
    assert [event.step for event in kept if isinstance(event, events.SamplesDrawn)] == [1_000]
    assert [event for event in kept if not hasattr(event, "step")][:6] == fakes.compiling()


def test_a_failure_after_the_last_step_is_left_out() -> None:
    cut = UpToStep(1_200)
    assert isinstance(cut.kept(fakes.failed()[:-1])[-1], events.StepsCompleted)
    assert cut.kept(fakes.failed()[-1:]) == []


def test_an_evaluation_that_is_logged_after_later_steps_is_kept() -> None:
    late = fakes.quality(100, 40.0)
    kept = UpToStep(100).kept([fakes.steps(1, 150), late, fakes.quality(150, 30.0)])
    assert kept[1:] == [late]


def test_the_newest_step_is_that_of_the_last_whole_line(run: RunDirectory) -> None:
    logged(run, fakes.steps(1, 50), fakes.steps(51, 50))
    with run.log_path.open("a") as log:
        log.write(event_json.to_line(fakes.steps(101, 50))[:-5])
    assert newest_step(run) == 100


def test_a_run_without_a_log_has_no_step(run: RunDirectory) -> None:
    assert newest_step(run) == 0


def test_the_whole_run_has_no_last_step(run: RunDirectory) -> None:
    assert last_step_of(run, None) is None


def test_a_step_that_the_run_has_not_reached_is_refused(run: RunDirectory) -> None:
    logged(run, fakes.steps(1, 50))
    assert last_step_of(run, 50) == 50
    with pytest.raises(CheckpointError, match="has no step 1,000: its newest is 50"):
        last_step_of(run, 1_000)


def test_the_best_step_is_that_of_the_best_evaluation(run: RunDirectory) -> None:
    logged(
        run,
        fakes.quality(10, 9.0),
        fakes.quality(20, 5.0),
        fakes.quality(30, 7.0, is_best=False),
    )
    assert last_step_of(run, "best") == 20


def test_a_run_that_was_not_evaluated_has_no_best_step(run: RunDirectory) -> None:
    logged(run, fakes.steps(1, 50))
    with pytest.raises(CheckpointError, match="has not been evaluated, so no step is its best"):
        last_step_of(run, "best")
