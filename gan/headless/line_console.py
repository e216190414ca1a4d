"""Headless front ends: listeners that write a run's events as plain lines or as JSON.

They need nothing but a text stream, so that `--no-ui` works wherever Python does. The bar for a
terminal is `tui.commands.progress_bar`.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final, TextIO

from gan import events
from gan.progress import RunProgress, apply
from gan.run import event_json
from gan.text import wording
from gan.text.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.events import Event

_EPOCH_SECONDS: Final = 1.0
"""Lines for epochs come no faster, however short an epoch is."""

_SILENCE_SECONDS: Final = 10.0
"""The longest a reader of a log waits for a sign of life."""


class LineConsole:
    """A listener that writes what a person wants to read in a log, one line a fact."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        """Write to a stream.

        Args:
            stream: Where the lines go. Once it cannot be written, nothing more is.
            clock: Seconds, of which only differences count.
        """
        self._writer = _LineWriter(stream)
        self._clock = clock
        self._progress = RunProgress()
        self._preparing = ""
        self._last_epoch_at = -_SILENCE_SECONDS
        self._last_line_at: float | None = None
        self._has_untold_steps = False

    @property
    def failure(self) -> OSError | None:
        """Why the stream cannot be written any more; none while it can."""
        return self._writer.failure

    def __call__(self, event: Event) -> None:
        """Write the lines that the event is worth."""
        before, self._progress = self._progress, apply(self._progress, event)
        if isinstance(event, events.StepsCompleted):
            self._steps_completed(before)
        elif isinstance(event, events.ProgressMade):
            self._progress_made(event)
        elif isinstance(event, (events.RunFinished, events.RunFailed)):
            self._write_last_step()
        for line in wording.describe(event):
            self._writer.write(line)

    def _steps_completed(self, before: RunProgress) -> None:
        now = self._clock()
        if _epochs_completed(self._progress) > _epochs_completed(before):
            is_due = now - self._last_epoch_at >= _EPOCH_SECONDS
            self._last_epoch_at = now if is_due else self._last_epoch_at
        else:
            is_due = self._is_silent(now)
        self._has_untold_steps = True
        if is_due:
            self._write_step(now)

    def _progress_made(self, event: events.ProgressMade) -> None:
        now = self._clock()
        if event.what != self._preparing or self._is_silent(now):
            done = wording.amount(event.done, event.total, event.unit)
            self._writer.write(f"{safe_text(event.what)}: {done}")
            self._preparing = event.what
            self._last_line_at = now

    def _is_silent(self, now: float) -> bool:
        return self._last_line_at is None or now - self._last_line_at >= _SILENCE_SECONDS

    def _write_last_step(self) -> None:
        if self._has_untold_steps:
            self._write_step(self._clock())

    def _write_step(self, now: float) -> None:
        self._writer.write(steps_line(self._progress))
        self._last_line_at = now
        self._has_untold_steps = False


class JsonConsole:
    """A listener that writes every event as one JSON object a line.

    A look at samples that no file keeps is left out: without its images it would say nothing.
    """

    def __init__(self, stream: TextIO) -> None:
        """Write to a stream; once it cannot be written, nothing more is."""
        self._writer = _LineWriter(stream)

    @property
    def failure(self) -> OSError | None:
        """Why the stream cannot be written any more; none while it can."""
        return self._writer.failure

    def __call__(self, event: Event) -> None:
        """Write the event."""
        if isinstance(event, events.SamplesDrawn) and event.path is None:
            return
        self._writer.write(event_json.to_line(event))


def steps_line(progress: RunProgress) -> str:
    """One line on the steps so far: epoch, step, losses, speed and the time to go.

    The epoch is that of the last completed step, whose losses stand beside it.
    """
    epoch = -(-progress.step // progress.steps_per_epoch) if progress.steps_per_epoch else 0
    left = progress.seconds_left
    parts = [
        f"epoch {epoch:,}/{progress.total_epochs:,}",
        f"step {progress.step:,}/{progress.total_steps:,}",
        f"d_loss {wording.loss(progress.d_loss)}",
        f"g_loss {wording.loss(progress.g_loss)}",
        f"{progress.images_per_second:,.0f} img/s",
    ]
    parts += [f"{wording.duration(left)} left"] if left else []
    return "  ".join(parts)


class _LineWriter:
    """Writes lines until the stream refuses one, and then keeps still."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.failure: OSError | None = None

    def write(self, line: str) -> None:
        if self.failure is not None:
            return
        try:
            self._stream.write(f"{line}\n")
            self._stream.flush()
        except OSError as error:
            # A reader that left, as `head` does, or a full disk is no reason to end a training.
            self.failure = error
            _divert(self._stream)


def _divert(stream: TextIO) -> None:
    """Send what the stream still holds to nowhere.

    Python flushes the standard streams once more as it exits. A flush that fails again there
    would turn the exit code into 120.
    """
    try:
        descriptor = stream.fileno()
    except OSError:
        return  # A stream in memory: nothing is flushed at exit.
    nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
    os.dup2(nowhere, descriptor, inheritable=os.get_inheritable(descriptor))
    os.close(nowhere)


def _epochs_completed(progress: RunProgress) -> int:
    return progress.step // progress.steps_per_epoch if progress.steps_per_epoch else 0
