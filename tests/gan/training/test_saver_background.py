"""A checkpoint is written while training continues, and is never lost for it."""

from __future__ import annotations

import pytest

from gan import events
from gan.commands import Pause, RollBack, SaveCheckpoint, Stop, Unpause
from gan.errors import StorageError
from tests.gan.training.fakes import ALL, AskedFor, Stage, at_step


def staged(**options: object) -> tuple[Stage, AskedFor]:
    """A trainer whose checkpoints are written when the test says so, or somebody has to wait."""
    executor = AskedFor()
    return Stage(**{"executor": executor, "checkpoint_every": "5", **options}), executor


def saved(stage: Stage) -> list[int]:
    return [event.step for event in stage.told(events.CheckpointSaved)]


def told_when_saved(stage: Stage) -> list[int]:
    """How many steps had been reported when each checkpoint was."""
    made, counts = 0, []
    for event in stage.events:
        if isinstance(event, events.StepsCompleted):
            made += len(event.d_loss)
        elif isinstance(event, events.CheckpointSaved):
            counts.append(made)
    return counts


def test_steps_go_on_while_a_checkpoint_is_written() -> None:
    stage, _ = staged()
    stage.run()
    assert stage.steps_told == ALL
    assert saved(stage) == [5, 10, 15, 20]
    # The first three are waited for by the next one, and the last by the end.
    assert told_when_saved(stage) == [10, 15, 20, 20]


def test_one_that_is_done_is_told_of_between_two_executions() -> None:
    stage, executor = staged(checkpoint_every="10", seconds_per_step=1.0)
    at_step(stage, 12, executor.carry_out)
    stage.run()
    assert told_when_saved(stage) == [12, 20]


def test_what_is_written_is_what_it_was_when_it_was_asked_for() -> None:
    stage, _ = staged(checkpoint_every="10", seconds_per_step=1.0)
    weights = stage.gan.networks.generator.variables[0].value
    at_step(stage, 9, lambda: weights.fill(9.0))
    at_step(stage, 12, lambda: weights.fill(12.0))
    stage.run()
    kept = [(saved.step, saved.arrays["generator/0"]) for saved in stage.recorder.saved]
    assert kept == [(10, [9.0]), (20, [12.0])]


def test_a_request_while_one_is_being_written_is_carried_out_too() -> None:
    stage, _ = staged(checkpoint_every="off", at={3: [SaveCheckpoint()], 4: [SaveCheckpoint()]})
    stage.run()
    assert len(stage.recorder.pinned) == 2


def test_a_pause_waits_for_it_and_tells_of_it() -> None:
    stage, _ = staged(checkpoint_every="off", at={3: [SaveCheckpoint(), Pause(), Unpause()]})
    stage.run()
    assert stage.story.index("CheckpointSaved") < stage.story.index("Unpaused")


def test_a_run_that_is_stopped_has_it() -> None:
    stage, _ = staged(seconds_per_step=1.0, at={7: [Stop()]})
    stage.run()
    assert saved(stage) == stage.recorder.saved_steps == [5, 7]


def test_a_run_that_fails_has_it() -> None:
    stage, _ = staged(seconds_per_step=1.0)

    def fail() -> None:
        raise MemoryError

    at_step(stage, 7, fail)
    with pytest.raises(MemoryError):
        stage.run()
    assert saved(stage) == stage.recorder.saved_steps == [5]


def test_rolling_back_goes_to_it() -> None:
    stage, _ = staged(seconds_per_step=1.0, at={7: [RollBack(), Unpause()]}, preview_seconds=1e9)
    stage.run()
    assert [event.step for event in stage.told(events.RolledBack)] == [5]


def test_a_disk_that_refuses_it_is_told_and_it_is_tried_again() -> None:
    """Ten seconds later, long before the next one is due."""
    stage, executor = staged(epochs=5, seconds_per_step=1.0, checkpoint_every="20")
    stage.recorder.error = StorageError("no space left")
    at_step(stage, 22, executor.carry_out)
    at_step(stage, 25, lambda: setattr(stage.recorder, "error", None))
    stage.run()
    assert len(stage.steps_told) == 50
    faults = (events.StorageFaulted, events.StorageRecovered)
    assert [type(e) for e in stage.events if isinstance(e, faults)] == list(faults)
    assert stage.recorder.tries[:2] == [20, 32]
    assert saved(stage)[0] == 32


def test_the_last_one_that_was_refused_is_tried_again_at_the_end() -> None:
    stage, _ = staged(checkpoint_every="20")
    stage.recorder.error = StorageError("no space left")
    with pytest.raises(StorageError):
        stage.run()
    assert stage.recorder.tries == [20, 20]


def test_a_checkpoint_costs_the_time_that_training_stood_still_for_it() -> None:
    """The first is written meanwhile, and the end waits for the second."""
    stage, executor = staged(checkpoint_every="10", seconds_per_step=1.0)
    stage.recorder.writing = lambda: stage.clock.advance(3.0)
    at_step(stage, 12, executor.carry_out)
    stage.run()
    assert [event.seconds for event in stage.told(events.CheckpointSaved)] == [0.0, 3.0]
