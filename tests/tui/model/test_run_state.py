"""How the dashboard's state follows from events."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from gan import events
from gan.events import Phase, QualityMeasured, Severity
from tests import fakes
from tests.fakes import START, steps
from tui.model.run_state import BEST_MARK, RunState, apply

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gan.events import Event


def after(story: Iterable[Event]) -> RunState:
    return reduce(apply, story, RunState())


def test_an_event_leaves_the_state_before_it_as_it_was() -> None:
    before = after(fakes.training())
    losses = before.losses.d_loss.raw.values.copy()

    apply(before, steps(1201, 50))

    assert len(before.losses) == 1200
    assert np.array_equal(before.losses.d_loss.raw.values, losses)


def test_every_loss_of_the_run_is_in_the_history() -> None:
    state = after(fakes.training())

    assert (state.losses.first_step, state.losses.last_step) == (1, 1200)
    assert state.progress.step == 1200


def test_the_speed_has_one_value_for_each_record() -> None:
    state = after(fakes.training())

    assert state.speed.values.tolist() == [
        np.float32(100 * 256),
        np.float32(state.progress.images_per_second),
    ]


def test_a_resumed_run_keeps_the_history_up_to_its_checkpoint() -> None:
    resumed = events.RunStarted(
        time=START,
        name="00007",
        run_dir="/runs/00007",
        config={"preset": "mlp"},
        resumed_from=150,
        train_seconds=2.0,
    )
    state = after([steps(1, 200), resumed])

    assert state.losses.last_step == 150
    assert len(state.speed) == 0


def test_the_newest_images_are_kept_with_their_step() -> None:
    state = after(fakes.training())

    assert state.images is not None
    assert state.images.shape == (16, 28, 28)
    assert state.images_step == 1000


def test_samples_read_back_without_images_change_nothing() -> None:
    before = after(fakes.training())
    empty = np.empty((0, 28, 28), np.uint8)
    drawn = events.SamplesDrawn(time=START, step=1200, images=empty, path="samples/001200.png")

    assert apply(before, drawn).images is before.images


def test_what_a_person_asked_for_is_marked_at_its_step() -> None:
    state = after([*fakes.paused(), events.Resampled(time=START, step=1200, draw=1)])

    assert state.marks == ((1200, "p"), (1200, "s"), (1200, "r"))


def test_a_rollback_takes_its_steps_out_of_the_history_and_is_marked() -> None:
    rolled_back = events.RolledBack(time=START, step=1000, branch=1)
    state = after([*fakes.diverged(), rolled_back])

    assert state.losses.last_step == 1000
    assert state.progress.step == 1000
    assert state.progress.diverged_step is None
    assert state.marks[-1] == (1000, "b")
    assert after([*fakes.diverged(), rolled_back, steps(1001, 5)]).losses.last_step == 1005


def test_another_process_that_goes_on_is_marked() -> None:
    resumed = events.RunStarted(
        time=START,
        name="00007",
        run_dir="/runs/00007",
        config={"preset": "mlp"},
        resumed_from=150,
        train_seconds=2.0,
    )

    assert after([steps(1, 200), resumed]).marks == ((150, ">"),)


def test_going_on_after_a_pause_is_marked() -> None:
    resumed = events.Unpaused(time=START, step=1200)

    assert after([*fakes.paused(), resumed]).marks[-1] == (1200, ">")


def test_a_divergence_is_marked_where_it_began() -> None:
    assert (1210, "x") in after(fakes.diverged()).marks


def test_a_disk_that_refuses_is_marked_where_the_run_was() -> None:
    faulted = events.StorageFaulted(time=START, what="log", message="full")

    assert after([*fakes.training(), faulted]).marks == ((1200, "d"),)


def test_an_alert_is_marked() -> None:
    raised = events.AlertRaised(time=START, step=1100, name="d_loss_near_zero", message="collapse")

    assert after([*fakes.training(), raised]).marks == ((1100, "!"),)


def test_marks_of_steps_that_were_rolled_back_go_with_them() -> None:
    resampled = events.Resampled(time=START, step=1200, draw=1)
    rolled_back = events.RolledBack(time=START, step=1000, branch=1)

    assert after([*fakes.training(), resampled, rolled_back]).marks == ((1000, "b"),)


def test_the_speed_is_not_kept_for_ever() -> None:
    story = [*fakes.training(), *(steps(1200 + step, 1) for step in range(1, 5000))]

    assert len(after(story).speed) <= 2048


def test_a_checkpoint_on_schedule_is_not_marked() -> None:
    saved = events.CheckpointSaved(
        time=START, step=234, path="c", size=1, seconds=0.1, requested=False
    )

    assert after([saved]).marks == ()
    assert "checkpoint" in after([saved]).log[-1].text


def test_the_log_keeps_its_newest_five_thousand_lines() -> None:
    state = after(events.Noted(time=START, text=f"note {n}") for n in range(5100))

    assert len(state.log) == 5000
    assert state.log[-1].text.endswith("note 5099")


def test_the_way_to_the_first_step_is_remembered_in_order() -> None:
    state = after(fakes.compiling())

    assert [visit.phase for visit in state.visits] == [
        Phase.LOADING,
        Phase.IMPORTING,
        Phase.COMPILING,
    ]


def test_phases_after_the_first_step_are_not_part_of_the_way() -> None:
    saving = events.PhaseEntered(time=START, phase=Phase.SAVING)

    assert after([*fakes.training(), saving]).visits == after(fakes.training()).visits


def resumed_at(step: int | None) -> events.RunStarted:
    return events.RunStarted(
        time=START,
        name="00007",
        run_dir="/runs/00007",
        config={"preset": "mlp"},
        resumed_from=step,
        train_seconds=2.0,
    )


def test_a_rollback_takes_later_evaluations_away() -> None:
    rolled_back = events.RolledBack(time=START, step=700, branch=1)
    state = after([*fakes.measured(), rolled_back])

    assert [one.step for one in state.quality.evaluations] == [234, 468]
    assert state.quality.best is state.quality.newest
    assert state.all_marks == ((468, BEST_MARK), (700, "b"))


def test_a_resumed_run_keeps_the_evaluations_up_to_its_checkpoint() -> None:
    evaluations = [event for event in fakes.measured() if isinstance(event, QualityMeasured)]
    state = after([*evaluations, resumed_at(936)])

    assert [one.step for one in state.quality.evaluations] == [234, 468, 702, 936]
    assert after([*evaluations, resumed_at(None)]).quality.newest is None


def test_only_the_best_evaluation_is_marked_and_before_all_else() -> None:
    state = after([*fakes.measured(), events.Resampled(time=START, step=1200, draw=1)])

    assert state.all_marks == ((936, BEST_MARK), (1200, "r"))


def test_every_evaluation_is_in_the_log_and_a_best_one_stands_out() -> None:
    usual = replace(fakes.quality(1171, 9.0), is_best=False)
    levels = [line.level for line in after([fakes.quality(234, 9.0), usual]).log]

    assert levels == [Severity.NOTICE, Severity.INFO]


def drawn(level: int, path: str | None) -> events.SamplesDrawn:
    return events.SamplesDrawn(
        time=START, step=1300, images=np.full((16, 28, 28), level, np.uint8), path=path
    )


def test_a_grid_of_the_averaged_generator_does_not_replace_raw_images() -> None:
    state = after([*fakes.raw(), drawn(1, None), drawn(2, "samples/001300.png")])

    assert state.images is not None
    assert state.images[0, 0, 0] == 1
    assert state.grids[-1].path == "samples/001300.png"

    shown = events.GeneratorShown(time=START, step=1300, raw=False)
    assert apply(apply(state, shown), drawn(3, "samples/001300.png")).images[0, 0, 0] == 3


def test_another_process_shows_the_averaged_generator() -> None:
    assert after(fakes.raw()).progress.shows_raw
    assert not after([*fakes.raw(), resumed_at(1000)]).progress.shows_raw
