"""One run in a thread of its own: start it, send it commands, wait for its end.

Everything that uses TensorFlow happens in that thread, its import included, because Keras keeps
state per thread. This module imports neither TensorFlow nor a screen, so a front end starts fast.
"""

from __future__ import annotations

import threading
import time
import traceback
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final

from gan import events
from gan.commands import Abandon, Stop
from gan.errors import GanTuiError, RunLockedError
from gan.events import Phase
from gan.exchange.requests import ENDED, Request, RequestQueue
from gan.run.faults import FaultReporter
from gan.run.mailbox import Mailbox
from gan.run.recorder import Recorder
from gan.session.audience import Audience
from gan.session.mail import MailReader
from gan.session.preparation import Connections, RunPlan, prepare
from gan.session.shortage import shortage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gan.commands import Command
    from gan.progress import RunProgress
    from gan.run.directory import RunDirectory
    from gan.run.stall import StallWatch

_POLL_SECONDS: Final = 0.25
"""How often the mailbox is read: the latency of a command from another process."""

_PREPARING: Final = (Phase.STARTING, Phase.LOADING, Phase.IMPORTING, Phase.COMPILING)
_RECORD_SECONDS: Final = 1.0
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
        self._audience = Audience(preview_seconds, self.send)
        self._recorder = Recorder([*listeners, self._audience])
        self._requests = RequestQueue()
        self._stall: StallWatch | None = None
        self._connections = Connections(
            recorder=self._recorder,
            commands=self._requests,
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
        self._requests.put(Request(command))

    def leave_screen(self) -> None:
        """Note that this process's screen has gone; the run goes on, and others may watch it."""
        self._audience.watch_here(None)

    def exit_code_now(self) -> int | None:
        """The exit code if the process ends at this moment; `None` if steps would be lost.

        A run that is stopped while it is being prepared loses none: its end is recorded, unless the
        disk takes longer than a second.
        """
        stop = self._requests.stop
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
                trainer = prepare(self._plan, self._connections, held)
                self._stall = trainer.stall
                trainer.run()
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
        # The loop takes it from the queue; before there is a loop, the preparation looks here.
        if self._requests.stop is not None:
            raise _StoppedEarly(self._requests.stop)

    @contextmanager
    def _heartbeat(self, run: RunDirectory) -> Iterator[None]:
        """Keep the status fresh and read the mailbox for as long as the context lasts."""
        mail = MailReader(Mailbox(run), self._requests, self._recorder, on_mail=self._audience.look)
        mail.refuse_earlier()
        self._audience.open(run)
        is_over = threading.Event()
        thread = threading.Thread(
            target=self._beat_until, args=(is_over, mail), name="heartbeat", daemon=True
        )
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()
            # Another process that has the run now has viewers of its own.
            if self._recorder.lost is None:
                self._audience.close()

    def _beat_until(self, is_over: threading.Event, mail: MailReader) -> None:
        """The heartbeat thread."""
        faults = FaultReporter(self._recorder.emit)
        polls = 0
        while not is_over.wait(_POLL_SECONDS):
            if (lost := self._recorder.lost) is not None:
                # Messages are for the other process, and so is the status.
                self.send(Abandon(str(lost)))
                return
            polls += 1
            if self._stall is not None:
                self._stall.look(_POLL_SECONDS)
            with faults.reporting("mailbox"):
                mail.read()
            with faults.reporting("live"):
                self._audience.beat()
            if polls % _POLLS_PER_BEAT == 0:
                self._recorder.beat()

    def _answer_waiting(self, *, stops: bool) -> None:
        """Answer all that nothing has taken from the queue, and take no more from the mailbox.

        Args:
            stops: Whether a stop that was asked for is what ends the run.
        """
        self._requests.close()
        for request in self._requests.drain():
            refusal = "" if stops and isinstance(request.command, Stop) else ENDED
            request.answer(self._recorder.emit, self.progress.step, refusal)

    def _report_stopped(self, stop: Stop) -> None:
        self._answer_waiting(stops=True)
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
        self._answer_waiting(stops=False)
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
