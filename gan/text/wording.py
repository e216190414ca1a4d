"""Events and numbers in words, the same in every front end.

A plain line, a line above the progress bar and the dashboard's log all read alike. Untrusted
strings are made safe here.
"""

from __future__ import annotations

import math
from functools import singledispatch
from typing import TYPE_CHECKING, Final

from gan import events
from gan.events import Event, Phase
from gan.text.safe_text import PATH_LIMIT, safe_text
from gan.text.units import byte_size, clock, duration

if TYPE_CHECKING:
    from gan.progress import RunProgress

__all__ = [
    "amount",
    "byte_size",
    "clock",
    "describe",
    "device_line",
    "distance",
    "duration",
    "figure",
    "loss",
    "replica_words",
]

_PREPARATIONS: Final = (Phase.LOADING, Phase.IMPORTING, Phase.COMPILING)
"""Phases that get a line. The others have events of their own, or change too often."""

_PLAIN_LOSS_LIMIT: Final = 1000
"""From here on a loss is written with an exponent, to keep its column narrow."""


def amount(done: int, total: int, unit: str) -> str:
    """How much of something is done: `12,000 of 60,000 images`, `4.2 MB of 11.5 MB`.

    Args:
        done: How much is done, in the unit.
        total: The total; 0 if unknown.
        unit: The unit; `bytes` are written as sizes.
    """
    if unit == "bytes":
        return f"{byte_size(done)} of {byte_size(total)}" if total else byte_size(done)
    counted = f"{done:,} of {total:,}" if total else f"{done:,}"
    return f"{counted} {safe_text(unit)}"


def counted(count: int, thing: str) -> str:
    """How many there are of a thing: `1 image`, `12,000 images`.

    Args:
        count: How many.
        thing: One of them, whose plural ends in an s.
    """
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def loss(value: float) -> str:
    """A loss in at most ten characters; non-finite values as `nan` and `inf`."""
    if math.isfinite(value) and abs(value) >= _PLAIN_LOSS_LIMIT:
        return f"{value:.2e}"
    return f"{value:.4f}"


def figure(value: float, decimals: int) -> str:
    """A figure of quality; a dash if the data do not allow it."""
    # Adding 0 turns a rounded -0.0 into 0.0.
    return f"{round(value, decimals) + 0.0:.{decimals}f}" if math.isfinite(value) else "-"


def distance(progress: RunProgress) -> str:
    """The Frechet distance of the newest evaluation, and the best one: `FD 8.21 (best 7.90)`."""
    best = progress.best
    suffix = (
        "" if best is None or best.step == progress.evaluated_step else f" (best {best.fd:.2f})"
    )
    return f"FD {figure(progress.fd, 2)}{suffix}"


def device_line(device: str, *, jit_compiled: bool) -> str:
    """The device, and whether XLA compiled the training step."""
    return f"{safe_text(device)} ({'XLA' if jit_compiled else 'plain graph, no XLA'})"


def replica_words(replicas: int, workers: int, devices: str) -> str:
    """Over what a batch is split: `2 replicas on GPU 0, 2`; empty if it is not split.

    Args:
        replicas: Devices that share it, of all processes together.
        workers: Processes.
        devices: The numbers of one process's devices.
    """
    if replicas == 1:
        return ""
    if workers > 1:
        return f"{replicas:,} replicas, {workers:,} workers"
    return f"{replicas:,} replicas on {safe_text(devices)}"


def describe(event: Event) -> tuple[str, ...]:
    """The event as lines for a reader; empty if the numbers on screen already show it."""
    return _describe(event)


@singledispatch
def _describe(event: Event) -> tuple[str, ...]:
    del event
    return ()


@_describe.register
def _(event: events.PhaseEntered) -> tuple[str, ...]:
    if event.phase not in _PREPARATIONS:
        return ()
    return (
        f"{event.phase.value}: {safe_text(event.detail)}" if event.detail else event.phase.value,
    )


@_describe.register
def _(event: events.DataLoaded) -> tuple[str, ...]:
    reason = f" ({safe_text(event.reason, PATH_LIMIT)})" if event.reason else ""
    return (f"data: {safe_text(event.name)}, {event.images:,} images{reason}",)


@_describe.register
def _(event: events.RunStarted) -> tuple[str, ...]:
    step = event.resumed_from
    resumed = "" if step is None else f", resumed from step {step:,}"
    # A recording that is played has no directory.
    return (f"run: {safe_text(event.run_dir or event.name, PATH_LIMIT)}{resumed}",)


@_describe.register
def _(event: events.ModelsBuilt) -> tuple[str, ...]:
    parameters = f"{event.generator_params:,} and {event.discriminator_params:,} parameters"
    steps = f"{event.total_steps:,} steps of {event.batch_size:,} images"
    epoch = f"an epoch is {event.steps_per_epoch:,} steps"
    left_out = f", leaving out {event.images_dropped:,} images" if event.images_dropped else ""
    split = replica_words(event.replicas, event.workers, event.devices)
    device = device_line(event.device, jit_compiled=event.jit_compiled)
    return (
        f"device: {device}{f', {split}' if split else ''}",
        f"generator and discriminator: {parameters}",
        f"training: {steps}; {epoch}{left_out}",
    )


@_describe.register
def _(event: events.RecordingStarted) -> tuple[str, ...]:
    program = safe_text(event.program)
    if event.obeys:
        # A loop that is ready for commands only later says so in another event.
        return (f"{program} obeys {safe_text(', '.join(event.obeys)).replace('_', ' ')}",)
    steps = f", {event.total_steps:,} steps" if event.total_steps else ""
    batch = f" of {event.batch_size:,} images" if event.batch_size and event.total_steps else ""
    return (f"recorded from {program}{steps}{batch}",)


@_describe.register
def _(event: events.QualityMeasured) -> tuple[str, ...]:
    real = f"{safe_text(event.features)}, real {figure(event.fd_real, 2)}"
    distances = f"FD {figure(event.fd, 2)} ({real}), KID {figure(event.kid, 4)}"
    best = ", best so far" if event.is_best else ""
    return (f"step {event.step:,}: {distances}{best}",)


@_describe.register
def _(event: events.CheckpointSaved) -> tuple[str, ...]:
    path = safe_text(event.path, PATH_LIMIT)
    return (f"checkpoint: {path} ({byte_size(event.size)}, {duration(event.seconds)})",)


@_describe.register
def _(event: events.CheckpointRejected) -> tuple[str, ...]:
    path = safe_text(event.path, PATH_LIMIT)
    return (f"warning: checkpoint set aside as {path}: {safe_text(event.reason)}",)


@_describe.register
def _(event: events.Diverged) -> tuple[str, ...]:
    return (f"diverged: {safe_text(event.message)}",)


@_describe.register
def _(event: events.RolledBack) -> tuple[str, ...]:
    return (f"rolled back to step {event.step:,}; continuing with new random draws",)


@_describe.register
def _(event: events.RunMoved) -> tuple[str, ...]:
    path = safe_text(event.run_dir, PATH_LIMIT)
    return (f"warning: the run's folder was renamed to {path}; the run goes on there",)


@_describe.register
def _(event: events.StorageFaulted) -> tuple[str, ...]:
    what, message = safe_text(event.what), safe_text(event.message, PATH_LIMIT)
    return (f"{what}: {message} Training goes on.",)


@_describe.register
def _(event: events.StorageRecovered) -> tuple[str, ...]:
    return (f"{safe_text(event.what)} works again",)


@_describe.register
def _(event: events.Paused) -> tuple[str, ...]:
    return (f"paused at step {event.step:,}",)


@_describe.register
def _(event: events.Unpaused) -> tuple[str, ...]:
    return (f"unpaused at step {event.step:,}",)


@_describe.register
def _(event: events.Resampled) -> tuple[str, ...]:
    which = "new latents" if event.draw else "the run's own latents again"
    return (f"{which} at step {event.step:,}",)


@_describe.register
def _(event: events.GeneratorShown) -> tuple[str, ...]:
    which = "the raw generator" if event.raw else "the averaged generator again"
    return (f"showing {which} at step {event.step:,}",)


@_describe.register
def _(event: events.AlertRaised) -> tuple[str, ...]:
    return (f"warning: {safe_text(event.message)}",)


@_describe.register
def _(event: events.Noted) -> tuple[str, ...]:
    return (f"{'warning' if event.warning else 'note'}: {safe_text(event.text, PATH_LIMIT)}",)


@_describe.register
def _(event: events.CommandAnswered) -> tuple[str, ...]:
    command = safe_text(event.command.replace("_", " ")) or "a command"
    asked = f", asked by {safe_text(event.sender)}" if event.sender else ""
    if event.done:
        return (f"{command}: done at step {event.step:,}{asked}",)
    return (f"{command}: refused{asked}: {safe_text(event.reason, PATH_LIMIT)}",)


@_describe.register
def _(event: events.RunFinished) -> tuple[str, ...]:
    if not (event.resumable or event.step or event.completed):
        # It had no directory yet, or is a recorded loop that logged no step.
        return ("stopped at step 0 with nothing to resume; begin it again",)
    how = "finished" if event.completed else "stopped"
    # A recorded loop can't be resumed by this program.
    then = "; it can be resumed" if event.resumable and not event.completed else ""
    return (f"{how} at step {event.step:,}, {duration(event.train_seconds)} of training{then}",)


@_describe.register
def _(event: events.RunFailed) -> tuple[str, ...]:
    return (f"error: {safe_text(event.message, PATH_LIMIT)}",)
