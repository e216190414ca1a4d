"""The fold of a run's events into the numbers that every front end shows."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from functools import reduce

import numpy as np
import pytest

from gan import events
from gan.events import Event, Phase
from gan.progress import MAX_SERIES, Best, RunProgress, apply, to_json
from tests.fakes import quality


def fold(*happened: Event, start: RunProgress | None = None) -> RunProgress:
    return reduce(apply, happened, start or RunProgress())


def started(*, resumed_from: int | None = None, train_seconds: float = 0.0) -> Event:
    return events.RunStarted(
        time=0.0,
        name="00001-mlp-mnist",
        run_dir="/runs/00001-mlp-mnist",
        config={"preset": "mlp"},
        resumed_from=resumed_from,
        train_seconds=train_seconds,
    )


def built(*, total_steps: int = 1000) -> Event:
    return events.ModelsBuilt(
        time=0.0,
        device="CPU",
        generator_params=1,
        discriminator_params=1,
        steps_per_epoch=234,
        total_steps=total_steps,
        batch_size=256,
        images_dropped=96,
        jit_compiled=True,
        threads=2,
    )


def steps(first_step: int, d_loss: list[float], *, train_seconds: float) -> Event:
    losses = np.array(d_loss, np.float32)
    return events.StepsCompleted(
        time=0.0,
        first_step=first_step,
        d_loss=losses,
        g_loss=losses + 1,
        real_score=np.full(len(d_loss), 0.75, np.float32),
        fake_score=np.full(len(d_loss), 0.25, np.float32),
        train_seconds=train_seconds,
        steps_per_execution=8,
    )


def failed(code: int = 1) -> Event:
    return events.RunFailed(time=0.0, error="GanTuiError", message="it broke", exit_code=code)


def finished(*, completed: bool = True, code: int = 0) -> Event:
    return events.RunFinished(
        time=0.0, step=1000, completed=completed, train_seconds=9.0, exit_code=code
    )


def test_steps_move_the_counter_and_the_last_values() -> None:
    progress = fold(started(), built(), steps(1, [0.5, 0.25], train_seconds=0.1))

    assert progress.step == 2
    assert (progress.d_loss, progress.g_loss) == (0.25, 1.25)
    assert (progress.real_score, progress.fake_score) == (0.75, 0.25)
    assert progress.steps_per_execution == 8


def spent(first_step: int, *, sampling: float, saving: float, paused: float) -> Event:
    made = steps(first_step, [0.5], train_seconds=9.0)
    return replace(made, sampling_seconds=sampling, saving_seconds=saving, paused_seconds=paused)


def test_steps_report_how_the_rest_of_the_time_was_spent() -> None:
    progress = fold(
        started(),
        spent(1, sampling=0.5, saving=0.0, paused=0.0),
        spent(2, sampling=1.5, saving=0.25, paused=60.0004),
    )

    times = (progress.sampling_seconds, progress.saving_seconds, progress.paused_seconds)
    assert times == (1.5, 0.25, 60.0004)
    record = to_json(progress)
    assert record["sampling_seconds"] == 1.5
    assert record["saving_seconds"] == 0.25
    assert record["paused_seconds"] == 60.0


def test_where_the_time_went_is_told_of_each_process_anew() -> None:
    """Of the time between two processes nothing is known, so shares would be of no whole."""
    progress = fold(spent(1, sampling=1.0, saving=2.0, paused=3.0), started(resumed_from=1))

    times = (progress.sampling_seconds, progress.saving_seconds, progress.paused_seconds)
    assert times == (0.0, 0.0, 0.0)


def test_the_best_loss_is_the_least_finite_one() -> None:
    progress = fold(
        steps(1, [0.5, math.nan], train_seconds=1),
        steps(3, [-math.inf, 0.75], train_seconds=2),
        steps(5, [math.nan], train_seconds=3),
    )

    assert progress.best_d_loss == 0.5
    assert math.isnan(progress.d_loss)


def test_the_share_of_the_reduction_is_that_of_this_process() -> None:
    measured = events.ReductionMeasured(time=0.0, step=1, share=0.25)

    assert to_json(RunProgress())["reduction_share"] is None
    assert to_json(fold(measured))["reduction_share"] == 0.25
    assert math.isnan(fold(measured, started(resumed_from=1)).reduction_share)


def test_a_resume_begins_at_its_checkpoint_with_the_time_already_spent() -> None:
    progress = fold(started(resumed_from=500, train_seconds=60.0), built())

    assert (progress.step, progress.checkpoint_step, progress.resumed_from) == (500, 500, 500)
    assert progress.train_seconds == 60.0
    assert progress.epoch == 3


def test_speed_after_a_resume_leaves_the_time_before_it_out() -> None:
    progress = fold(
        started(resumed_from=500, train_seconds=60.0),
        built(),
        steps(501, [0.5] * 100, train_seconds=61.0),
    )

    assert progress.steps_per_second == pytest.approx(100.0)
    assert progress.images_per_second == pytest.approx(25_600.0)
    assert progress.seconds_left == pytest.approx(4.0)


def test_a_resume_read_from_the_log_counts_like_one_seen_live() -> None:
    """The log holds what came before; a front end that was not there must show the same."""
    resumed = (
        started(resumed_from=2, train_seconds=1.0),
        events.PhaseEntered(time=0.0, phase=Phase.TRAINING),
        built(),
        steps(3, [0.5], train_seconds=1.5),
    )
    steps_before = steps(1, [0.1, 0.2], train_seconds=1.0)
    before = (started(), built(), steps_before, finished())

    assert fold(*before, *resumed) == fold(steps_before, *resumed)


def test_the_speed_follows_a_change_within_seconds() -> None:
    steady = fold(built(), steps(1, [0.5] * 100, train_seconds=1.0))

    slower = fold(steps(101, [0.5] * 10, train_seconds=11.0), start=steady)

    assert steady.steps_per_second == pytest.approx(100.0)
    assert slower.steps_per_second == pytest.approx(1.0, abs=1.0)


def test_the_speed_does_not_depend_on_how_steps_are_reported() -> None:
    at_once = fold(steps(1, [0.5] * 40, train_seconds=2.0))
    in_pieces = fold(*[steps(1 + 4 * i, [0.5] * 4, train_seconds=0.2 * (i + 1)) for i in range(10)])

    assert in_pieces.steps_per_second == pytest.approx(at_once.steps_per_second)


def test_no_time_between_two_reports_keeps_the_speed() -> None:
    progress = fold(steps(1, [0.5] * 10, train_seconds=1.0), steps(11, [0.5], train_seconds=1.0))

    assert progress.steps_per_second == pytest.approx(10.0)


def test_no_speed_means_no_time_left_is_known() -> None:
    assert fold(built()).seconds_left is None


def test_a_run_that_is_past_its_total_has_no_time_left() -> None:
    progress = fold(built(total_steps=100), started(), steps(1, [0.5] * 200, train_seconds=1.0))

    assert progress.seconds_left == 0.0


@pytest.mark.parametrize(("step", "epoch"), [(0, 1), (233, 1), (234, 2), (999, 5), (1000, 5)])
def test_the_epoch_is_the_one_of_the_next_step_and_never_past_the_last(
    step: int, epoch: int
) -> None:
    progress = fold(built(), started(resumed_from=step))

    assert (progress.epoch, progress.total_epochs) == (epoch, 5)


def test_a_pause_is_a_phase_and_a_resume_ends_it() -> None:
    paused = fold(events.Paused(time=0.0, step=7))
    resumed = fold(events.Unpaused(time=0.0, step=7), start=paused)

    assert (paused.phase, paused.step) == (Phase.PAUSED, 7)
    assert resumed.phase is Phase.TRAINING


def test_a_new_phase_ends_a_preparation() -> None:
    preparing = fold(
        events.ProgressMade(time=0.0, what="drawing digits", done=3, total=9, unit="images")
    )

    assert preparing.prepared == ("drawing digits", 3, 9, "images")
    assert (
        fold(events.PhaseEntered(time=0.0, phase=Phase.COMPILING), start=preparing).prepared is None
    )


def test_a_checkpoint_is_remembered() -> None:
    saved = events.CheckpointSaved(
        time=0.0, step=300, path="checkpoints/x", size=1, seconds=0.1, requested=True
    )

    assert fold(started(), saved).checkpoint_step == 300


def test_the_checkpoint_of_an_earlier_step_does_not_become_the_newest() -> None:
    """That of the best evaluation is written once its images are measured."""
    at = {"time": 0.0, "path": "checkpoints/x", "size": 1, "seconds": 0.1, "requested": False}
    saved = [events.CheckpointSaved(step=step, **at) for step in (20, 10)]
    assert fold(*saved).checkpoint_step == 20


def test_after_a_rollback_past_a_damaged_checkpoint_the_newest_is_the_one_it_went_back_to() -> None:
    at = {"time": 0.0, "path": "checkpoints/x", "size": 1, "seconds": 0.1, "requested": False}
    first, damaged, again = (events.CheckpointSaved(step=step, **at) for step in (10, 30, 20))
    back = fold(first, damaged, events.RolledBack(time=1.0, step=10, branch=1))
    assert back.checkpoint_step == 10
    assert fold(again, start=back).checkpoint_step == 20


class TestEvaluations:
    def test_the_newest_and_the_best_are_remembered(self) -> None:
        progress = fold(quality(10, 9.0), quality(20, 8.0), quality(30, 8.5, is_best=False))
        assert (progress.evaluated_step, progress.fd, progress.features) == (30, 8.5, "mnist-1")
        assert progress.best == Best(20, 8.0, "mnist-1", 10_000)

    def test_a_rollback_leaves_those_of_the_steps_that_are_left(self) -> None:
        before = fold(quality(10, 9.0), quality(20, 8.0))
        back = fold(events.RolledBack(time=1.0, step=15, branch=1), start=before)
        assert back.best == Best(10, 9.0, "mnist-1", 10_000)
        assert back.evaluated_step is None
        assert math.isnan(back.fd)

    def test_a_rollback_behind_nothing_keeps_all(self) -> None:
        before = fold(quality(10, 9.0))
        back = fold(events.RolledBack(time=1.0, step=10, branch=1), start=before)
        assert (back.evaluated_step, back.fd) == (10, 9.0)

    def test_scripts_get_both(self) -> None:
        record = to_json(fold(quality(10, 9.0), quality(20, 9.5, is_best=False)))
        assert (record["fd"], record["evaluated_step"]) == (9.5, 20)
        assert (record["best_fd"], record["best_fd_step"]) == (9.0, 10)
        empty = to_json(RunProgress())
        assert (empty["fd"], empty["evaluated_step"], empty["best_fd"]) == (None, None, None)


def diverged() -> Event:
    return events.Diverged(time=0.0, step=7, message="d_loss nan")


def test_a_run_has_diverged_until_it_is_rolled_back_or_gone_on_with() -> None:
    assert fold(started(), diverged()).diverged_step == 7

    rolled_back = fold(started(), diverged(), events.RolledBack(time=0.0, step=5, branch=1))
    assert (rolled_back.diverged_step, rolled_back.step) == (None, 5)
    assert fold(diverged(), started(resumed_from=5)).diverged_step is None


def test_a_rollback_keeps_the_speed_though_the_clock_goes_back() -> None:
    steady = fold(built(), steps(1, [0.5] * 100, train_seconds=1.0), diverged())

    again = fold(
        events.RolledBack(time=0.0, step=50, branch=1),
        steps(51, [0.5] * 10, train_seconds=0.6),
        steps(61, [0.5] * 10, train_seconds=0.7),
        start=steady,
    )

    assert again.steps_per_second == pytest.approx(100.0)
    assert (again.step, again.train_seconds) == (70, 0.7)


def fault(what: str, message: str = "full") -> Event:
    return events.StorageFaulted(time=0.0, what=what, message=message)


def test_faults_are_those_that_are_not_over_each_once() -> None:
    recovered = events.StorageRecovered(time=0.0, what="log")
    progress = fold(fault("log"), fault("checkpoint"), fault("log", "read-only"))

    assert dict(progress.faults) == {"log": "read-only", "checkpoint": "full"}
    assert len(progress.faults) == 2
    assert fold(recovered, start=progress).faults == (("checkpoint", "full"),)
    assert fold(recovered).faults == ()


def test_scripts_read_of_faults_and_of_a_divergence() -> None:
    record = json.loads(json.dumps(to_json(fold(started(), diverged(), fault("log")))))

    assert record["faults"] == {"log": "full"}
    assert record["diverged_step"] == 7


def test_a_failure_ends_the_run_with_its_message() -> None:
    progress = fold(failed(74))

    assert progress.ended
    assert (progress.phase, progress.error, progress.exit_code) == (Phase.FAILED, "it broke", 74)


def test_a_resume_clears_how_the_run_ended() -> None:
    progress = fold(failed(), started(resumed_from=5))

    assert not progress.ended
    assert progress.error == ""


def test_an_event_without_numbers_changes_nothing() -> None:
    progress = fold(started())

    assert apply(progress, events.Noted(time=0.0, text="a note")) is progress


def test_the_numbers_for_scripts_are_standard_json_even_if_a_loss_is_not_finite() -> None:
    progress = fold(started(), built(), steps(1, [math.nan], train_seconds=1.0))

    record = json.loads(json.dumps(to_json(progress), allow_nan=False))

    assert (record["d_loss"], record["step"], record["phase"]) == (None, 1, "starting")


def test_the_generator_that_is_shown_is_that_of_the_newest_process() -> None:
    shown = events.GeneratorShown(time=0.0, step=3, raw=True)

    assert fold(started(), shown).shows_raw
    assert not fold(started(), shown, replace(shown, raw=False)).shows_raw
    assert not fold(started(), shown, started()).shows_raw


def test_a_run_of_an_older_version_has_the_classic_loss() -> None:
    relativistic = replace(started(), config={"preset": "mlp", "loss": "relativistic"})

    assert fold(started()).loss == "classic"
    assert fold(relativistic).loss == "relativistic"


def test_steps_that_took_no_time_leave_the_numbers_finite() -> None:
    def steps(first: int, train_seconds: float) -> Event:
        one = np.ones(1, np.float32)
        return events.StepsCompleted(
            time=0.0,
            first_step=first,
            d_loss=one,
            g_loss=one,
            real_score=one,
            fake_score=one,
            train_seconds=train_seconds,
            steps_per_execution=1,
        )

    progress = fold(steps(1, 1.0), steps(2, 1.0 + 2**-52), steps(3, 5e-324), steps(4, 1e-320))

    assert progress.steps_per_second == 1.0
    json.dumps(to_json(progress), allow_nan=False)


def test_a_best_evaluation_without_a_distance_can_be_written() -> None:
    best = fold(replace(quality(5, math.nan), is_best=True))

    assert json.loads(json.dumps(to_json(best), allow_nan=False))["best_fd"] is None


def test_a_run_that_was_renamed_has_its_new_path() -> None:
    moved = events.RunMoved(time=0.0, name="renamed", run_dir="/runs/renamed")

    progress = fold(started(), moved)

    assert (progress.name, progress.run_dir) == ("renamed", "/runs/renamed")


class TestRecorded:
    """A run of another program's loop."""

    BEGUN = fold(
        replace(started(), config={"recorded_program": "train.py", "settings": {"lr": 1}}),
        events.RecordingStarted(
            time=0.0, program="train.py", total_steps=0, batch_size=0, obeys=("pause", "stop")
        ),
    )

    def logged(
        self, first_step: int, seconds: float = 1.0, **series: list[float]
    ) -> events.SeriesLogged:
        arrays = {name: np.array(values, np.float32) for name, values in series.items()}
        return events.SeriesLogged(
            time=0.0, first_step=first_step, series=arrays, train_seconds=seconds
        )

    def test_it_has_a_program_and_what_its_loop_obeys(self) -> None:
        assert self.BEGUN.program == "train.py"
        assert self.BEGUN.obeys == {"pause", "stop"}

    def test_its_program_is_known_from_its_configuration_alone(self) -> None:
        config = {"recorded_program": "train.py", "settings": {}}

        assert fold(replace(started(), config=config)).program == "train.py"
        assert fold(started()).program == ""

    def test_series_move_the_step_and_the_speed(self) -> None:
        found = fold(self.logged(1, 0.5, loss=[3.0] * 10), start=self.BEGUN)

        assert (found.step, found.steps_per_second, found.train_seconds) == (10, 20.0, 0.5)

    def test_the_newest_value_of_each_series_is_kept_in_the_order_in_which_they_came(self) -> None:
        found = fold(
            self.logged(1, loss=[3.0, 2.0], lr=[0.1, 0.2]),
            self.logged(3, loss=[1.0, math.nan], val_loss=[math.nan, math.nan]),
            start=self.BEGUN,
        )

        assert list(found.series) == ["loss", "lr", "val_loss"]
        assert found.series["loss"] == 1.0
        assert found.series["lr"] == pytest.approx(0.2)
        assert math.isnan(found.series["val_loss"])

    def losses(self, step: int, d_loss: list[float], g_loss: list[float]) -> events.StepsCompleted:
        missing = np.full(len(d_loss), np.nan, np.float32)
        return events.StepsCompleted(
            time=0.0,
            first_step=step,
            d_loss=np.array(d_loss, np.float32),
            g_loss=np.array(g_loss, np.float32),
            real_score=missing,
            fake_score=missing,
            train_seconds=float(step),
            steps_per_execution=1,
        )

    def test_a_loss_that_is_logged_at_every_fifth_step_is_known_at_the_others(self) -> None:
        found = fold(
            self.losses(1, [1.0] * 5, [math.nan] * 4 + [3.0]),
            self.losses(6, [2.0, 2.5], [math.nan, math.nan]),
            start=self.BEGUN,
        )

        assert (found.d_loss, found.g_loss) == (2.5, 3.0)

    def test_losses_that_have_become_nan_are_not_said_to_be_what_they_were(self) -> None:
        found = fold(
            self.losses(1, [1.0], [3.0]),
            self.losses(2, [math.nan], [math.nan]),
            start=self.BEGUN,
        )

        assert np.isnan([found.d_loss, found.g_loss]).all()

    def test_names_without_end_take_no_memory_without_end(self) -> None:
        found = self.BEGUN
        for step in range(1, 2 * MAX_SERIES):
            found = fold(self.logged(step, **{f"s{step}": [1.0]}), start=found)

        assert list(found.series) == [f"s{number}" for number in range(1, MAX_SERIES + 1)]

    @pytest.mark.parametrize("losses_first", [True, False])
    def test_steps_that_come_in_two_events_make_one_speed(self, losses_first: bool) -> None:
        one = np.ones(10, np.float32)
        losses = events.StepsCompleted(
            time=0.0,
            first_step=1,
            d_loss=one,
            g_loss=one,
            real_score=one,
            fake_score=one,
            train_seconds=0.5,
            steps_per_execution=1,
        )
        both = [losses, self.logged(1, 0.5, lr=[0.1] * 10)]

        found = fold(*(both if losses_first else both[::-1]), start=self.BEGUN)

        assert (found.step, found.steps_per_second) == (10, 20.0)

    def test_a_total_that_is_unknown_gives_no_time_to_go(self) -> None:
        running = fold(self.logged(1, 0.5, loss=[3.0] * 10), start=self.BEGUN)

        assert running.seconds_left is None
        assert replace(running, total_steps=30).seconds_left == 1.0

    def test_its_status_is_json_whatever_was_logged(self) -> None:
        found = fold(self.logged(1, loss=[math.inf], lr=[0.5], none=[math.nan]), start=self.BEGUN)

        said = json.loads(json.dumps(to_json(found), allow_nan=False))

        assert said["program"] == "train.py"
        assert said["series"] == {"loss": None, "lr": 0.5, "none": None}
