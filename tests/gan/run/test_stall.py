"""Steps that do not come back, noticed by a thread that looks on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gan import events
from gan.progress import RunProgress, apply
from gan.run.recorder import Recorder
from gan.run.stall import STALLED_SECONDS, StallWatch
from tui.model.alerts import alert_of

if TYPE_CHECKING:
    from gan.events import Event

ON_A_GPU = RunProgress(device="NVIDIA L4", step=50, checkpoint_step=40, steps_per_second=900.0)


class Watched:
    """A watch whose looks are a second apart."""

    def __init__(self, progress: RunProgress = ON_A_GPU) -> None:
        self.told: list[Event] = []
        self.recorder = Recorder([self.told.append])
        self.recorder.progress = progress
        self.watch = StallWatch(self.recorder)

    def look(self, seconds: int) -> None:
        for _ in range(seconds):
            self.watch.look(1.0)

    @property
    def alerts(self) -> list[events.AlertRaised]:
        return [event for event in self.told if isinstance(event, events.AlertRaised)]


@pytest.mark.parametrize(("expected", "patience"), [(0.08, 30), (1.0, 30), (5.0, 100)])
def test_it_waits_for_half_a_minute_and_twenty_times_as_long_as_expected(
    expected: float, patience: int
) -> None:
    watched = Watched()
    with watched.watch.awaited(expected):
        watched.look(patience - 1)
        assert watched.told == []
        watched.look(100)

        (alert,) = watched.alerts
        assert (alert.step, alert.name) == (50, events.STALLED)
        assert f"no step has come back for {patience} s" in alert.message
        assert watched.recorder.progress.steps_per_second == 0.0


def test_on_a_gpu_it_says_how_to_go_on() -> None:
    watched = Watched()
    with watched.watch.awaited(0.08):
        watched.look(30)

    (alert,) = watched.alerts
    assert alert.message == (
        "no step has come back for 30 s, where the next ones should have taken 0.08 s: NVIDIA L4 "
        "may hang, as nvidia-smi then does too. Look for Xid in dmesg. The checkpoint of step 40 "
        "is whole: end the run and resume from it, on the CPU with --device cpu."
    )
    toast = alert_of(alert)
    assert toast is not None
    assert toast.title == "No steps"


@pytest.mark.parametrize(
    ("progress", "words"),
    [
        (replace(ON_A_GPU, checkpoint_step=None), "There is no checkpoint yet."),
        (replace(ON_A_GPU, device="CPU"), "the machine is out of memory or very busy."),
    ],
)
def test_without_a_checkpoint_or_a_gpu_it_says_so(progress: RunProgress, words: str) -> None:
    watched = Watched(progress)
    with watched.watch.awaited(0.08):
        watched.look(30)

    assert watched.alerts[0].message.endswith(words)


def test_steps_that_come_back_late_are_told() -> None:
    watched = Watched()
    with watched.watch.awaited(0.08):
        watched.look(45)

    last = watched.told[-1]
    assert isinstance(last, events.Noted)
    assert last.text == "the steps have come back after 45 s."


def test_neither_between_steps_nor_before_a_first_measurement_is_anything_awaited() -> None:
    """So that a compilation, an evaluation, a checkpoint and a pause may take their time."""
    watched = Watched()
    with watched.watch.awaited(0.0):
        watched.look(1000)
    with watched.watch.awaited(0.08):
        watched.look(20)
    watched.look(1000)
    with watched.watch.awaited(0.08):
        watched.look(20)

    assert watched.told == []


def test_the_next_steps_have_a_speed_again() -> None:
    alert = events.AlertRaised(time=1.0, step=50, name=events.STALLED, message="")
    other = events.AlertRaised(time=1.0, step=50, name="copies", message="")

    assert apply(ON_A_GPU, other) == ON_A_GPU
    assert apply(ON_A_GPU, alert).steps_per_second == 0.0
    assert STALLED_SECONDS == 30.0
