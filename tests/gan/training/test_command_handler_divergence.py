"""A loss that stops being a number: where a run ends, and how somebody watching gets it back."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan import events
from gan.commands import (
    DECISION_SECONDS,
    Command,
    Interpolate,
    Pause,
    Resample,
    RollBack,
    SaveCheckpoint,
    Stop,
    Unpause,
    Watch,
)
from gan.errors import Diverged, StorageError
from tests.gan.training.fakes import ALL, Stage

if TYPE_CHECKING:
    from gan.run.checkpoints.reading import Checkpoint

WATCHED = 1e9
"""Seconds between two previews: somebody watches, and sees one."""


class TestUnwatched:
    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    def test_it_ends_the_run_by_the_name_of_the_step(self, value: float) -> None:
        stage = Stage()
        stage.execution.d_loss[13] = value
        with pytest.raises(Diverged, match=f"at step 13: d_loss {value}.*--learning-rate"):
            stage.run()

    def test_the_event_names_the_step_and_comes_after_the_losses(self) -> None:
        stage = Stage(seconds_per_step=1e-5)
        stage.execution.d_loss[13] = np.nan
        with pytest.raises(Diverged) as raised:
            stage.run()
        (diverged,) = stage.told(events.Diverged)
        assert stage.events[-1] is diverged
        assert (diverged.step, diverged.message) == (13, str(raised.value))
        assert stage.steps_told[:12] == ALL[:12]
        assert len(stage.steps_told) == 13
        assert np.isnan(stage.steps_told[12])

    def test_no_checkpoint_and_no_grid_is_made_of_it(self) -> None:
        stage = Stage(checkpoint_every="5", sample_every="5")
        stage.execution.d_loss[15] = np.nan
        with pytest.raises(Diverged):
            stage.run()
        assert stage.recorder.saved_steps == [5, 10]
        assert [step for step, _ in stage.recorder.samples] == [0, 5, 10]
        assert stage.told(events.RunFinished) == []

    def test_a_generators_loss_counts_too(self) -> None:
        stage = Stage()
        stage.execution.g_loss[11] = np.nan
        with pytest.raises(Diverged, match=r"at step 11: d_loss 11\.0, g_loss nan"):
            stage.run()

    def test_the_last_step_counts_too(self) -> None:
        stage = Stage()
        stage.execution.d_loss[20] = np.nan
        with pytest.raises(Diverged, match="at step 20"):
            stage.run()
        assert stage.recorder.tries == []


def poison(stage: Stage) -> None:
    """Let a weight be no number, though no loss has shown it."""
    stage.gan.networks.generator.variables[0].assign(np.array([np.nan], np.float32))


class TestAStateThatIsNotFinite:
    """Its losses were: it shows when it is to be saved."""

    @pytest.mark.parametrize(
        "options",
        [
            pytest.param({"checkpoint_every": "13"}, id="on schedule"),
            pytest.param({"at": {13: [SaveCheckpoint()]}, "sample_every": "13"}, id="asked for"),
            pytest.param({"steps": 13, "epochs": None}, id="at the end"),
        ],
    )
    def test_it_is_never_saved_and_ends_the_run(self, options: dict[str, object]) -> None:
        stage = Stage(**options)
        poison(stage)
        with pytest.raises(Diverged, match="not saved"):
            stage.run()
        assert stage.recorder.saved == []
        (diverged,) = stage.told(events.Diverged)
        assert diverged.step == 13

    def test_somebody_watching_can_still_roll_back(self) -> None:
        stage = Stage(checkpoint_every="5", preview_seconds=WATCHED)
        act_when_diverged(stage, RollBack(), Unpause())
        usual = stage.recorder.save_checkpoint

        def save(saved: Checkpoint, *, requested: bool) -> tuple[str, int]:
            written = usual(saved, requested=requested)
            if saved.step == 5:
                poison(stage)
            return written

        stage.recorder.save_checkpoint = save
        stage.run()
        assert [event.step for event in stage.told(events.Diverged)] == [10]
        assert [event.step for event in stage.told(events.RolledBack)] == [5]
        assert stage.recorder.saved_steps == [5, 10, 15, 20]


def act_when_diverged(stage: Stage, *asked: Command) -> None:
    """Let somebody watching do this when it says that it has diverged."""
    waiting = deque(asked)

    def react(event: events.Event) -> None:
        if isinstance(event, events.Diverged):
            stage.commands.ask(*waiting)
            waiting.clear()

    stage.recorder.on_event.append(react)


def diverging(*asked: Command, **options: object) -> Stage:
    """A watched stage that diverges at step 13, with a checkpoint of step 10."""
    stage = Stage(preview_seconds=WATCHED, checkpoint_every="10", seconds_per_step=0.25, **options)
    stage.execution.d_loss[13] = np.nan
    act_when_diverged(stage, *asked)
    return stage


class TestWatched:
    def test_it_pauses_and_waits_for_a_decision(self) -> None:
        stage = diverging()
        with pytest.raises(AssertionError, match="nobody will ever resume"):
            stage.run()
        assert [event.step for event in stage.told(events.Diverged)] == [13]
        assert [event.step for event in stage.told(events.Paused)] == [13]
        assert stage.execution.calls[-1][0] == 12

    @pytest.mark.parametrize("asked", [Unpause(), SaveCheckpoint(), Interpolate()], ids=str)
    def test_what_cannot_be_is_refused_with_a_note(self, asked: Command) -> None:
        stage = diverging(asked, Stop())
        with pytest.raises(Diverged):
            stage.run()
        (note,) = stage.told(events.Noted)
        assert note.warning
        assert "ignored, because the run has diverged" in note.text
        assert "at step 13" in note.text
        assert stage.told(events.LatentsInterpolated) == []
        assert stage.recorder.saved_steps == [10]
        assert stage.steps_told[12:] == [pytest.approx(np.nan, nan_ok=True)]

    @pytest.mark.parametrize("when", ["now", "epoch_end"])
    def test_a_stop_ends_it_as_diverged_without_a_checkpoint(self, when: str) -> None:
        stage = diverging(Stop(when))
        with pytest.raises(Diverged):
            stage.run()
        assert stage.recorder.saved_steps == [10]
        assert stage.told(events.RunFinished) == []

    def test_it_waits_ten_minutes_for_somebody_who_has_left(self) -> None:
        """The link dropped while it stood there: they may come back, or never."""
        stage = diverging(Watch(None))
        with pytest.raises(Diverged, match="at step 13"):
            stage.run()
        (paused,) = stage.told(events.Paused)
        assert paused.step == 13
        assert stage.stopwatch.seconds("paused") == DECISION_SECONDS

    def test_whoever_comes_back_decides(self) -> None:
        stage = diverging(Watch(None), Watch(WATCHED), RollBack(), Unpause()).run()
        assert [event.step for event in stage.told(events.RolledBack)] == [10]
        assert stage.end.completed

    def test_nobody_has_to_watch_to_decide(self) -> None:
        """A script posts a message."""
        stage = diverging(Watch(None), RollBack(), Unpause()).run()
        assert stage.end.completed

    def test_it_does_not_even_begin_to_wait_where_they_left_before(self) -> None:
        stage = diverging()
        stage.commands.ask(Watch(None))
        with pytest.raises(Diverged, match="at step 13"):
            stage.run()
        assert stage.told(events.Paused) == []

    def test_it_waits_for_somebody_who_came_while_it_trained(self) -> None:
        stage = Stage(at={5: [Watch(WATCHED)]}, checkpoint_every="10", seconds_per_step=0.25)
        stage.execution.d_loss[13] = np.nan
        act_when_diverged(stage, Watch(WATCHED / 2), RollBack(), Unpause())
        stage.run()
        assert [event.step for event in stage.told(events.RolledBack)] == [10]

    def test_a_rollback_goes_to_the_newest_checkpoint_and_waits_there(self) -> None:
        stage = diverging(RollBack(), Unpause())
        stage.run()
        (rolled_back,) = stage.told(events.RolledBack)
        assert (rolled_back.step, rolled_back.branch) == (10, 1)
        assert stage.story[stage.story.index("RolledBack") + 1] == "Paused"
        assert [event.step for event in stage.told(events.Paused)] == [13, 10]
        assert [event.step for event in stage.told(events.Unpaused)] == [10]
        assert stage.end.completed

    def test_after_it_every_step_is_made_on_another_branch(self) -> None:
        stage = diverging(RollBack(), Unpause()).run()
        calls = [step for step, _ in stage.execution.calls]
        again = calls.index(10, calls.index(10) + 1)
        assert set(stage.execution.branches[:again]) == {0}
        assert set(stage.execution.branches[again:]) == {1}
        assert stage.steps_told[13:] == ALL[10:]

    def test_it_restores_the_state_the_latents_and_the_seconds(self) -> None:
        stage = diverging(Resample(), RollBack(), Unpause())
        usual = stage.execution.__class__.__call__
        variable = stage.gan.networks.generator.variables[0]

        def spoil(step: int, steps: int, branch: int) -> object:
            variable.assign(variable.value + 1)
            return usual(stage.execution, step, steps, branch)

        spoil.max_steps_after = stage.execution.max_steps_after
        stage.trainer._stepper._execution = spoil
        seen: list[float] = []

        def look(event: events.Event) -> None:
            if isinstance(event, events.RolledBack):
                seen.extend([*variable.value, stage.sampler.draw])

        stage.recorder.on_event.append(look)
        stage.run()
        saved = stage.recorder.saved[0]
        assert seen == [*saved.arrays["generator/0"], 0]
        assert saved.resume_point.train_seconds == pytest.approx(2.5)
        assert stage.end.train_seconds == pytest.approx(5.0)

    def test_its_checkpoints_know_the_branch(self) -> None:
        stage = diverging(RollBack(), Unpause()).run()
        assert [(saved.step, saved.resume_point.branch) for saved in stage.recorder.saved] == [
            (10, 0),
            (20, 1),
        ]

    def test_ended_right_after_it_the_branch_is_saved(self) -> None:
        """Or a resume would draw the same numbers again, and diverge again."""
        stage = diverging(RollBack(), Stop()).run()
        assert [(saved.step, saved.resume_point.branch) for saved in stage.recorder.saved] == [
            (10, 0),
            (10, 1),
        ]
        assert (stage.end.step, stage.end.exit_code) == (10, 75)

    def test_a_resumed_branch_is_not_left(self) -> None:
        saved = diverging(RollBack(), Unpause()).run()
        resumed = Stage(epochs=3)
        resumed.trainer.restore(saved.recorder.saved[-1])
        resumed.run()
        assert set(resumed.execution.branches) == {1}

    def test_each_rollback_is_another_branch(self) -> None:
        stage = diverging(RollBack(), RollBack(), RollBack(), Unpause()).run()
        assert [event.branch for event in stage.told(events.RolledBack)] == [1, 2, 3]
        assert stage.execution.branches[-1] == 3

    def test_without_a_checkpoint_it_is_refused_with_a_note(self) -> None:
        stage = Stage(preview_seconds=WATCHED)
        stage.execution.d_loss[13] = np.nan
        act_when_diverged(stage, RollBack(), Stop())
        with pytest.raises(Diverged):
            stage.run()
        (note,) = stage.told(events.Noted)
        assert note.text == "not rolled back: this run has no checkpoint yet."

    def test_a_disk_that_refuses_it_leaves_it_diverged(self) -> None:
        stage = diverging(RollBack(), Stop())
        usual = stage.recorder.roll_back

        def refuse() -> object:
            stage.recorder.roll_back = usual
            raise StorageError("cannot read: input/output error")

        stage.recorder.roll_back = refuse
        with pytest.raises(Diverged):
            stage.run()
        assert "input/output error" in stage.told(events.Noted)[0].text

    def test_a_healthy_run_can_be_rolled_back_too(self) -> None:
        """By a command from elsewhere; the screen offers it only where it is needed."""
        stage = Stage(at={13: [Pause(), RollBack(), Unpause()]}, checkpoint_every="10").run()
        assert [event.step for event in stage.told(events.RolledBack)] == [10]
        assert stage.end.completed
