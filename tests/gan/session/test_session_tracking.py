"""A run that is logged to trackers: they have what its log has, and none of them can stop it."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan import events
from gan.commands import Stop
from gan.errors import StorageError
from gan.run.follower import read_events
from gan.trackers.feed import Feed
from gan.trackers.table import Choice
from gan.trackers.tracker import Ending
from gan.trackers.tracking import Tracking, tracking_of
from tests.gan.housing import losses
from tests.gan.tensorboard_reading import Read
from tests.gan.trackers.making import FakeTracker

if TYPE_CHECKING:
    from gan.run.directory import RunDirectory
    from tests.gan.housing import Ended, House

CLOSE_SECONDS = 0.5


def train(
    house: House,
    tracking: Tracking | None,
    resume: RunDirectory | None = None,
    resume_step: int | None = None,
    **options: object,
) -> Ended:
    """Train to the end with trackers."""
    training = house.session(
        resume=resume,
        resume_step=resume_step,
        plan=lambda plan: replace(plan, tracking=tracking),
        **{"steps": 12, "evaluate_every": "off", **options},
    )
    training.begin()
    return training.ended()


def told_to(tracker: FakeTracker) -> Tracking:
    return Tracking([Feed("wandb", tracker, close_seconds=CLOSE_SECONDS)])


def warnings(run: RunDirectory) -> list[str]:
    """What the run's log says of trackers."""
    noted = [event for event in read_events(run) if isinstance(event, events.Noted)]
    return [event.text for event in noted if event.text.startswith("--log-to")]


def require_as_logged(run: RunDirectory) -> None:
    """TensorBoard has every step of the log once, with its values."""
    steps, d_loss, g_loss, *_ = losses(read_events(run))
    read = Read(run.path / "tensorboard")
    for tag, expected in (("losses/d_loss", d_loss), ("losses/g_loss", g_loss)):
        found = read.values(tag)
        assert list(found) == steps.tolist()
        np.testing.assert_array_equal(np.array([*found.values()], np.float32), expected)


def test_tensorboard_has_what_the_log_has(house: House) -> None:
    ended = train(house, tracking_of([Choice("tensorboard")]), sample_every="4")
    require_as_logged(ended.run)
    read = Read(ended.run.path / "tensorboard")
    assert read.pictures().keys() == {0, 4, 8, 12}
    assert "| steps | 12 |" in read.text("config")
    assert read.texts("marks")[12].startswith("finished at step 12")


def test_the_log_says_where_the_run_is_logged(house: House) -> None:
    run = train(house, tracking_of([Choice("tensorboard")])).run
    noted = [one.text for one in read_events(run) if isinstance(one, events.Noted)]
    assert f"logging to TensorBoard; tensorboard --logdir {run.path}/tensorboard shows it" in noted


def test_after_a_resume_from_an_earlier_step_the_later_ones_are_there_once(house: House) -> None:
    choices = [Choice("tensorboard")]
    first = train(house, tracking_of(choices), checkpoint_every="4")
    train(house, tracking_of(choices), resume=first.run, resume_step=8, steps=20)
    require_as_logged(first.run)
    assert list(Read(first.run.path / "tensorboard").values("losses/d_loss"))[-1] == 20


def test_a_resumed_run_tells_its_tracker_from_which_step(house: House) -> None:
    first = train(house, None, checkpoint_every="4")
    tracker = FakeTracker()
    train(house, told_to(tracker), resume=first.run, resume_step=8, steps=20)
    assert tracker.beginning is not None
    assert tracker.beginning.step == 8
    assert tracker.beginning.run == first.run


@pytest.mark.parametrize("call", ["open", "write", "close"])
def test_a_tracker_that_raises_ends_nothing_and_is_in_the_log(call: str, house: House) -> None:
    ended = train(house, told_to(FakeTracker(fails_in=call)))
    assert ended.only(events.RunFinished).completed
    (text,) = warnings(ended.run)
    assert text.startswith("--log-to wandb: RuntimeError: no network. Training goes on without it.")


def test_a_tracker_whose_disk_is_full_ends_nothing(house: House) -> None:
    error = StorageError("cannot write /tb: No space left on device.")
    ended = train(house, told_to(FakeTracker(fails_in="write", error=error)))
    assert ended.only(events.RunFinished).completed
    assert "No space left on device" in warnings(ended.run)[0]


@pytest.mark.parametrize("call", ["open", "write", "close"])
def test_a_tracker_that_hangs_delays_the_end_by_no_more_than_it_may(
    call: str, house: House
) -> None:
    tracker = FakeTracker(hangs_in=call)
    ended = train(house, told_to(tracker))
    last = ended.only(events.RunFinished)
    assert last.completed
    assert time.time() - last.time < CLOSE_SECONDS + 2
    (text,) = warnings(ended.run)
    assert "it was not done 0.5 s after the end of the run" in text
    tracker.released.set()


def test_a_run_that_fails_at_its_start_opens_no_tracker(house: House) -> None:
    tracker = FakeTracker()
    ended = train(house, told_to(tracker), batch_size=65_536)
    assert ended.only(events.RunFailed)
    assert tracker.calls == []


def test_a_stopped_run_has_stopped_for_its_tracker_too(house: House) -> None:
    tracker = FakeTracker()
    training = house.session(
        on=lambda session, event: (
            session.send(Stop()) if isinstance(event, events.StepsCompleted) else None
        ),
        plan=lambda plan: replace(plan, tracking=told_to(tracker)),
        steps=10**6,
        evaluate_every="off",
    )
    training.begin()
    training.ended()
    assert tracker.ending is Ending.STOPPED
