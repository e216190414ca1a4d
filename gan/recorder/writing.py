"""The thread that writes what a loop logs, ten times a second, and ends the run."""

from __future__ import annotations

import threading
import time
import traceback
from typing import TYPE_CHECKING, Final

from gan.commands import Stop
from gan.events import Noted, SamplesDrawn
from gan.exchange.requests import ENDED
from gan.recorder.backlog import Backlog
from gan.recorder.channel import Drawn, Row
from gan.recorder.ending import Ending, last_event
from gan.recorder.omissions import Omissions
from gan.recorder.reports import Reporter
from gan.recorder.saying import warn
from gan.run.faults import FaultReporter

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.events import Event
    from gan.recorder.channel import Channel
    from gan.recorder.opening import OpenRun
    from gan.training.stopwatch import Stopwatch

WRITE_SECONDS: Final = 0.1
"""From one look at what was logged to the next."""

HOLD_SECONDS: Final = 1.0
"""How long the newest step waits for more of its values."""


class Writer:
    """Writes one run, in a thread of its own from `start` to `close`."""

    def __init__(
        self, opened: OpenRun, channel: Channel, stopwatch: Stopwatch, clock: Callable[[], float]
    ) -> None:
        """Nothing is written yet.

        Args:
            opened: The run; the writer closes it.
            channel: What the loop logs.
            stopwatch: What the loop has spent its time on.
            clock: The clock of the rows in the channel.
        """
        self._opened, self._record = opened, opened.record
        self._channel, self._clock = channel, clock
        self._reporter = Reporter(stopwatch, self._note)
        self._faults = FaultReporter(self._emit)
        self._backlog = Backlog()
        self._rows: list[Row] = []
        """Rows of the newest step, which may get more values."""

        self._omissions = Omissions()
        self._failed = ""
        self._ending: Ending | None = None
        self._end: tuple[int, float] = (0, 0.0)
        self._thread = threading.Thread(target=self._work, name="recording", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def close(self, ending: Ending, step: int, train_seconds: float, timeout: float) -> bool:
        """Write the rest and the end of the run; returns whether that was done in time.

        Args:
            ending: Why it ends.
            step: The last step.
            train_seconds: As in `RunFinished`.
            timeout: Seconds to wait for a disk or a device that does not answer.
        """
        self._end, self._ending = (step, train_seconds), ending
        self._channel.wake()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _work(self) -> None:
        """The thread."""
        while self._ending is None:
            self._channel.wait(WRITE_SECONDS)
            self._try(self._write)
        self._try(self._write_all)
        self._try(lambda: self._finish(self._ending or Ending()))
        self._try(self._opened.held.close)
        self._say_what_is_lost()

    def _try(self, act: Callable[[], None]) -> None:
        """Do something; an error that nobody has foreseen is said once and ends no thread."""
        try:
            act()
        except Exception as error:  # noqa: BLE001 - the one place where any error of the thread ends
            where = traceback.format_exc().strip().splitlines()
            text = f"recording failed: {type(error).__name__}: {error}; {where[-2].strip()}"
            if text != self._failed:
                self._failed = text
                warn(text)
                self._note(text)

    def _write(self) -> None:
        """Write what has come, but for a newest step that may get more values."""
        self._take()
        newest = self._rows[-1] if self._rows else None
        held: list[Row] = []
        if newest is not None and self._clock() - newest.at < HOLD_SECONDS:
            held = [row for row in self._rows if row.step == newest.step]
        self._report(self._rows[: len(self._rows) - len(held)])
        self._rows = held
        self._flush()

    def _write_all(self) -> None:
        self._take()
        self._report(self._rows)
        self._rows = []
        self._flush(is_last=True)
        # What the disk has refused so far is tried once more when the log is closed.
        self._backlog.flush(self._record.emit)

    def _take(self) -> None:
        """Carry out what has come; the newest rows wait in `_rows`."""
        taken = self._channel.take()
        if self._record.lost is not None:
            self._lose(str(self._record.lost))
            return
        self._omissions.add(rows=taken.left_out, grids=taken.grids_left_out)
        for item in taken.items:
            if isinstance(item, Row):
                self._rows.append(item)
                continue
            self._report(self._rows)
            self._rows = []
            if isinstance(item, Drawn):
                self._keep_samples(item)
            else:
                self._emit(item)

    def _report(self, rows: list[Row]) -> None:
        for report in self._reporter.reports(rows):
            self._backlog.add(report.events, report.steps)

    def _emit(self, event: Event) -> None:
        """Emit an event after those that wait."""
        self._backlog.add((event,))

    def _note(self, text: str) -> None:
        self._emit(Noted(time=time.time(), text=text, warning=True))

    def _flush(self, *, is_last: bool = False) -> None:
        """Bring the log up to date, unless the disk refuses: then memory would fill instead."""
        self._omissions.add(steps=self._backlog.take_left_out())
        for text in self._omissions.take_sentences(self._clock(), is_last=is_last):
            self._note(text)
        if not self._is_refused:
            self._backlog.flush(self._record.emit)

    @property
    def _is_refused(self) -> bool:
        """Whether the disk doesn't take the log; the heartbeat tries again every second."""
        return "log" in dict(self._record.progress.faults)

    def _keep_samples(self, drawn: Drawn) -> None:
        """Write a grid if it is to be kept, and show it."""
        from gan.recorder.grid import on_screen, to_keep

        images = on_screen(drawn.pictures)
        path: str | None = None
        if drawn.is_kept:
            pictures = to_keep(drawn.pictures)
            with self._faults.reporting("samples"):
                path = self._record.save_samples(
                    drawn.step, images, drawn.latents, pictures=pictures
                )
            self._omissions.add(refused_grids=path is None)
        self._emit(SamplesDrawn(time=time.time(), step=drawn.step, images=images, path=path))

    def _finish(self, ending: Ending) -> None:
        """Answer all that was asked, and write the last event."""
        step, seconds = self._end
        self._opened.requests.close()
        for request in self._opened.requests.drain():
            refusal = "" if ending.is_stopped and isinstance(request.command, Stop) else ENDED
            request.answer(self._record.emit, step, refusal)
        self._record.emit(
            last_event(
                ending,
                step=step,
                total_steps=self._opened.loop.total_steps,
                train_seconds=seconds,
            )
        )

    def _lose(self, why: str) -> None:
        """Write nothing more: another process has claimed the run."""
        self._rows = []
        if self._failed != why:
            self._failed = why
            warn(f"recording has ended: {why} The training goes on.")

    def _say_what_is_lost(self) -> None:
        """Say if the disk has not taken the end of the run."""
        faults = dict(self._record.progress.faults)
        if "log" in faults:
            warn(f"recording: the end of {self._opened.run.path} is lost: {faults['log']}")
