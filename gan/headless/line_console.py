"""Headless front ends: listeners that write a run's events as plain lines or as JSON.

They need only a text stream. The progress bar for a terminal is `tui.commands.progress_bar`.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, TextIO

from gan import events
from gan.disk.streams import divert
from gan.progress import RunProgress, apply
from gan.run import event_json
from gan.text import wording
from gan.text.safe_text import LINE_LIMIT, safe_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.events import Event

_EPOCH_SECONDS: Final = 1.0
"""Minimum time between two lines for epochs, however short an epoch is."""

_SILENCE_SECONDS: Final = 10.0
"""Maximum time without a line while steps are made or data is prepared."""


class LineConsole:
    """A listener that writes what a person wants to read in a log, one line for each fact."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        """Write to a stream.

        Args:
            stream: Where the lines go. Once a write fails, nothing more is written.
            clock: Seconds; only differences matter.
        """
        self._writer = _LineWriter(stream)
        self._clock = clock
        self._progress = RunProgress()
        self._preparing = ""
        self._is_half_written = False
        """Whether the last line of a preparation says that there is more to do."""

        self._last_epoch_at = -_SILENCE_SECONDS
        self._last_line_at: float | None = None
        self._has_unwritten_steps = False

    @property
    def failure(self) -> OSError | None:
        """The error that ended the writing; `None` while it works."""
        return self._writer.failure

    def __call__(self, event: Event) -> None:
        """Write the event as lines, if it has any."""
        before, self._progress = self._progress, apply(self._progress, event)
        if isinstance(event, events.StepsCompleted):
            self._steps_completed(before)
        elif isinstance(event, events.ProgressMade):
            self._progress_made(event)
        elif isinstance(event, (events.RunFinished, events.RunFailed)):
            self._write_last_step()
        for line in wording.describe(event):
            self._write(line)

    def _steps_completed(self, before: RunProgress) -> None:
        now = self._clock()
        if _epochs_completed(self._progress) > _epochs_completed(before):
            is_due = now - self._last_epoch_at >= _EPOCH_SECONDS
            self._last_epoch_at = now if is_due else self._last_epoch_at
        else:
            is_due = self._is_silent(now)
        self._has_unwritten_steps = True
        if is_due:
            self._write_step(now)

    def _progress_made(self, event: events.ProgressMade) -> None:
        """Write what is begun, how much is done if that takes long, and then its end."""
        now = self._clock()
        is_new = event.what != self._preparing
        is_over = self._is_half_written and 0 < event.total <= event.done
        if not (is_new or is_over or self._is_silent(now)):
            return
        done = wording.amount(event.done, event.total, event.unit)
        if is_new and event.total:
            # How much there is, so that the line is not left standing as something half done.
            done = wording.amount(event.total, 0, event.unit)
        self._write(f"{safe_text(event.what)}: {done}")
        self._preparing, self._last_line_at = event.what, now
        self._is_half_written = not is_new and not is_over

    def _write(self, line: str) -> None:
        self._writer.write(safe_text(line, LINE_LIMIT))

    def _is_silent(self, now: float) -> bool:
        return self._last_line_at is None or now - self._last_line_at >= _SILENCE_SECONDS

    def _write_last_step(self) -> None:
        if self._has_unwritten_steps:
            self._write_step(self._clock())

    def _write_step(self, now: float) -> None:
        self._write(steps_line(self._progress))
        self._last_line_at = now
        self._has_unwritten_steps = False


class JsonConsole:
    """A listener that writes every event as one JSON object per line.

    Previews, which aren't written to disk, are left out: JSON has no images.
    """

    def __init__(self, stream: TextIO) -> None:
        """Write to a stream. Once a write fails, nothing more is written."""
        self._writer = _LineWriter(stream)

    @property
    def failure(self) -> OSError | None:
        """The error that ended the writing; `None` while it works."""
        return self._writer.failure

    def __call__(self, event: Event) -> None:
        """Write the event."""
        if isinstance(event, events.SamplesDrawn) and event.path is None:
            return
        self._writer.write(event_json.to_line(event))


def steps_line(progress: RunProgress) -> str:
    """One line about the steps so far: epoch, step, losses, speed and the time to go.

    The epoch and the losses are those of the last completed step.
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
    parts += [wording.distance(progress)] if progress.evaluated_step is not None else []
    parts += [f"{wording.duration(left)} left"] if left else []
    return "  ".join(parts)


class _LineWriter:
    """Writes lines until a write fails, and nothing after that."""

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
            # A full disk, or a reader that closed the pipe as `head` does, must not end training.
            self.failure = error
            divert(self._stream)


def _epochs_completed(progress: RunProgress) -> int:
    return progress.step // progress.steps_per_epoch if progress.steps_per_epoch else 0
