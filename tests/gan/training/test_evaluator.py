"""Evaluations in a run: which steps have one, what is kept of them, and what they never do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gan import events
from gan.commands import Pause, RollBack, SaveCheckpoint, Stop, Unpause
from gan.events import Alert, Phase
from tests.gan.training.fakes import (
    ALL,
    AskedFor,
    FakeMeasure,
    Stage,
    at_step,
    checkpoint,
    refusing,
)

WATCHED = 1e9


def staged(measure: FakeMeasure | None = None, **options: Any) -> tuple[Stage, FakeMeasure]:
    """Two epochs with an evaluation every five steps, unless the options say otherwise."""
    measure = measure or FakeMeasure()
    return Stage(**{"measure": measure, "evaluate_every": "5", **options}), measure


def waiting(measure: FakeMeasure | None = None, **options: Any) -> tuple[Stage, AskedFor]:
    """The same, where nothing is measured until the test says so, or until training waits."""
    executor = AskedFor()
    stage, _ = staged(measure, measuring=executor, **options)
    stage.trainer._evaluator._wait = executor.carry_out
    return stage, executor


class TestSteps:
    @pytest.mark.parametrize(
        ("every", "steps"),
        [("5", [5, 10, 15, 20]), ("1ep", [10, 20]), ("7", [7, 14, 20]), ("off", []), ("9m", [20])],
    )
    def test_they_are_those_that_were_asked_for_and_the_last(
        self, every: str, steps: list[int]
    ) -> None:
        stage, measure = staged(evaluate_every=every)
        stage.run()
        assert stage.evaluated == measure.measured == steps

    def test_by_default_only_a_long_run_has_one_before_its_end(self) -> None:
        assert staged(evaluate_every="auto")[0].run().evaluated == [20]
        long, _ = staged(evaluate_every="auto", seconds_per_step=20.0)
        assert len(long.run().evaluated) > 1

    def test_a_trainer_without_a_measure_has_none(self) -> None:
        stage = Stage(evaluate_every="5").run()
        assert stage.evaluated == []
        assert stage.end.completed

    def test_every_image_is_of_the_same_step(self) -> None:
        """The fake measure refuses others. Here the run pauses between two blocks."""
        stage, _ = staged()
        stage.sampler.generating = lambda: stage.commands.ask(Pause(), Unpause())
        assert stage.run().evaluated == [5, 10, 15, 20]

    def test_the_latents_are_the_same_every_time(self) -> None:
        stage, _ = staged()
        blocks = stage.run().sampler.generated
        assert [len(block) for block in blocks] == [500] * 8
        assert not np.array_equal(blocks[0], blocks[1])
        for number, block in enumerate(blocks[2:]):
            assert np.array_equal(block, blocks[number % 2])

    def test_they_change_neither_the_steps_nor_their_losses(self) -> None:
        stage, _ = staged(epochs=5)
        assert stage.run().steps_told == Stage(epochs=5).run().steps_told

    def test_a_result_is_reported_with_its_own_step_once_it_is_there(self) -> None:
        stage, executor = waiting(evaluate_every="7", epochs=1)
        at_step(stage, 9, executor.carry_out)
        stage.run()
        first, _ = stage.told(events.QualityMeasured)
        before = [e for e in stage.events[: stage.events.index(first)] if hasattr(e, "last_step")]
        assert (first.step, first.fd, first.features) == (7, 93.0, "fake-1")
        assert first.classes == tuple(range(10))
        assert before[-1].last_step >= 9


class TestInTheWay:
    def test_training_goes_on_while_images_are_measured(self) -> None:
        stage, executor = waiting(evaluate_every="2s", seconds_per_step=0.25, at={20: [Stop()]})
        assert stage.run().steps_told == ALL
        assert (stage.evaluated, len(executor.waiting)) == ([], 1)

    def test_only_a_step_that_was_asked_for_waits_for_the_one_before(self) -> None:
        stage, executor = waiting()
        waited: list[int] = []

        def carry_out() -> None:
            waited.append(stage.trainer.step)
            executor.carry_out()

        stage.trainer._evaluator._wait = carry_out
        assert stage.run().evaluated == [5, 10, 15, 20]
        assert set(waited) == {10, 15, 20}

    def test_a_stop_does_not_wait(self) -> None:
        stage, executor = waiting(at={7: [Stop()]})
        stage.run()
        assert stage.evaluated == []
        assert len(executor.waiting) == 1
        assert not stage.end.completed

    def test_a_stop_between_two_blocks_is_carried_out_at_once(self) -> None:
        stage, measure = staged()
        stage.sampler.generating = lambda: stage.commands.ask(Stop())
        stage.run()
        assert (stage.end.step, measure.measured) == (5, [])
        assert len(stage.sampler.generated) == 1

    def test_the_last_one_is_awaited_and_the_checkpoint_of_the_end_is_not_held_up(self) -> None:
        stage, executor = waiting(evaluate_every="auto")

        def wait() -> None:
            assert stage.recorder.saved_steps == [20]
            executor.carry_out()

        stage.trainer._evaluator._wait = wait
        stage.run()
        assert stage.evaluated == [20]
        phases = [event.phase for event in stage.told(events.PhaseEntered)]
        assert phases == [Phase.TRAINING, Phase.SAVING, Phase.EVALUATING]

    def test_a_stop_ends_the_waiting_for_the_last_one(self) -> None:
        stage, executor = waiting(evaluate_every="auto")
        stage.trainer._evaluator._wait = lambda: stage.commands.ask(Stop(exit_code=143))
        stage.run()
        assert stage.evaluated == []
        assert len(executor.waiting) == 1
        assert (stage.end.completed, stage.end.exit_code) == (True, 0)

    def test_what_training_waited_for_it_is_reported(self) -> None:
        stage, _ = staged(evaluate_every="10", seconds_per_step=0.25)
        stage.sampler.generating = lambda: stage.clock.advance(0.5)
        first, second = stage.run().told(events.QualityMeasured)
        assert (first.seconds, second.seconds) == (1.0, 1.0)
        assert stage.end.train_seconds == pytest.approx(5.0)
        assert stage.told(events.StepsCompleted)[-1].evaluating_seconds == pytest.approx(1.0)


class TestBest:
    def test_it_is_the_minimum_so_far(self) -> None:
        stage, _ = staged(FakeMeasure({5: 9.0, 10: 7.0, 15: 8.0, 20: 7.0}))
        told = stage.run().told(events.QualityMeasured)
        assert [event.is_best for event in told] == [True, True, False, False]

    def test_its_checkpoint_is_of_its_own_step(self) -> None:
        """The result comes later, when the networks are others."""
        stage, executor = waiting(FakeMeasure({5: 9.0, 20: 10.0}), evaluate_every="5", epochs=1)
        stage.trainer._total_steps = 10
        variable = stage.gan.networks.generator.variables[0]
        at_step(stage, 5, lambda: variable.assign([5.0]))
        at_step(stage, 7, lambda: variable.assign([7.0]))
        at_step(stage, 8, executor.carry_out)
        stage.run()
        (best,) = [saved for saved in stage.recorder.saved if saved.step == 5]
        assert stage.recorder.best[0] == 5
        assert best.arrays["generator/0"].tolist() == [5.0]

    def test_one_that_is_not_better_is_not_saved(self) -> None:
        stage, _ = staged(FakeMeasure({5: 9.0, 10: 7.0, 15: 8.0, 20: 7.5}))
        assert stage.run().recorder.best == [5, 10]

    def test_figures_of_other_features_are_not_compared(self) -> None:
        measure = FakeMeasure({5: 7.0, 10: 9.0, 15: 8.0, 20: 8.5})
        stage, _ = staged(measure)
        at_step(stage, 8, lambda: setattr(measure, "features", "fake-2"))
        assert stage.run().recorder.best == [5, 10, 15]

    @pytest.mark.parametrize("fd", [np.nan, np.inf])
    def test_a_distance_that_is_not_finite_is_none(self, fd: float) -> None:
        stage, _ = staged(FakeMeasure({5: fd, 10: fd, 15: fd, 20: 3.0}))
        assert stage.run().recorder.best == [20]

    def test_a_disk_that_refuses_it_is_tried_again(self) -> None:
        stage, _ = staged(
            FakeMeasure({10: 200.0, 20: 200.0}), evaluate_every="10", seconds_per_step=1.0, epochs=4
        )
        measure = stage.trainer._evaluator._evaluation.make_measure()
        measure.measuring = lambda: setattr(stage.recorder, "error", None)
        refusing(stage, 11, 25).run()
        assert 10 in stage.recorder.best
        assert stage.end.completed

    def test_without_room_for_the_log_there_is_no_checkpoint_and_no_harm(self) -> None:
        stage, _ = staged(evaluate_every="10")
        refusing(stage, 10, 11).run()
        assert stage.evaluated == [10, 20]
        assert stage.recorder.best == [20]


class TestResumed:
    def resumed(self, step: int, *earlier: events.QualityMeasured, **options: Any) -> Stage:
        stage, _ = staged(**options)
        for event in earlier:
            stage.recorder.emit(event)
        stage.events.clear()
        arrays = {
            f"{owner}/0": np.array([1.0], np.float32)
            for owner in (
                "generator",
                "discriminator",
                "generator_optimizer",
                "discriminator_optimizer",
            )
        }
        stage.trainer.restore(
            checkpoint(arrays, step=step, branch=0, draw=0, train_seconds=100.0 * step)
        )
        return stage.run()

    def earlier(self, step: int, fd: float) -> events.QualityMeasured:
        stage, _ = staged(FakeMeasure({step: fd}), evaluate_every=str(step))
        return stage.run().told(events.QualityMeasured)[0]

    def test_nothing_is_evaluated_twice(self) -> None:
        assert self.resumed(10, self.earlier(10, 50.0)).evaluated == [15, 20]

    def test_one_that_was_lost_is_made_up_for(self) -> None:
        assert self.resumed(10, self.earlier(5, 50.0)).evaluated == [10, 15, 20]

    def test_a_step_between_is_not(self) -> None:
        assert self.resumed(12, self.earlier(5, 50.0)).evaluated == [15, 20]

    def test_an_interval_of_time_begins_anew(self) -> None:
        assert self.resumed(10, self.earlier(5, 50.0), evaluate_every="30s").evaluated == [20]

    def test_the_best_is_that_of_the_whole_run(self) -> None:
        stage = self.resumed(10, self.earlier(10, 83.0))
        assert [event.is_best for event in stage.told(events.QualityMeasured)] == [False, True]

    def test_a_run_that_is_complete_and_evaluated_has_none(self) -> None:
        assert self.resumed(20, self.earlier(20, 83.0)).evaluated == []


class TestRolledBack:
    def test_the_best_is_that_of_the_steps_that_are_left(self) -> None:
        stage, _ = staged(
            FakeMeasure({5: 9.0, 10: 8.0, 15: 8.5, 20: 8.7}),
            at={5: [SaveCheckpoint()], 17: [RollBack(), Unpause()]},
        )
        stage.recorder.prepare_best = _unsaved
        stage.run()
        told = [(event.step, event.is_best) for event in stage.told(events.QualityMeasured)]
        assert told == [
            *((5, True), (10, True)),
            *((10, True), (15, False), (20, False)),
        ]

    def test_a_result_of_a_step_that_is_gone_is_dropped(self) -> None:
        stage, executor = waiting(
            at={7: [SaveCheckpoint()], 12: [RollBack(), Unpause()]}, evaluate_every="10"
        )
        at_step(stage, 13, executor.carry_out)
        stage.run()
        assert stage.evaluated == [10, 20]
        told = [type(e).__name__ for e in stage.events]
        assert told.index("RolledBack") < told.index("QualityMeasured")

    def test_that_of_a_step_that_is_left_is_reported(self) -> None:
        stage, _ = waiting(
            at={5: [SaveCheckpoint()], 9: [RollBack(), Unpause()]}, evaluate_every="5", epochs=1
        )
        assert stage.run().evaluated == [5, 10]


class TestFailing:
    def test_a_measure_that_fails_ends_no_run_and_is_reported_once(self) -> None:
        stage, measure = staged()
        measure.error = ValueError("singular matrix\nmore")
        stage.run()
        (note,) = stage.told(events.Noted)
        assert note.warning
        assert note.text.endswith("ValueError: singular matrix")
        assert (stage.end.completed, stage.evaluated) == (True, [])

    def test_it_is_tried_again(self) -> None:
        stage, measure = staged()
        measure.error = MemoryError()
        at_step(stage, 12, lambda: setattr(measure, "error", None))
        assert stage.run().evaluated == [15, 20]

    def test_one_that_cannot_be_made_ends_no_run(self) -> None:
        def refuse() -> FakeMeasure:
            raise OSError(28, "No space left on device")

        stage, _ = staged()
        object.__setattr__(stage.trainer._evaluator._evaluation, "make_measure", refuse)
        (note,) = stage.run().told(events.Noted)
        assert "No space left" in note.text

    def test_images_that_cannot_be_generated_end_no_run(self) -> None:
        stage, _ = staged()

        def fail() -> None:
            raise RuntimeError("out of memory")

        stage.sampler.generating = fail
        (note,) = stage.run().told(events.Noted)
        assert "out of memory" in note.text
        assert stage.end.completed

    def test_a_state_that_cannot_be_copied_ends_no_run(self) -> None:
        stage, measure = staged()

        def fail(*_: Any) -> None:
            raise MemoryError

        stage.trainer._saver.snapshot = fail
        (note,) = stage.run().told(events.Noted)
        assert "MemoryError" in note.text
        assert (stage.end.completed, measure.measured) == (True, [])

    def test_one_that_fails_is_paid_for_before_the_next(self) -> None:
        """Otherwise `auto` would try again after every execution; the first counts as usual."""
        stage, _ = staged(evaluate_every="auto", seconds_per_step=20.0)
        tried: list[int] = []

        def fail() -> None:
            tried.append(stage.trainer.step)
            stage.clock.advance(2.0)
            raise RuntimeError("out of memory")

        stage.sampler.generating = fail
        stage.run()
        assert tried == [3, 5, 20]

    def test_what_cannot_be_measured_is_said_once(self) -> None:
        stage, _ = staged(FakeMeasure(limits=["the images have no labels", "they are few"]))
        told = stage.run().told(events.Noted)
        assert [note.text for note in told] == [
            "quality: the images have no labels",
            "quality: they are few",
        ]


class TestAlerts:
    def test_an_alarm_is_raised_with_the_step_that_was_measured(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Alarm:
            def __init__(self, real: Any, classes: Any) -> None:
                assert (real.fd, len(classes)) == (0.5, 10)

            def add(self, quality: Any) -> list[Alert]:
                return [Alert("copies", "copies of training images")] if quality.fd < 87 else []

        monkeypatch.setattr("gan.training.findings.QualityAlarm", Alarm)
        stage, _ = staged()
        alerts = stage.run().told(events.AlertRaised)
        assert [(alert.step, alert.name) for alert in alerts] == [(15, "copies"), (20, "copies")]


def test_a_pinned_state_survives_a_run_that_diverges_later() -> None:
    stage, _ = staged(preview_seconds=WATCHED, at={18: [Stop()]})
    assert stage.run().recorder.best == [5, 10, 15]


def _unsaved(*_: Any) -> Any:
    from gan.errors import CheckpointError

    raise CheckpointError("not kept")
