"""One run in a thread of its own: start it, send it commands, wait for its end.

Everything that uses TensorFlow happens in that thread, its import included, because Keras keeps
state per thread. This module imports neither TensorFlow nor a screen, so a front end starts fast.
"""

from __future__ import annotations

import queue
import threading
import time
import traceback
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final

from gan import events
from gan.commands import Abandon, Command, Stop
from gan.errors import GanTuiError, RunLockedError
from gan.events import Phase
from gan.run.faults import FaultReporter
from gan.run.mailbox import Mailbox
from gan.run.recorder import Recorder
from gan.session.preparation import Connections, RunPlan, prepare
from gan.session.shortage import shortage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gan.progress import RunProgress
    from gan.run.directory import RunDirectory

_POLL_SECONDS: Final = 0.25
"""How often the mailbox is read: the latency of a command from another process."""

_PREPARING: Final = (Phase.STARTING, Phase.LOADING, Phase.IMPORTING, Phase.COMPILING)
_RECORD_SECONDS: Final = 1.0
_REFUSALS: Final = 5
"""Refused messages that have a warning each, at every reading of the mailbox."""

_POLLS_PER_BEAT: Final = 4
"""Makes one heartbeat in the status file per second."""


class TrainingSession:
    """One run, trained in a thread of its own."""

    def __init__(
        self,
        plan: RunPlan,
        *,
        listeners: Sequence[events.Listener],
        replay_to: Sequence[events.Listener] = (),
        preview_seconds: float | None = None,
    ) -> None:
        """Nothing runs until `start`.

        Args:
            plan: What to do.
            listeners: Called with every event, in order, in the thread that emits it. They must not
                block.
            replay_to: Called with a resumed run's earlier events, before the new ones.
            preview_seconds: Seconds between two previews, or `None` if nobody watches.
        """
        self._plan = plan
        self._recorder = Recorder(listeners)
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._stop: Stop | None = None
        """The last stop that was asked for. The loop takes it from the queue; before there is a
        loop, the preparation checks it here."""

        self._connections = Connections(
            recorder=self._recorder,
            commands=self._commands,
            replay_to=replay_to,
            preview_seconds=preview_seconds,
            require_not_stopped=self._require_not_stopped,
            heartbeat=self._heartbeat,
        )
        self._thread = threading.Thread(target=self._run, name="trainer", daemon=True)

    @property
    def progress(self) -> RunProgress:
        """Where the run stands. Immutable, so any thread may read it."""
        return self._recorder.progress

    def start(self) -> None:
        """Start the trainer thread and return at once."""
        self._thread.start()

    def send(self, command: Command) -> None:
        """Ask the run for something and return at once; an event reports when it is done."""
        if isinstance(command, Stop):
            self._stop = command
        self._commands.put(command)

    def exit_code_now(self) -> int | None:
        """The exit code if the process ends at this moment; `None` if steps would be lost.

        A run that is stopped while it is being prepared loses none: its end is recorded, unless the
        disk takes longer than a second.
        """
        stop = self._stop
        if stop is None or self.progress.ended or self.progress.phase not in _PREPARING:
            return self.progress.exit_code
        recording = threading.Thread(target=self._report_stopped, args=(stop,), daemon=True)
        recording.start()
        recording.join(_RECORD_SECONDS)
        return stop.exit_code

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the end of the run; returns whether it has ended."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        """The trainer thread. However it ends, the last event is `RunFinished` or `RunFailed`."""
        with ExitStack() as held:
            try:
                prepare(self._plan, self._connections, held).run()
            except _StoppedEarly as stopped:
                self._report_stopped(stopped.stop)
            except GanTuiError as error:
                self._report_failure(error, str(error), error.exit_code, "")
            except Exception as error:  # noqa: BLE001 - the one place where any error ends the run
                short = shortage(error)
                message = short or f"{type(error).__name__}: {error}".partition("\n")[0]
                code, trace = GanTuiError.exit_code, "" if short else traceback.format_exc()
                self._report_failure(error, message, code, trace)

    def _require_not_stopped(self) -> None:
        if (lost := self._recorder.lost) is not None:
            raise RunLockedError(str(lost))
        if self._stop is not None:
            raise _StoppedEarly(self._stop)

    @contextmanager
    def _heartbeat(self, run: RunDirectory) -> Iterator[None]:
        """Keep the status fresh and read the mailbox for as long as the context lasts."""
        mailbox = Mailbox(run)
        # All that wait were meant for an earlier process.
        mailbox.clear()
        is_over = threading.Event()
        thread = threading.Thread(
            target=self._beat_until, args=(is_over, mailbox), name="heartbeat", daemon=True
        )
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()

    def _beat_until(self, is_over: threading.Event, mailbox: Mailbox) -> None:
        """The heartbeat thread."""
        faults = FaultReporter(self._recorder.emit)
        polls = 0
        while not is_over.wait(_POLL_SECONDS):
            if (lost := self._recorder.lost) is not None:
                # Messages are for the other process, and so is the status.
                self.send(Abandon(str(lost)))
                return
            polls += 1
            with faults.reporting("mailbox"):
                self._read_mail(mailbox)
            if polls % _POLLS_PER_BEAT == 0:
                self._recorder.beat()

    def _read_mail(self, mailbox: Mailbox) -> None:
        commands, refusals = mailbox.take()
        for command in commands:
            self.send(command)
        for refusal in refusals[:_REFUSALS]:
            self._warn(f"mailbox: {refusal.name} was refused: {refusal.reason}")
        if (more := len(refusals) - _REFUSALS) > 0:
            self._warn(f"mailbox: {more:,} more messages were refused; they are in `refused`")

    def _warn(self, text: str) -> None:
        self._recorder.emit(events.Noted(time=time.time(), text=text, warning=True))

    def _report_stopped(self, stop: Stop) -> None:
        self._recorder.emit(
            events.RunFinished(
                time=time.time(),
                step=self.progress.step,
                completed=False,
                train_seconds=self.progress.train_seconds,
                resumable=self._plan.resume is not None or bool(self.progress.run_dir),
                exit_code=stop.exit_code,
            )
        )

    def _report_failure(self, error: Exception, message: str, code: int, trace: str) -> None:
        self._recorder.emit(
            events.RunFailed(
                time=time.time(),
                error=type(error).__name__,
                message=message,
                exit_code=code,
                traceback=trace,
            )
        )


class _StoppedEarly(Exception):  # noqa: N818 - not an error: it ends the preparation
    """A stop was asked for before there was anything to train."""

    def __init__(self, stop: Stop) -> None:
        super().__init__()
        self.stop = stop
