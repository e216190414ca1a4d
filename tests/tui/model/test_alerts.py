"""What raises a toast, the bell and the window title."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gan import events
from gan.events import Phase
from gan.progress import RunProgress
from tests import fakes
from tests.fakes import START, steps
from tui.model.alerts import alert_of, window_title

RUN = RunProgress(name="00007-mlp-mnist", phase=Phase.TRAINING, step=450, total_steps=1000)

LOUD = [
    events.Diverged(time=START, step=7, message="no number"),
    events.AlertRaised(time=START, step=7, name="d_loss", message="D loss near 0"),
    events.StorageFaulted(time=START, what="log", message="no space left"),
    events.CheckpointRejected(time=START, path="step-7.corrupt", reason="sha256"),
]


@pytest.mark.parametrize("event", LOUD, ids=lambda event: type(event).__name__)
def test_what_a_person_has_to_know_rings(event: events.Event) -> None:
    alert = alert_of(event)

    assert alert is not None
    assert alert.rings


def saved(*, requested: bool) -> events.CheckpointSaved:
    return events.CheckpointSaved(
        time=START, step=7, path="p", size=1, seconds=0.1, requested=requested
    )


def test_what_a_person_asked_for_is_shown_without_a_bell() -> None:
    alert = alert_of(saved(requested=True))

    assert alert is not None
    assert not alert.rings


ANSWER = events.CommandAnswered(time=START, id="1", command="save", sender="", step=7, done=True)


@pytest.mark.parametrize(
    "event", [saved(requested=False), steps(), ANSWER], ids=["saved", "steps", "answer"]
)
def test_routine_events_raise_no_alert(event: events.Event) -> None:
    assert alert_of(event) is None


@pytest.mark.parametrize(
    ("progress", "title"),
    [
        (RUN, "00007-mlp-mnist: training 45%"),
        (replace(RUN, phase=Phase.PAUSED), "00007-mlp-mnist: paused 45%"),
        (replace(RUN, diverged_step=450), "! 00007-mlp-mnist: diverged at step 450"),
        (replace(RUN, faults=(("log", "full"),)), "! 00007-mlp-mnist: disk access failed"),
        (RunProgress(phase=Phase.LOADING), "gan-tui: loading data"),
    ],
    ids=["training", "paused", "diverged", "disk", "loading"],
)
def test_the_window_is_called_after_the_run_and_its_trouble(
    progress: RunProgress, title: str
) -> None:
    assert window_title(progress) == title


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("classes_missing", "Classes missing"),
        ("variety_falling", "Variety falling"),
        ("copies", "Copies of training images"),
        ("d_loss_near_zero", "Alert"),
    ],
)
def test_a_sign_of_bad_images_is_named_in_words(name: str, title: str) -> None:
    event = events.AlertRaised(time=START, step=7, name=name, message="no sevens")
    alert = alert_of(event)

    assert alert is not None
    assert (alert.title, alert.message) == (title, "no sevens")


def test_a_new_best_goes_to_the_log_only() -> None:
    assert alert_of(fakes.quality(7, 1.0)) is None


def test_a_run_that_nobody_knows_the_end_of_has_its_step_in_the_title() -> None:
    recorded = replace(RUN, total_steps=0, program="train.py")

    assert window_title(recorded) == "00007-mlp-mnist: training at step 450"
    assert window_title(replace(recorded, step=0)) == "00007-mlp-mnist: training"
