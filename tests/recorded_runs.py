"""Runs of other programs' loops, as events and as run directories, without a recorder.

Three stories: a GAN with more series than its losses, a classifier without images, and one series
with images only. The values are fixed, so that a picture is the same on every machine.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gan import events
from gan.events import Phase
from gan.progress import RunProgress, apply
from gan.run.creation import create_run
from gan.run.event_writer import EventWriter
from gan.run.samples import write_samples
from tests.fakes import START, floats, squares

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from gan.events import Event, Floats
    from gan.run.directory import RunDirectory

STEPS = 1200
OBEYS = ("pause", "unpause", "save", "stop")


def config(program: str, settings: Mapping[str, object] | None = None) -> dict[str, object]:
    """The configuration of a recorded run."""
    return {"recorded_program": program, "settings": dict(settings or {})}


def begun(
    program: str = "train.py",
    *,
    total_steps: int = 0,
    batch_size: int = 0,
    obeys: tuple[str, ...] = OBEYS,
    run_dir: str = "/home/ada/runs/00003-my-gan",
) -> list[Event]:
    """What a recorded run begins with."""
    return [
        events.RunStarted(
            time=START,
            name=run_dir.rpartition("/")[2],
            run_dir=run_dir,
            config=config(program, {"learning_rate": 2e-4}),
            resumed_from=None,
            train_seconds=0.0,
        ),
        events.RecordingStarted(
            time=START,
            program=program,
            total_steps=total_steps,
            batch_size=batch_size,
            obeys=obeys,
        ),
        events.PhaseEntered(time=START, phase=Phase.TRAINING),
    ]


def logged(
    first_step: int, series: Mapping[str, Floats], *, time: float = START + 5, seconds: float = 10.0
) -> events.SeriesLogged:
    """Values of some steps."""
    return events.SeriesLogged(
        time=time, first_step=first_step, series=dict(series), train_seconds=seconds
    )


def at(first_step: int, count: int) -> Floats:
    """The numbers of some steps."""
    return np.arange(first_step, first_step + count, dtype=np.float32)


def gan_steps(first_step: int, count: int, *, seconds: float = 10.0) -> list[Event]:
    """A GAN's losses and scores, its gradient penalty, and a critic's distance below 0."""
    step = at(first_step, count)
    swing = (0.15 * np.sin(step / 40) + 0.1 * np.cos(step * 1.7)).astype(np.float32)
    return [
        events.StepsCompleted(
            time=START + 5,
            first_step=first_step,
            d_loss=1.1 + swing,
            g_loss=1.6 - 2 * swing,
            real_score=np.full(count, np.nan, np.float32),
            fake_score=np.full(count, np.nan, np.float32),
            train_seconds=seconds,
            steps_per_execution=1,
        ),
        logged(
            first_step,
            {
                "gradient_penalty": 0.02 + 0.01 * np.abs(swing),
                "wasserstein": (-2 + swing + step / 2000).astype(np.float32),
            },
            seconds=seconds,
        ),
    ]


def drawn(step: int) -> events.SamplesDrawn:
    """Sixteen images."""
    return events.SamplesDrawn(
        time=START + 5, step=step, images=squares(), path=f"samples/{step:06d}.png"
    )


def gan_story() -> list[Event]:
    """A GAN of 20,000 steps of 64 images, a part of which is done."""
    return [
        *begun("dcgan_train.py", total_steps=20_000, batch_size=64),
        drawn(0),
        *gan_steps(1, STEPS - 100, seconds=9.0),
        drawn(1000),
        *gan_steps(STEPS - 99, 100, seconds=10.0),
    ]


def classifier_steps(first_step: int, count: int, *, seconds: float = 10.0) -> Event:
    """A loss and an accuracy at every step, and those of a validation at every hundredth."""
    step = at(first_step, count)
    loss = (2.3 * np.exp(-step / 300) + 0.05 + 0.02 * np.cos(step * 1.7)).astype(np.float32)
    is_epoch = step % 100 == 0
    return logged(
        first_step,
        {
            "loss": loss,
            "accuracy": (1 - loss / 3).astype(np.float32),
            "val_loss": np.where(is_epoch, loss * 1.2, np.nan).astype(np.float32),
            "val_accuracy": np.where(is_epoch, 1 - loss / 2.5, np.nan).astype(np.float32),
        },
        seconds=seconds,
    )


def classifier_story() -> list[Event]:
    """A classifier that nobody has told how long it trains, without images."""
    return [
        *begun("fit.py", obeys=("pause", "unpause", "stop")),
        classifier_steps(1, STEPS - 100, seconds=9.0),
        classifier_steps(STEPS - 99, 100),
    ]


def single_story() -> list[Event]:
    """One series, and images."""
    reward = 3 * np.sin(at(1, STEPS) / 90)
    return [
        *begun("diffuse.py", obeys=()),
        drawn(0),
        logged(1, {"reward": reward.astype(np.float32)}),
        drawn(STEPS),
    ]


STORIES = {"gan": gan_story, "classifier": classifier_story, "single": single_story}


def write_run(path: Path, story: Iterable[Event], *, ended: bool = True) -> RunDirectory:
    """A run directory that holds a story, as a recorder leaves it.

    Args:
        path: The directory, which is made.
        story: Its events.
        ended: Whether it has ended in order.
    """
    run = create_run(path)
    told = [in_run(event, run) for event in story]
    started = next(event for event in told if isinstance(event, events.RunStarted))
    record = {
        "schema_version": 2,
        "created": "2023-11-14T22:13:20+00:00",
        "config": started.config,
        "environment": {"python": "3.11"},
        "command_line": [started.config["recorded_program"]],
    }
    run.config_path.write_text(json.dumps(record))
    if ended:
        told.append(_end(told))
    _write(run, told)
    return run


def in_run(event: Event, run: RunDirectory) -> Event:
    """The event as it happens to the run in this directory."""
    if isinstance(event, events.RunStarted):
        return replace(event, name=run.name, run_dir=str(run.path))
    if isinstance(event, events.SamplesDrawn) and event.path is not None:
        write_samples(run, event.step, event.images, floats(*[0.0] * 16).reshape(16, 1))
    return event


def _end(told: Iterable[Event]) -> Event:
    progress = RunProgress()
    for event in told:
        progress = apply(progress, event)
    return events.RunFinished(
        time=START + 60,
        step=progress.step,
        completed=not progress.total_steps,
        train_seconds=progress.train_seconds,
        exit_code=0 if not progress.total_steps else 75,
        resumable=False,
    )


def _write(run: RunDirectory, told: Iterable[Event]) -> None:
    progress = RunProgress()
    writer = EventWriter([].append)
    writer.open(run, cut_at=None)
    for event in told:
        progress = apply(progress, event)
        writer.add(event, progress)
        writer.write_all()
    writer.beat()
    writer.close()
