"""What the trainer answers to messages: done at which step, or refused and why."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gan import events
from gan.commands import (
    COMMANDS,
    Command,
    Evaluate,
    Interpolate,
    Pause,
    Resample,
    RestoreLatents,
    RollBack,
    SaveCheckpoint,
    ShowGenerator,
    Stop,
    Unpause,
    Watch,
)
from gan.errors import Diverged, StorageError
from gan.exchange.requests import Request, Ticket
from tests.gan.training.fakes import ALL, AskedFor, FakeMeasure, Stage, at_step, refusing

ANN = "ann@box (pid 123)"
WATCHED = 1e9


def sent(command: Command, message: str = "a") -> Request:
    """A command in a message with this id."""
    return Request(command, (Ticket(message, ANN),))


def answers(stage: Stage) -> list[tuple[str, str, int, str]]:
    """The id, the command, the step and the refusal of every answer, in order."""
    told = stage.told(events.CommandAnswered)
    assert all(event.sender == ANN and event.done is not bool(event.reason) for event in told)
    return [(event.id, event.command, event.step, event.reason) for event in told]


def refusal(stage: Stage) -> str:
    """Why the only message was refused."""
    ((_, _, _, reason),) = answers(stage)
    assert reason
    return reason


class TestDone:
    @pytest.mark.parametrize(
        ("command", "name"),
        [
            (Resample(), "resample"),
            (RestoreLatents(), "restore_latents"),
            (ShowGenerator(raw=True), "show_raw"),
            (ShowGenerator(raw=False), "show_averaged"),
            (Interpolate(), "interpolate"),
            (Unpause(), "unpause"),
            (SaveCheckpoint(), "save"),
            (Stop(), "stop"),
        ],
        ids=str,
    )
    def test_an_answer_has_the_step_at_which_it_was_done(self, command: Command, name: str) -> None:
        stage = Stage(at={10: [sent(command)]}, preview_seconds=WATCHED).run()
        assert answers(stage) == [("a", name, 10, "")]

    def test_it_comes_after_what_was_done(self) -> None:
        stage = Stage(at={10: [sent(Pause()), sent(Unpause(), "b")]}).run()
        kinds = [kind for kind in stage.story if kind != "PhaseEntered"]
        assert kinds[:4] == ["Paused", "CommandAnswered", "Unpaused", "CommandAnswered"]

    def test_a_rollback_is_answered_with_the_step_it_went_back_to(self) -> None:
        stage = Stage(at={13: [sent(RollBack()), Unpause()]}, checkpoint_every="10").run()
        assert answers(stage) == [("a", "roll_back", 10, "")]

    def test_what_was_asked_by_several_is_done_once_and_answered_to_each(self) -> None:
        stage = Stage(at={10: [sent(Resample(), "a"), sent(Resample(), "b")]})
        stage.commands.at_once = True
        stage.run()
        assert len(stage.told(events.Resampled)) == 1
        assert answers(stage) == [("a", "resample", 10, ""), ("b", "resample", 10, "")]

    def test_commands_of_this_process_have_no_answer(self) -> None:
        commands = [command for name, command in COMMANDS.items() if name != "roll_back"]
        stage = Stage(at={10: [*commands, Unpause(), Watch(None)]}, measure=FakeMeasure()).run()
        assert answers(stage) == []
        assert stage.steps_told == ALL


class TestSaving:
    def test_it_is_answered_once_the_checkpoint_is_written(self) -> None:
        executor = AskedFor()
        stage = Stage(at={4: [sent(SaveCheckpoint())]}, executor=executor)
        step_of: list[int] = []

        def write() -> None:
            step_of.append(len(stage.told(events.CommandAnswered)))
            executor.carry_out()

        at_step(stage, 8, write)
        stage.run()
        saved, _ = stage.told(events.CheckpointSaved)
        assert step_of == [0]
        assert answers(stage) == [("a", "save", saved.step, "")]
        position = stage.events.index(saved)
        assert isinstance(stage.events[position + 1], events.CommandAnswered)

    def test_a_disk_that_refuses_is_the_answer_and_the_checkpoint_is_still_saved_later(
        self,
    ) -> None:
        stage = refusing(Stage(at={4: [sent(SaveCheckpoint())]}, seconds_per_step=1.0), 3, 6).run()
        assert "the checkpoint could not be written: " in refusal(stage)
        assert len(stage.recorder.pinned) == 1

    def test_at_the_end_the_last_checkpoint_is_the_one_that_was_asked_for(self) -> None:
        stage = Stage(at={10: [sent(SaveCheckpoint()), sent(Stop(), "b")]})
        stage.commands.at_once = True
        stage.run()
        assert answers(stage) == [("b", "stop", 10, ""), ("a", "save", 10, "")]
        assert stage.recorder.pinned == [10]
        assert isinstance(stage.events[-1], events.RunFinished)

    def test_a_disk_that_refuses_the_last_checkpoint_answers_it(self) -> None:
        stage = Stage(at={10: [sent(SaveCheckpoint()), Stop()]})
        stage.commands.at_once = True
        at_step(stage, 9, lambda: setattr(stage.recorder, "error", StorageError("full.")))
        with pytest.raises(StorageError):
            stage.run()
        assert refusal(stage) == "the checkpoint could not be written: full."

    def test_a_state_that_is_not_finite_is_the_answer(self) -> None:
        stage = Stage(at={10: [sent(SaveCheckpoint())]})
        at_step(stage, 10, lambda: stage.gan.networks.generator.variables[0].assign([np.nan]))
        with pytest.raises(Diverged):
            stage.run()
        assert "not finite" in refusal(stage)


class TestRefused:
    @pytest.mark.parametrize(
        "command", [Unpause(), SaveCheckpoint(), Interpolate(), Evaluate()], ids=str
    )
    def test_what_a_diverged_run_cannot_do(self, command: Command) -> None:
        stage = Stage(preview_seconds=WATCHED, measure=FakeMeasure())
        stage.execution.d_loss[20] = np.nan
        stage.recorder.on_event.append(after(events.Diverged, stage, sent(command), Stop()))
        with pytest.raises(Diverged):
            stage.run()
        assert refusal(stage).startswith("the run has diverged: ")
        assert "at step 20" in refusal(stage)

    def test_a_rollback_without_a_checkpoint(self) -> None:
        stage = Stage(at={10: [sent(RollBack())]}).run()
        assert refusal(stage) == "this run has no checkpoint yet."

    def test_an_averaged_generator_that_there_is_not(self) -> None:
        stage = Stage(at={10: [sent(ShowGenerator(raw=True))]})
        stage.sampler.has_raw = False
        assert "no averaged generator" in refusal(stage.run())

    def test_an_interpolation_that_nobody_would_see(self) -> None:
        stage = Stage(at={10: [sent(Interpolate())]}).run()
        assert "nobody watches" in refusal(stage)

    def test_a_pause_of_a_run_that_is_stopping(self) -> None:
        stage = Stage(epochs=5, at={13: [Stop("epoch_end"), sent(Pause())]}).run()
        assert "stops at the end of its epoch" in refusal(stage)

    def test_what_another_command_replaces(self) -> None:
        stage = Stage(at={10: [sent(Pause(), "a"), sent(Unpause(), "b")]})
        stage.commands.at_once = True
        stage.run()
        why = "another command replaced it: unpause"
        assert answers(stage) == [("a", "pause", 10, why), ("b", "unpause", 10, "")]

    def test_what_is_left_when_the_run_stops(self) -> None:
        stage = Stage(at={10: [sent(Resample()), sent(Pause(), "b"), Stop()]})
        stage.commands.at_once = True
        stage.run()
        why = "the run has ended"
        assert answers(stage) == [("a", "resample", 10, why), ("b", "pause", 10, why)]
        assert isinstance(stage.events[-1], events.RunFinished)

    def test_what_is_left_when_the_run_fails(self) -> None:
        stage = Stage()
        stage.execution.d_loss[13] = np.nan
        stage.recorder.on_event.append(after(events.Diverged, stage, sent(Resample())))
        with pytest.raises(Diverged):
            stage.run()
        assert refusal(stage) == "the run has ended"

    def test_what_comes_while_the_last_evaluation_is_awaited(self) -> None:
        stage, _ = evaluating(evaluate_every="auto")
        stage.trainer._evaluator._wait = lambda: stage.commands.ask(
            sent(Resample()), sent(Stop(), "b")
        )
        stage.commands.at_once = True
        stage.run()
        why = "the run has made its last step"
        assert sorted(answers(stage)) == [("a", "resample", 20, why), ("b", "stop", 20, "")]

    def test_the_queue_is_closed_before_the_last_event(self) -> None:
        stage = Stage()
        closed: list[int] = []
        stage.commands.close = lambda: closed.append(len(stage.events))
        stage.run()
        assert closed[0] == len(stage.events) - 1


def after(kind: type[events.Event], stage: Stage, *asked: Command | Request) -> Any:
    """Ask for this after the first event of a kind."""
    waiting = list(asked)

    def react(event: events.Event) -> None:
        if isinstance(event, kind):
            stage.commands.ask(*waiting)
            waiting.clear()

    return react


def evaluating(measure: FakeMeasure | None = None, **options: Any) -> tuple[Stage, AskedFor]:
    """A stage whose images are measured when the test says so, or when training waits."""
    executor = AskedFor()
    measure = measure or FakeMeasure()
    stage = Stage(**{"measure": measure, "measuring": executor, "evaluate_every": "off", **options})
    stage.trainer._evaluator._wait = executor.carry_out
    return stage, executor


class TestEvaluating:
    def test_the_state_of_that_step_is_measured_also_if_evaluations_are_off(self) -> None:
        measure = FakeMeasure()
        stage = Stage(at={10: [sent(Evaluate())]}, measure=measure, evaluate_every="off").run()
        assert stage.evaluated == measure.measured == [10]
        assert answers(stage) == [("a", "evaluate", 10, "")]
        assert stage.steps_told == ALL

    def test_it_is_answered_once_it_is_measured_with_the_step_that_was(self) -> None:
        stage, executor = evaluating(at={5: [sent(Evaluate())]})
        at_step(stage, 9, executor.carry_out)
        stage.run()
        (measured,) = stage.told(events.QualityMeasured)
        assert measured.step == stage.end_of_call(5)
        assert answers(stage) == [("a", "evaluate", measured.step, "")]
        assert isinstance(stage.events[stage.events.index(measured) + 1], events.CommandAnswered)

    def test_the_steps_that_were_to_be_evaluated_still_are(self) -> None:
        stage = Stage(at={7: [Evaluate()]}, measure=FakeMeasure(), evaluate_every="5").run()
        assert stage.evaluated == sorted({5, stage.end_of_call(7), 10, 15, 20})

    def test_at_the_end_of_the_run_it_is_awaited(self) -> None:
        stage, _ = evaluating(at={18: [sent(Evaluate())]})
        stage.run()
        assert answers(stage) == [("a", "evaluate", stage.end_of_call(18), "")]
        assert stage.end.completed

    def test_during_a_pause_it_is_measured_at_once(self) -> None:
        stage, _ = evaluating(at={5: [Pause(), sent(Evaluate())]})
        stage.recorder.on_event.append(after(events.CommandAnswered, stage, Unpause()))
        stage.run()
        words = [word for word in stage.story if word != "PhaseEntered"]
        assert words[:5] == [
            "Paused",
            "QualityMeasured",
            "CommandAnswered",
            "Unpaused",
            "CheckpointSaved",
        ]
        assert stage.steps_told == ALL

    def test_during_a_pause_a_stop_does_not_wait_for_it(self) -> None:
        stage, executor = evaluating(at={5: [Pause(), sent(Evaluate())]})
        stage.trainer._evaluator._wait = lambda: stage.commands.ask(Stop())
        stage.run()
        assert not stage.end.completed
        assert len(executor.waiting) == 1
        assert refusal(stage) == "the run has ended"

    def test_a_step_that_was_evaluated_is_not_evaluated_again(self) -> None:
        at = {10: [Pause(), sent(Evaluate(), "a")]}
        stage = Stage(at=at, measure=FakeMeasure(), evaluate_every="off")
        again = after(events.CommandAnswered, stage, sent(Evaluate(), "b"), Unpause())
        stage.recorder.on_event.append(again)
        stage.run()
        assert answers(stage) == [
            ("a", "evaluate", 10, ""),
            ("b", "evaluate", 10, "step 10 was evaluated already"),
        ]
        (note,) = stage.told(events.Noted)
        assert note.text == "not evaluated: step 10 was evaluated already"

    def test_there_is_one_at_a_time(self) -> None:
        stage, _ = evaluating(at={5: [Evaluate()], 10: [sent(Evaluate())]})
        stage.run()
        assert refusal(stage) == f"an evaluation of step {stage.end_of_call(5)} is under way"
        assert len(stage.evaluated) == 1

    def test_a_run_that_measures_nothing_says_so(self) -> None:
        stage = Stage(at={10: [sent(Evaluate())]}).run()
        assert refusal(stage) == "this run has nothing to evaluate its images with"

    def test_a_measure_that_fails_is_the_answer(self) -> None:
        measure = FakeMeasure()
        measure.error = MemoryError("too little")
        stage = Stage(at={10: [sent(Evaluate())]}, measure=measure, evaluate_every="off").run()
        assert "can't be measured. MemoryError: too little" in refusal(stage)
        assert stage.end.completed

    def test_images_that_cannot_be_generated_are_the_answer(self) -> None:
        def fail() -> None:
            raise MemoryError("too little")

        stage = Stage(at={10: [sent(Evaluate())]}, measure=FakeMeasure(), evaluate_every="off")
        stage.sampler.generating = fail
        assert "can't be measured. MemoryError" in refusal(stage.run())

    def test_a_rollback_gives_up_what_is_measured(self) -> None:
        at = {13: [sent(Evaluate())], 17: [RollBack(), Unpause()]}
        stage, executor = evaluating(at=at, checkpoint_every="10", seconds_per_step=0.25)
        stage.run()
        assert refusal(stage) == "the run was rolled back before it was measured"
        assert stage.evaluated == []
        assert len(executor.waiting) == 1

    def test_a_rollback_gives_up_what_is_not_begun(self) -> None:
        at = {13: [Pause(), RollBack(), sent(Evaluate()), RollBack(), Unpause()]}
        stage, _ = evaluating(at=at, checkpoint_every="10", seconds_per_step=0.25)
        stage.run()
        assert len(answers(stage)) == 1
        assert stage.end.completed

    def test_a_stop_does_not_wait_for_it(self) -> None:
        stage, executor = evaluating(at={5: [sent(Evaluate())], 7: [Stop()]})
        stage.run()
        assert refusal(stage) == "the run has ended"
        assert len(executor.waiting) == 1

    def test_it_changes_neither_the_steps_nor_their_losses(self) -> None:
        at = {3: [Evaluate()], 25: [Evaluate()], 45: [Pause(), Evaluate(), Unpause()]}
        stage = Stage(epochs=5, at=at, measure=FakeMeasure(), evaluate_every="off").run()
        assert stage.steps_told == Stage(epochs=5).run().steps_told
        assert stage.evaluated == [stage.end_of_call(step) for step in at]
