"""One run in a thread of its own: start it, send it commands, wait for its end.

Everything that uses TensorFlow happens in that thread, its import included, because Keras keeps
state per thread. This module imports neither TensorFlow nor a screen, so a front end starts fast.
"""

from __future__ import annotations

import threading
import time
import traceback
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from gan import events
from gan.commands import Abandon, SaveCheckpoint, Stop
from gan.errors import GanTuiError, RunLockedError
from gan.events import Phase
from gan.exchange.requests import ENDED, Request, RequestQueue
from gan.run.recorder import Recorder
from gan.session.audience import Audience
from gan.session.heartbeat import Heartbeat
from gan.session.preparation import Connections, RunPlan, prepare
from gan.session.shortage import shortage
from gan.session.trainer_thread import TrainerThread

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gan.commands import Command
    from gan.errors import WorkersError
    from gan.progress import RunProgress
    from gan.readings import WorkerReading
    from gan.strategy.leader import Leader

_PREPARING: Final = (Phase.STARTING, Phase.LOADING, Phase.IMPORTING, Phase.COMPILING)
_RECORD_SECONDS: Final = 1.0

PATIENCE: Final = 0.25
"""The share of `--grace` that a trainer has to notice by itself that a worker is gone. It may be in
native code that waits for that worker for ever."""


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
        tracking = [] if plan.tracking is None else [plan.tracking]
        self._recorder = Recorder([*listeners, self._audience, *tracking])
        self._requests = RequestQueue()
        self._heartbeat = Heartbeat(self._recorder, self._requests, self._audience)
        self._held = ExitStack()
        """What the run holds until its end: its lock, its log, its heartbeat."""

        self._ending = threading.Lock()
        self._lost: WorkersError | None = None
        """Why the run can't go on without another process; `None` while all are there."""

        self._connections = Connections(
            recorder=self._recorder,
            commands=self._requests,
            replay_to=replay_to,
            preview_seconds=preview_seconds,
            require_not_stopped=self._require_not_stopped,
            heartbeat=self._heartbeat.kept_up,
            workers=_WorkerCare(self),
        )
        self._thread = TrainerThread(self._run)

    @property
    def progress(self) -> RunProgress:
        """Where the run stands. Immutable, so any thread may read it."""
        return self._recorder.progress

    @property
    def machines(self) -> tuple[WorkerReading, ...]:
        """What the machines of all workers are doing; empty for one process, and after the end."""
        return () if self.progress.ended else self._heartbeat.machines()

    def show_machines(self, machines: Callable[[], tuple[WorkerReading, ...]]) -> None:
        """From here on `machines` returns what they are doing."""
        self._heartbeat.machines = machines

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
        """Wait for the end of the run; returns whether it has ended.

        It has too if its thread was given up, because a worker is gone for which it waits.
        """
        return self._thread.join(timeout)

    def end_for(self, error: WorkersError) -> None:
        """End the run, because a process that trained with this one is gone.

        The trainer is asked first, and given up if it does not answer; then its last checkpoint
        counts. Takes up to `PATIENCE` of the grace.
        """
        self._lost = error
        self.send(Abandon(str(error)))
        if not self._thread.ends_within(PATIENCE * self._plan.grace_seconds):
            self._report_failure(error, self._going_on(error), error.exit_code, "")
            self._held.close()
            self._thread.give_up()

    def tell_workers(self, leader: Leader) -> None:
        """Tell the other processes how the run has ended."""
        code = self.progress.exit_code
        leader.end(GanTuiError.exit_code if code is None else code, self.progress.error)

    def _going_on(self, error: WorkersError) -> str:
        """What has happened to a worker, and how the run goes on."""
        saved = self.progress.checkpoint_step
        if saved is None:
            return f"{error} There is no checkpoint yet."
        return (
            f"{error} The checkpoint of step {saved:,} is whole: the same command with --resume "
            "goes on from it."
        )

    def _run(self) -> None:
        """The trainer thread. However it ends, the last event is `RunFinished` or `RunFailed`."""
        with self._held as held:
            try:
                trainer = prepare(self._plan, self._connections, held)
                self._heartbeat.stall = trainer.stall
                trainer.run()
            except _StoppedEarly as stopped:
                self._report_stopped(stopped.stop)
            except GanTuiError as error:
                self._report_error(error)
            except Exception as error:  # noqa: BLE001 - the one place where any error ends the run
                short = shortage(error)
                message = short or f"{type(error).__name__}: {error}".partition("\n")[0]
                code, trace = GanTuiError.exit_code, "" if short else traceback.format_exc()
                self._report_failure(error, message, code, trace)

    def _report_error(self, error: GanTuiError) -> None:
        lost = self._lost
        if lost is not None:
            # However the trainer has noticed it.
            self._report_failure(lost, self._going_on(lost), lost.exit_code, "")
        else:
            self._report_failure(error, str(error), error.exit_code, "")

    def _require_not_stopped(self) -> None:
        if (lost := self._recorder.lost) is not None:
            raise RunLockedError(str(lost))
        # The loop takes it from the queue; before there is a loop, the preparation looks here.
        if self._requests.stop is not None:
            raise _StoppedEarly(self._requests.stop)

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
        with self._ending:
            if self.progress.ended:
                return
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


class _WorkerCare:
    """What the session does about the other processes of its run."""

    def __init__(self, session: TrainingSession) -> None:
        self._session = session

    def lost(self, error: WorkersError) -> None:
        """End the run."""
        self._session.end_for(error)

    def measure(self, machines: Callable[[], tuple[WorkerReading, ...]]) -> None:
        """Have the screen and the status show them."""
        self._session.show_machines(machines)

    def asked(self, command: str, exit_code: int) -> None:
        """Do what a worker was asked by a signal."""
        if command == "save":
            self._session.send(SaveCheckpoint())
        elif command == "stop":
            self._session.send(Stop(exit_code=exit_code))

    def end(self, leader: Leader) -> None:
        """Tell them how the run has ended."""
        self._session.tell_workers(leader)


class _StoppedEarly(Exception):  # noqa: N818 - not an error: it ends the preparation
    """A stop was asked for before there was anything to train."""

    def __init__(self, stop: Stop) -> None:
        super().__init__()
        self.stop = stop
