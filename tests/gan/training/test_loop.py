"""THE loop, with steps that are only counted: what falls due, and how a run ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan import events
from gan.commands import Pause, Resample, RollBack, Stop, Unpause
from gan.errors import CheckpointError, DeviceError, StorageError
from tests.gan.training.fakes import ALL, Stage, checkpoint

if TYPE_CHECKING:
    from gan.run.checkpoints.reading import Checkpoint

if TYPE_CHECKING:
    from gan.commands import Command


class TestSteps:
    def test_a_run_makes_every_step_once_and_tells_of_each(self) -> None:
        stage = Stage().run()
        assert stage.steps_told == ALL
        assert stage.trainer.step == stage.end.step == 20

    @pytest.mark.parametrize(
        ("options", "total"), [({"epochs": 3}, 30), ({"steps": 13}, 13), ({"steps": 1}, 1)]
    )
    def test_it_ends_at_its_total(self, options: dict[str, int], total: int) -> None:
        stage = Stage(**{"epochs": None, **options}).run()
        assert stage.steps_told == list(range(1, total + 1))

    def test_no_execution_crosses_the_end_of_an_epoch(self) -> None:
        """The fake refuses one that would; here the sizes grow until the epoch bounds them."""
        stage = Stage(epochs=3, seconds_per_step=1e-4).run()
        assert stage.execution.calls[-1] == (20, 10)

    def test_executions_last_about_the_target(self) -> None:
        stage = Stage(epochs=None, steps=1000, seconds_per_step=0.01).run()
        assert max(steps for _, steps in stage.execution.calls) == 8

    def test_steps_are_reported_ten_times_a_second_at_most(self) -> None:
        stage = Stage(epochs=100, seconds_per_step=0.01).run()
        assert len(stage.told(events.StepsCompleted)) <= 10 * 1000 * 0.01 + 1

    def test_the_steps_before_an_event_are_told_before_it(self) -> None:
        stage = Stage(sample_every="3", checkpoint_every="4", at={5: [Pause(), Unpause()]}).run()
        told = 0
        for event in stage.events:
            if isinstance(event, events.StepsCompleted):
                assert event.first_step == told + 1
                told = event.last_step
            elif hasattr(event, "step"):
                assert event.step == told

    def test_the_time_of_training_is_that_of_the_steps(self) -> None:
        assert Stage(seconds_per_step=0.25).run().end.train_seconds == pytest.approx(5.0)


class TestAlert:
    def near_zero(self, *commands: Command, at: int = 0) -> Stage:
        """A thousand steps of a discriminator that has won."""
        stage = Stage(
            at={at: commands}, epochs=None, steps=1000, checkpoint_every="100", preset="tutorial"
        )
        usual = stage.execution
        usual.d_loss = dict.fromkeys(range(1, 1001), 0.01)

        def execute(step: int, steps: int, _: int) -> object:
            # On every branch as on the first.
            return usual(step, steps, 0)

        execute.max_steps_after = usual.max_steps_after
        stage.trainer._stepper._execution = execute
        return stage

    def test_a_discriminator_that_has_won_is_told_of_once_with_its_step(self) -> None:
        stage = self.near_zero().run()
        (alert,) = stage.told(events.AlertRaised)
        assert alert.name == "d_loss_near_zero"
        assert alert.step == stage.end_of_call(500)
        assert stage.end.completed

    def test_what_counts_are_five_hundred_steps_of_one_branch(self) -> None:
        stage = self.near_zero(Pause(), RollBack(), Unpause(), at=490).run()
        assert [event.step for event in stage.told(events.RolledBack)] == [400]
        (alert,) = stage.told(events.AlertRaised)
        assert alert.step == stage.end_of_call(900)

    def test_losses_that_rise_raise_none(self) -> None:
        assert Stage(epochs=None, steps=1000).run().told(events.AlertRaised) == []


class TestDue:
    @pytest.mark.parametrize(
        ("every", "steps"),
        [
            ("off", []),
            ("7", [0, 7, 14, 20]),
            ("5", [0, 5, 10, 15, 20]),
            ("1ep", [0, 10, 20]),
            ("2s", [0, 8, 16, 20]),
            ("100", [0, 20]),
        ],
    )
    def test_samples_are_written_when_due_and_at_both_ends(
        self, every: str, steps: list[int]
    ) -> None:
        stage = Stage(sample_every=every, seconds_per_step=0.25).run()
        assert [step for step, _ in stage.recorder.samples] == steps

    @pytest.mark.parametrize(
        ("every", "steps"),
        [
            ("off", [20]),
            ("7", [7, 14, 20]),
            ("5", [5, 10, 15, 20]),
            ("1ep", [10, 20]),
            ("2s", [8, 16, 20]),
            ("100", [20]),
        ],
    )
    def test_checkpoints_are_written_when_due_and_once_at_the_end(
        self, every: str, steps: list[int]
    ) -> None:
        stage = Stage(checkpoint_every=every, seconds_per_step=0.25).run()
        assert stage.recorder.saved_steps == steps

    def test_a_grid_is_told_of_with_its_file(self) -> None:
        stage = Stage(sample_every="1ep").run()
        told = [(event.step, event.path) for event in stage.told(events.SamplesDrawn)]
        assert told == [(n, f"samples/{n:06d}.png") for n in (0, 10, 20)]

    def test_a_checkpoint_is_told_of_with_its_file(self) -> None:
        stage = Stage(checkpoint_every="1ep").run()
        saved = stage.told(events.CheckpointSaved)
        assert [event.path for event in saved] == [
            "checkpoints/step-00000010",
            "checkpoints/step-00000020",
        ]
        assert [(event.size, event.requested) for event in saved] == [(123, False)] * 2

    def test_a_checkpoint_holds_the_state_and_where_the_run_stands(self) -> None:
        stage = Stage(at={10: [Resample()]}, seconds_per_step=0.25).run()
        (saved,) = stage.recorder.saved
        assert sorted(saved.arrays) == [
            "discriminator/0",
            "discriminator_optimizer/0",
            "generator/0",
            "generator_optimizer/0",
        ]
        point = saved.resume_point
        assert (point.step, point.draw, point.branch) == (20, 1, 0)
        assert point.train_seconds == pytest.approx(5.0)


class TestPreviews:
    def test_nobody_watching_draws_nothing(self) -> None:
        assert Stage(at={5: [Resample(), Pause(), Unpause()]}).run().told(events.SamplesDrawn) == []

    def test_somebody_watching_sees_samples_as_often_as_asked(self) -> None:
        stage = Stage(epochs=10, preview_seconds=5.0, seconds_per_step=0.25).run()
        previews = stage.told(events.SamplesDrawn)
        assert [preview.step for preview in previews] == [0, 20, 40, 60, 80, 100]
        assert {preview.path for preview in previews} == {None}
        assert stage.recorder.samples == []

    def test_a_grid_on_disk_is_a_preview_too(self) -> None:
        stage = Stage(
            epochs=4, preview_seconds=1.0, sample_every="1ep", seconds_per_step=0.09
        ).run()
        assert [preview.step for preview in stage.told(events.SamplesDrawn)] == [0, 10, 20, 30, 40]

    def test_a_pause_shows_the_step_that_it_stands_at(self) -> None:
        stage = Stage(at={7: [Pause(), Unpause()]}, preview_seconds=1e9).run()
        assert [preview.step for preview in stage.told(events.SamplesDrawn)] == [
            0,
            stage.end_of_call(7),
        ]


class TestResuming:
    def test_it_goes_on_from_the_step_the_latents_and_the_seconds(self) -> None:
        saved = Stage(at={5: [Resample()], 10: [Stop()]}, seconds_per_step=0.25).run()
        kept = saved.recorder.saved[-1]
        kept.arrays["generator/0"] = np.array([42.0], np.float32)

        stage = Stage(seconds_per_step=0.25, sample_every="1ep")
        stage.trainer.restore(kept)
        stage.run()

        assert stage.steps_told == ALL[10:]
        assert stage.gan.networks.generator.variables[0].value == 42.0
        assert stage.sampler.draw == 1
        assert stage.end.train_seconds == pytest.approx(5.0)

    def resumed(self, **options: object) -> Stage:
        """A stage that stands at step 20, where it was saved."""
        stage = Stage(**options)
        arrays = {f"{role}/0": np.zeros(1, np.float32) for role in ROLES}
        stage.trainer.restore(checkpoint(arrays, step=20, draw=0, train_seconds=7.0))
        return stage.run()

    def test_a_finished_run_is_finished_at_once_and_writes_nothing(self) -> None:
        stage = self.resumed(sample_every="1ep")
        assert stage.execution.calls == []
        assert stage.recorder.saved_steps == []
        assert stage.recorder.samples == []
        assert stage.end.completed

    def test_a_larger_total_goes_on(self) -> None:
        stage = self.resumed(epochs=3)
        assert stage.steps_told == list(range(21, 31))

    def test_somebody_watching_sees_samples_at_once(self) -> None:
        stage = self.resumed(preview_seconds=1e9)
        assert [preview.step for preview in stage.told(events.SamplesDrawn)] == [20]

    def test_a_checkpoint_of_other_networks_is_refused(self) -> None:
        stage = Stage()
        with pytest.raises(CheckpointError, match="does not match these networks"):
            stage.trainer.restore(checkpoint({}, step=20, draw=0, train_seconds=7.0))
        assert stage.trainer.step == 0


ROLES = ("generator", "discriminator", "generator_optimizer", "discriminator_optimizer")


class TestFaults:
    """What a disk that refuses does to samples and checkpoints is in `test_saver`."""

    def test_a_last_checkpoint_that_fails_ends_the_run_after_its_steps_are_told(self) -> None:
        stage = Stage(seconds_per_step=1e-5)
        stage.recorder.error = StorageError("cannot write: no space left")
        with pytest.raises(StorageError):
            stage.run()
        assert stage.steps_told == ALL
        assert stage.told(events.RunFinished) == []

    def test_an_error_of_the_device_ends_the_run_after_its_steps_are_told(self) -> None:
        stage = Stage(seconds_per_step=1e-5)
        usual = stage.execution

        def run_out(step: int, steps: int, branch: int) -> object:
            if step >= 5:
                raise DeviceError("out of memory")
            return usual(step, steps, branch)

        run_out.max_steps_after = usual.max_steps_after
        stage.trainer._stepper._execution = run_out
        with pytest.raises(DeviceError):
            stage.run()
        assert stage.steps_told == ALL[: stage.trainer.step]
        assert stage.recorder.saved_steps == []

    def test_a_scheduled_checkpoint_comes_after_the_steps_before_it(self) -> None:
        """The log holds them then, and a resume that cuts it back to there loses none."""
        stage = Stage(checkpoint_every="3", seconds_per_step=1e-5)
        usual, told = stage.recorder.save_checkpoint, {}

        def save(saved: Checkpoint, *, requested: bool) -> tuple[str, int]:
            told[saved.step] = len(stage.steps_told)
            return usual(saved, requested=requested)

        stage.recorder.save_checkpoint = save
        stage.run()
        assert told == {step: step for step in (3, 6, 9, 12, 15, 18, 20)}
