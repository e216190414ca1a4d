"""What trackers get of a run: the list, event by event."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan import events
from gan.export.tracked import Entries, Note, Picture, Scalars, Settings, Steps, config_table
from tests import fakes

if TYPE_CHECKING:
    from gan.export.tracked import Entry


def tracked(*happened: events.Event) -> list[Entry]:
    entries = Entries(lambda drawn: drawn.images)
    return [entry for event in happened for entry in entries.of(event)]


def checkpoint(*, requested: bool) -> events.CheckpointSaved:
    return events.CheckpointSaved(
        time=fakes.START,
        step=7,
        path="checkpoints/step-00000007",
        size=1_000,
        seconds=0.1,
        requested=requested,
    )


def test_steps_have_every_value_with_its_time_and_how_long_they_took() -> None:
    event = fakes.steps(1, 4, time=fakes.START + 10, train_seconds=8.0)
    (steps,) = tracked(event)
    assert isinstance(steps, Steps)
    assert steps.columns["losses/d_loss"] is event.d_loss
    assert steps.times == [fakes.START + 4, fakes.START + 6, fakes.START + 8, fakes.START + 10]
    assert (steps.seconds, steps.last_step) == (8.0, 4)


def test_a_resumed_run_counts_on_from_the_time_before() -> None:
    start = next(e for e in fakes.compiling() if isinstance(e, events.RunStarted))
    resumed = events.RunStarted(
        time=start.time,
        name=start.name,
        run_dir=start.run_dir,
        config=start.config,
        resumed_from=100,
        train_seconds=50.0,
    )
    settings, steps = tracked(resumed, fakes.steps(101, 10, train_seconds=51.0))
    assert isinstance(settings, Settings)
    assert settings.config == {"preset": "mlp"}
    assert isinstance(steps, Steps)
    assert steps.seconds == 1.0


def test_an_evaluation_is_without_what_the_data_dont_allow() -> None:
    (found,) = tracked(fakes.quality(5, 9.0, kid=np.nan))
    assert isinstance(found, Scalars)
    assert found.step == 5
    assert found.values["quality/fd"] == 9.0
    assert found.values["census/class_3"] == pytest.approx(0.1)
    assert "quality/kid" not in found.values


def test_a_grid_on_disk_is_a_picture_and_a_preview_is_none() -> None:
    preview = events.SamplesDrawn(time=fakes.START, step=3, images=fakes.squares(), path=None)
    kept = events.SamplesDrawn(
        time=fakes.START, step=3, images=fakes.squares(), path="samples/000003.png"
    )
    (picture,) = tracked(preview, kept)
    assert isinstance(picture, Picture)
    assert picture.images is kept.images


def test_a_checkpoint_is_a_mark_if_somebody_asked_for_it() -> None:
    (mark,) = tracked(checkpoint(requested=False), checkpoint(requested=True))
    assert isinstance(mark, Note)
    assert mark.step == 7
    assert mark.text.startswith("checkpoint: checkpoints/step-00000007")


def test_an_alert_and_the_end_are_marks() -> None:
    alert = events.AlertRaised(time=fakes.START, step=9, name="x", message="D wins.")
    end = fakes.finished()[-1]
    texts = [entry.text for entry in tracked(alert, end) if isinstance(entry, Note)]
    assert texts == ["warning: D wins.", "finished at step 11,700, 1 min 42 s of training"]


def test_a_pipe_and_an_escape_code_stay_in_their_cell_of_the_table() -> None:
    rows = config_table({"data": "a|b\x1b[2J", "steps": None}).splitlines()
    assert rows[2:] == [r"| data | a\|b\x1b[2J |", "| steps | not set |"]
