"""A tracker gets the events in order, and whatever it does, the run never waits for it."""

from __future__ import annotations

import errno
import time
from typing import TYPE_CHECKING

import pytest

from gan.errors import StorageError
from gan.export.tracked import Note, Settings, Steps
from gan.trackers.feed import Feed
from gan.trackers.tracker import Ending
from gan.trackers.tracking import Tracking
from tests import fakes
from tests.gan.trackers.making import (
    LONG_ENOUGH,
    FakeTracker,
    Log,
    ended,
    made_run,
    rolled_back,
    started,
)

if TYPE_CHECKING:
    from pathlib import Path

    from gan.events import Event

AT_ONCE = 0.2
"""Seconds: for a tracker that isn't waited for."""


def fed(
    tracker: FakeTracker,
    tmp_path: Path,
    *happened: Event,
    capacity: int = 100,
    seconds: float = LONG_ENOUGH,
) -> Log:
    """Have a tracker told of a run from its directory to its end; returns what was said of it."""
    run, log = made_run(tmp_path), Log()
    feed = Feed("wandb", tracker, capacity=capacity, close_seconds=seconds)
    tracking = Tracking([feed])
    with tracking.following(run, log):
        for event in (started(run), *happened):
            tracking(event)
    tracker.released.set()
    return log


def test_a_tracker_is_opened_told_everything_in_order_and_closed(tmp_path: Path) -> None:
    tracker = FakeTracker()
    log = fed(tracker, tmp_path, fakes.steps(1, 5), fakes.quality(5, 9.0), ended(5))
    assert tracker.calls[0] == "open"
    assert tracker.beginning is not None
    assert tracker.beginning.name == "00007-mlp-synthetic"
    assert tracker.beginning.step == 0
    assert [type(entry) for entry in tracker.entries][:2] == [Settings, Steps]
    assert tracker.ending is Ending.FINISHED
    assert log.notes == []


@pytest.mark.parametrize(
    ("last", "ending"),
    [(ended(5, completed=False), Ending.STOPPED), (fakes.failed()[-1], Ending.FAILED)],
    ids=["stopped", "failed"],
)
def test_a_run_ends_as_stopped_or_failed(last: Event, ending: Ending, tmp_path: Path) -> None:
    tracker = FakeTracker()
    fed(tracker, tmp_path, fakes.steps(1, 5), last)
    assert tracker.ending is ending


def test_a_rollback_rewinds_before_it_is_marked(tmp_path: Path) -> None:
    tracker = FakeTracker()
    fed(tracker, tmp_path, fakes.steps(1, 5), rolled_back(3), fakes.steps(4, 2))
    assert tracker.calls[-4:] == ["rewind 3", "write", "write", "close"]
    assert isinstance(tracker.entries[-2], Note)


def test_a_run_without_a_start_is_neither_opened_nor_closed(tmp_path: Path) -> None:
    run, tracker = made_run(tmp_path), FakeTracker()
    with Tracking([Feed("wandb", tracker)]).following(run, Log()):
        pass
    assert tracker.calls == []


@pytest.mark.parametrize("call", ["open", "write", "rewind 3", "close"])
def test_an_error_is_one_warning_that_names_the_tracker_and_what_helps(
    call: str, tmp_path: Path
) -> None:
    tracker = FakeTracker(fails_in=call)
    log = fed(tracker, tmp_path, fakes.steps(1, 5), rolled_back(3), fakes.steps(4, 9), ended(12))
    (text,) = log.texts
    assert text == (
        "--log-to wandb: RuntimeError: no network. Training goes on without it. "
        "Try wandb login, or WANDB_MODE=offline and wandb sync later."
    )
    assert log.notes[0].warning
    assert tracker.calls[-1] == call


def test_a_full_disk_is_said_in_the_words_of_the_error(tmp_path: Path) -> None:
    error = StorageError("cannot write /tb/x: No space left on device.")
    error.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    log = fed(FakeTracker(fails_in="write", error=error), tmp_path, fakes.steps(1, 5))
    (text,) = log.texts
    assert text.startswith("--log-to wandb: cannot write /tb/x: No space left on device. Training")


def test_an_escape_code_in_an_error_does_not_reach_the_log(tmp_path: Path) -> None:
    log = fed(FakeTracker(fails_in="open", error=ValueError("\x1b[2Jhi")), tmp_path)
    assert r"ValueError: \x1b[2Jhi." in log.texts[0]


@pytest.mark.parametrize("call", ["open", "write", "close"])
def test_a_tracker_that_hangs_is_left_at_the_end_and_named(call: str, tmp_path: Path) -> None:
    tracker = FakeTracker(hangs_in=call)
    begun = time.monotonic()
    log = fed(tracker, tmp_path, fakes.steps(1, 5), ended(5), seconds=AT_ONCE)
    assert time.monotonic() - begun < 10 * AT_ONCE
    (text,) = log.texts
    assert text == (
        "--log-to wandb: it was not done 0.2 s after the end of the run. It is gone. "
        "Try wandb login, or WANDB_MODE=offline and wandb sync later."
    )
    assert "abandon" in tracker.calls


def test_two_that_hang_are_waited_for_together(tmp_path: Path) -> None:
    run, log = made_run(tmp_path), Log()
    trackers = [FakeTracker(hangs_in="open"), FakeTracker(hangs_in="open")]
    tracking = Tracking([Feed("wandb", one, close_seconds=2.0) for one in trackers])
    begun = time.monotonic()
    with tracking.following(run, log):
        tracking(started(run))
    assert time.monotonic() - begun < 3.5
    assert len(log.notes) == 2
    for one in trackers:
        one.released.set()


def test_one_that_fails_does_not_keep_another_from_its_events(tmp_path: Path) -> None:
    run, log = made_run(tmp_path), Log()
    bad, good = FakeTracker(fails_in="open"), FakeTracker()
    tracking = Tracking([Feed("wandb", bad), Feed("mlflow", good)])
    with tracking.following(run, log):
        for event in (started(run), fakes.steps(1, 5), ended(5)):
            tracking(event)
    assert good.ending is Ending.FINISHED
    assert len(log.notes) == 1


def test_a_full_queue_drops_the_oldest_steps_says_so_once_and_counts(tmp_path: Path) -> None:
    run, log, tracker = made_run(tmp_path), Log(), FakeTracker(hangs_in="open")
    tracking = Tracking([Feed("wandb", tracker, capacity=3)])
    with tracking.following(run, log):
        tracking(started(run))
        assert tracker.arrived.wait(LONG_ENOUGH)
        for step in range(1, 11):
            tracking(fakes.steps(step))
        assert len(log.texts) == 1
        assert "takes events more slowly than they come" in log.texts[0]
        tracker.released.set()
    steps = [entry.step for entry in tracker.entries if isinstance(entry, Steps)]
    assert steps == [8, 9, 10]
    assert log.texts[1:] == ["--log-to wandb: 7 events were left out there."]


def test_a_full_queue_keeps_what_happens_once(tmp_path: Path) -> None:
    run, tracker = made_run(tmp_path), FakeTracker(hangs_in="open")
    tracking = Tracking([Feed("wandb", tracker, capacity=3)])
    with tracking.following(run, Log()):
        tracking(started(run))
        assert tracker.arrived.wait(LONG_ENOUGH)
        for event in (rolled_back(2), *(fakes.steps(step) for step in range(3, 9)), ended(8)):
            tracking(event)
        tracker.released.set()
    assert "rewind 2" in tracker.calls
    assert tracker.ending is Ending.FINISHED


def test_events_that_trackers_have_no_use_for_are_not_queued(tmp_path: Path) -> None:
    tracker = FakeTracker(hangs_in="open")
    log = fed(tracker, tmp_path, *fakes.loading() * 10, capacity=3, seconds=AT_ONCE)
    assert not any("more slowly" in text for text in log.texts)
