"""What events and numbers read like."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gan import events
from gan.events import Event, Phase
from gan.text import wording
from tests import fakes


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "0.0 s"),
        (0.0004, "0.0 s"),
        (0.018, "18 ms"),
        (0.1, "0.1 s"),
        (4.24, "4.2 s"),
        (59.4, "59.4 s"),
        (59.96, "1 min 00 s"),
        (200.0, "3 min 20 s"),
        (3719.9, "1 h 02 min"),
        (2 * 86400 + 3 * 3600, "2 d 03 h"),
    ],
)
def test_a_duration_in_words(seconds: float, words: str) -> None:
    assert wording.duration(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "shown"), [(5.2, "0:05"), (252.0, "4:12"), (3723.0, "1:02:03")]
)
def test_a_duration_as_a_clock(seconds: float, shown: str) -> None:
    assert wording.clock(seconds) == shown


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (12_345_678, "12.3 MB"), (10**16, "10000.0 TB")],
)
def test_a_size_in_words(size: int, words: str) -> None:
    assert wording.byte_size(size) == words


@pytest.mark.parametrize(
    ("done", "total", "unit", "words"),
    [
        (12_000, 60_000, "images", "12,000 of 60,000 images"),
        (12_000, 0, "images", "12,000 images"),
        (4_200_000, 11_490_434, "bytes", "4.2 MB of 11.5 MB"),
        (4_200_000, 0, "bytes", "4.2 MB"),
    ],
)
def test_an_amount_in_words(done: int, total: int, unit: str, words: str) -> None:
    assert wording.amount(done, total, unit) == words


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.69314, "0.6931"), (999.0, "999.0000"), (-1e9, "-1.00e+09"), (math.nan, "nan")],
)
def test_a_loss_stays_narrow(value: float, shown: str) -> None:
    assert wording.loss(value) == shown


def answered(
    command: str, *, sender: str = "ann@box (pid 123)", reason: str = ""
) -> events.CommandAnswered:
    return events.CommandAnswered(
        time=0, id="1", command=command, sender=sender, step=1500, done=not reason, reason=reason
    )


def recorded(
    *, total_steps: int = 0, batch_size: int = 0, obeys: tuple[str, ...] = ()
) -> events.RecordingStarted:
    return events.RecordingStarted(
        time=0,
        program="tr\x1bain.py",
        total_steps=total_steps,
        batch_size=batch_size,
        obeys=obeys,
    )


@pytest.mark.parametrize(
    ("event", "lines"),
    [
        (events.PhaseEntered(time=0, phase=Phase.IMPORTING), ("importing",)),
        (
            events.PhaseEntered(time=0, phase=Phase.LOADING, detail="mnist"),
            ("loading data: mnist",),
        ),
        (
            events.DataLoaded(
                time=0, name="mnist", images=60_000, fingerprint="ab", reason="found in the cache"
            ),
            ("data: mnist, 60,000 images (found in the cache)",),
        ),
        (
            events.RunStarted(
                time=0, name="a", run_dir="/runs/a", config={}, resumed_from=1500, train_seconds=9
            ),
            ("run: /runs/a, resumed from step 1,500",),
        ),
        (
            events.ModelsBuilt(
                time=0,
                device="CPU",
                generator_params=559_632,
                discriminator_params=533_505,
                steps_per_epoch=234,
                total_steps=23_400,
                batch_size=256,
                images_dropped=96,
                jit_compiled=True,
                threads=0,
            ),
            (
                "device: CPU (XLA)",
                "generator and discriminator: 559,632 and 533,505 parameters",
                (
                    "training: 23,400 steps of 256 images; an epoch is 234 steps, "
                    "leaving out 96 images"
                ),
            ),
        ),
        (
            events.ModelsBuilt(
                time=0,
                device="NVIDIA H100",
                generator_params=1,
                discriminator_params=2,
                steps_per_epoch=234,
                total_steps=468,
                batch_size=256,
                images_dropped=0,
                jit_compiled=True,
                threads=0,
                replicas=2,
                devices="GPU 0, 2",
            ),
            (
                "device: NVIDIA H100 (XLA), 2 replicas on GPU 0, 2",
                "generator and discriminator: 1 and 2 parameters",
                "training: 468 steps of 256 images; an epoch is 234 steps",
            ),
        ),
        (
            events.CheckpointSaved(
                time=0,
                step=500,
                path="checkpoints/step-00000500",
                size=12_345_678,
                seconds=0.25,
                requested=True,
            ),
            ("checkpoint: checkpoints/step-00000500 (12.3 MB, 0.2 s)",),
        ),
        (
            events.CheckpointRejected(time=0, path="a.corrupt", reason="wrong sha256"),
            ("warning: checkpoint set aside as a.corrupt: wrong sha256",),
        ),
        (
            events.Diverged(time=0, step=1500, message="d_loss nan. Try less."),
            ("diverged: d_loss nan. Try less.",),
        ),
        (
            events.RolledBack(time=0, step=1500, branch=1),
            ("rolled back to step 1,500; continuing with new random draws",),
        ),
        (
            events.StorageFaulted(time=0, what="log", message="cannot write x: full."),
            ("log: cannot write x: full. Training goes on.",),
        ),
        (events.StorageRecovered(time=0, what="log"), ("log works again",)),
        (events.Paused(time=0, step=1500), ("paused at step 1,500",)),
        (events.Unpaused(time=0, step=1500), ("unpaused at step 1,500",)),
        (events.Resampled(time=0, step=1500, draw=1), ("new latents at step 1,500",)),
        (
            events.Resampled(time=0, step=1500, draw=0),
            ("the run's own latents again at step 1,500",),
        ),
        (
            events.GeneratorShown(time=0, step=1500, raw=True),
            ("showing the raw generator at step 1,500",),
        ),
        (
            events.GeneratorShown(time=0, step=1500, raw=False),
            ("showing the averaged generator again at step 1,500",),
        ),
        (
            fakes.quality(1500, 8.214, kid=0.00412, is_best=False),
            ("step 1,500: FD 8.21 (mnist-1, real 0.59), KID 0.0041",),
        ),
        (
            fakes.quality(1500, 8.214, kid=math.nan, fd_real=math.nan),
            ("step 1,500: FD 8.21 (mnist-1, real -), KID -, best so far",),
        ),
        (
            events.AlertRaised(time=0, step=1500, name="d_loss", message="D loss near 0. Try."),
            ("warning: D loss near 0. Try.",),
        ),
        (answered("save"), ("save: done at step 1,500, asked by ann@box (pid 123)",)),
        (answered("roll_back", sender=""), ("roll back: done at step 1,500",)),
        (
            answered("pause", reason="the run has ended"),
            ("pause: refused, asked by ann@box (pid 123): the run has ended",),
        ),
        (
            answered("", sender="", reason="it is not\x1b a known command"),
            ("a command: refused: it is not\\x1b a known command",),
        ),
        (events.Noted(time=0, text="a fact"), ("note: a fact",)),
        (events.Noted(time=0, text="beware", warning=True), ("warning: beware",)),
        (
            events.RunFinished(time=0, step=1500, completed=True, train_seconds=200, exit_code=0),
            ("finished at step 1,500, 3 min 20 s of training",),
        ),
        (
            events.RunFinished(time=0, step=1500, completed=False, train_seconds=200, exit_code=75),
            ("stopped at step 1,500, 3 min 20 s of training; it can be resumed",),
        ),
        (
            events.RunFinished(
                time=0,
                step=1500,
                completed=False,
                resumable=False,
                train_seconds=200,
                exit_code=0,
            ),
            ("stopped at step 1,500, 3 min 20 s of training",),
        ),
        (
            # A recorded loop that draws images and logs no step.
            events.RunFinished(
                time=0, step=0, completed=True, resumable=False, train_seconds=7, exit_code=0
            ),
            ("finished at step 0, 7.0 s of training",),
        ),
        (
            events.RunFinished(
                time=0, step=0, completed=False, resumable=False, train_seconds=0, exit_code=130
            ),
            ("stopped at step 0 with nothing to resume; begin it again",),
        ),
        (recorded(), ("recorded from tr\\x1bain.py",)),
        (recorded(total_steps=2000), ("recorded from tr\\x1bain.py, 2,000 steps",)),
        (
            recorded(total_steps=2000, batch_size=64),
            ("recorded from tr\\x1bain.py, 2,000 steps of 64 images",),
        ),
        (
            recorded(obeys=("pause", "roll_back")),
            ("tr\\x1bain.py obeys pause, roll back",),
        ),
        (
            events.RunFailed(time=0, error="DataError", message="no images", exit_code=4),
            ("error: no images",),
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Event) else "",
)
def test_an_event_reads_as_a_line(event: Event, lines: tuple[str, ...]) -> None:
    assert wording.describe(event) == lines


@pytest.mark.parametrize("phase", [Phase.TRAINING, Phase.SAVING, Phase.PAUSED, Phase.FINISHED])
def test_phases_that_come_and_go_need_no_line(phase: Phase) -> None:
    assert wording.describe(events.PhaseEntered(time=0, phase=phase)) == ()


def test_samples_need_no_line() -> None:
    images = np.zeros((16, 28, 28), np.uint8)

    assert wording.describe(events.SamplesDrawn(time=0, step=1, images=images, path="1.png")) == ()
    assert wording.describe(events.LatentsInterpolated(time=0, step=1, frames=images[None])) == ()


def test_no_event_can_send_an_escape_code() -> None:
    evil = "\x1b[2J\nx"
    described = [
        wording.describe(event)
        for event in (
            events.PhaseEntered(time=0, phase=Phase.LOADING, detail=evil),
            events.DataLoaded(time=0, name=evil, images=1, fingerprint="", reason=evil),
            events.RunStarted(
                time=0, name=evil, run_dir=evil, config={}, resumed_from=None, train_seconds=0
            ),
            events.CheckpointRejected(time=0, path=evil, reason=evil),
            events.Diverged(time=0, step=1, message=evil),
            events.StorageFaulted(time=0, what=evil, message=evil),
            events.StorageRecovered(time=0, what=evil),
            events.AlertRaised(time=0, step=1, name=evil, message=evil),
            events.Noted(time=0, text=evil),
            events.RunFailed(time=0, error=evil, message=evil, exit_code=1),
        )
    ]

    assert all(line.isprintable() for lines in described for line in lines)


def test_a_long_run_directory_is_not_cut() -> None:
    run_dir = "/deep" * 700
    event = events.RunStarted(
        time=0, name="deep", run_dir=run_dir, config={}, resumed_from=None, train_seconds=0
    )

    assert wording.describe(event) == (f"run: {run_dir}",)
