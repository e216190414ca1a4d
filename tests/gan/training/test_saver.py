"""A disk that refuses checkpoints: that is reported, and tried again."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from gan import events
from gan.commands import Pause, SaveCheckpoint, Stop, Unpause
from gan.errors import StorageError
from gan.training.checkpoint_due import RETRY_SECONDS
from tests.gan.training.fakes import ALL, FULL, Stage, at_step, faults, refusing

if TYPE_CHECKING:
    from gan.run.checkpoints.reading import Checkpoint


class TestCheckpoints:
    """A step takes a second here, so that steps are seconds."""

    def stage(self, first: int = 8, last: int = 35, **options: object) -> Stage:
        defaults = {"epochs": 5, "checkpoint_every": "10", "seconds_per_step": 1.0}
        return refusing(Stage(**{**defaults, **options}), first, last)

    def test_a_refusal_stops_no_step(self) -> None:
        stage = self.stage().run()
        assert stage.steps_told == list(range(1, 51))
        assert stage.end.completed

    def test_it_is_told_once_and_once_more_when_it_is_over(self) -> None:
        stage = self.stage().run()
        assert faults(stage) == [
            ("StorageFaulted", "checkpoint"),
            ("StorageRecovered", "checkpoint"),
        ]
        assert stage.told(events.StorageFaulted)[0].message == str(FULL)

    def test_it_is_tried_again_every_few_seconds_and_no_more_often(self) -> None:
        stage = Stage(epochs=10, checkpoint_every="10", seconds_per_step=0.5)
        tried: list[float] = []
        usual = stage.recorder.save_checkpoint

        def save(saved: Checkpoint, *, requested: bool) -> tuple[str, int]:
            tried.append(stage.clock.seconds)
            return usual(saved, requested=requested)

        stage.recorder.save_checkpoint = save
        refusing(stage, 8, 85).run()
        waits = [later - earlier for earlier, later in itertools.pairwise(tried)]
        assert len(stage.recorder.tries) >= 4
        # Failed, failed..., saved: up to there only the retries count.
        failed = len(tried) - len(stage.recorder.saved)
        assert all(RETRY_SECONDS <= wait <= RETRY_SECONDS + 1 for wait in waits[:failed])

    def test_what_is_saved_then_is_of_the_step_it_stands_at(self) -> None:
        stage = self.stage().run()
        first = stage.recorder.saved_steps[0]
        assert first > 35
        assert stage.recorder.saved[0].step == first

    def test_where_nothing_is_saved_on_schedule_a_refused_request_is_tried_again(self) -> None:
        stage = self.stage(at={9: [SaveCheckpoint()]}, checkpoint_every="off", last=12).run()
        assert 12 <= stage.recorder.saved_steps[0] < 30

    def test_a_refused_request_stays_a_request_until_it_is_saved(self) -> None:
        """What a person asked for is theirs, however late: newer ones do not displace it."""
        stage = self.stage(at={9: [SaveCheckpoint()]}, checkpoint_every="20", last=12).run()
        assert stage.recorder.pinned == [stage.recorder.saved_steps[0]]
        requested = [event.requested for event in stage.told(events.CheckpointSaved)]
        assert requested == [True] + [False] * (len(requested) - 1)

    def test_a_refused_request_is_theirs_at_the_end_too(self) -> None:
        stage = self.stage(at={9: [SaveCheckpoint()]}, first=8, last=10, epochs=1).run()
        assert stage.recorder.pinned == stage.recorder.saved_steps == [10]

    def test_a_request_is_saved_as_one(self) -> None:
        stage = Stage(at={5: [SaveCheckpoint()]}, checkpoint_every="10").run()
        assert stage.recorder.pinned == [stage.recorder.saved_steps[0]]
        assert len(stage.recorder.saved_steps) == 3

    def test_a_paused_run_that_cannot_save_stays_paused(self) -> None:
        stage = Stage(at={9: [Pause(), SaveCheckpoint(), Unpause()]})
        refusing(stage, 5, 15).run()
        assert stage.story.index("StorageFaulted") < stage.story.index("Unpaused")
        assert stage.steps_told == ALL

    def test_the_last_one_is_not_given_up(self) -> None:
        """Nothing is left to try it again: the run has failed."""
        stage = self.stage(last=10**6)
        with pytest.raises(StorageError, match="no space left"):
            stage.run()
        assert stage.steps_told == list(range(1, 51))

    def test_an_end_on_a_disk_that_works_again_is_saved_though_no_retry_was_due(self) -> None:
        stage = self.stage(first=48, last=10**6, checkpoint_every="49")
        usual = stage.recorder.save_checkpoint

        def save(saved: Checkpoint, *, requested: bool) -> tuple[str, int]:
            stage.recorder.error = None if saved.step == 50 else FULL
            return usual(saved, requested=requested)

        stage.recorder.save_checkpoint = save
        stage.run()
        assert stage.recorder.saved_steps == [50]
        assert faults(stage)[-1] == ("StorageRecovered", "checkpoint")

    def test_another_reason_is_told_too(self) -> None:
        stage = self.stage()
        at_step(stage, 22, lambda: setattr(stage.recorder, "error", StorageError("read-only")))
        told = [event.message for event in stage.run().told(events.StorageFaulted)]
        assert told == [str(FULL), "read-only"]


class TestGone:
    """Checkpoints that something else has deleted."""

    def test_the_last_is_saved_again_if_it_is_gone(self) -> None:
        stage = Stage(at={10: [SaveCheckpoint(), Pause(), Stop()]})
        stage.recorder.gone = {10}
        stage.run()
        assert stage.recorder.saved_steps == [10, 10]

    def test_without_any_one_is_saved_at_once(self) -> None:
        stage = Stage(seconds_per_step=1.0)
        at_step(stage, 12, lambda: setattr(stage.recorder, "lost_checkpoints", True))
        stage.run()
        assert stage.recorder.saved_steps == [12, 20]
