"""A process that trains with the first worker of a run: it makes the same steps.

It has no run directory, and takes no commands of its own. What a signal asks for is asked of the
first worker, which decides for all, so that all do it at the same step.
"""

from __future__ import annotations

import threading
import time
import traceback
from typing import TYPE_CHECKING, Any

from gan import events
from gan.commands import SaveCheckpoint, Stop
from gan.errors import GanTuiError
from gan.events import Phase
from gan.progress import RunProgress, apply
from gan.session.groundwork import Groundwork
from gan.session.joining import Joining, steps_in
from gan.session.session import PATIENCE
from gan.session.shortage import shortage
from gan.session.trainer_thread import TrainerThread
from gan.strategy.leader import error_of
from gan.strategy.membership import RunEnded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gan.commands import Command
    from gan.config import RunConfig
    from gan.session.preparation import RunPlan
    from gan.strategy.cluster import Cluster
    from gan.strategy.membership import End, Membership
    from gan.strategy.wire import Message
    from gan.training.build import Program


class WorkerSession:
    """One worker besides the first. It has the methods by which a front end knows a session."""

    def __init__(
        self,
        plan: RunPlan,
        cluster: Cluster,
        given: Mapping[str, Any],
        *,
        listeners: Sequence[events.Listener],
    ) -> None:
        """Nothing runs until `start`.

        Args:
            plan: What to do; its configuration has this process's own options.
            cluster: The processes that train together; this is not the first.
            given: The options that this process was given, by field, and no defaults.
            listeners: Called with every event, in order, in the thread that emits it.
        """
        self._plan = plan
        self._cluster = cluster
        self._given = given
        self._listeners = listeners
        self._lock = threading.RLock()
        self._progress = RunProgress()
        self._stop: Stop | None = None
        self._membership: Membership | None = None
        self._is_welcome = False
        """Whether the first worker has begun the run with this process, and will end it."""

        self._thread = TrainerThread(self._run)

    @property
    def progress(self) -> RunProgress:
        """Where this process stands. Immutable, so any thread may read it."""
        return self._progress

    def start(self) -> None:
        """Start the thread that trains and return at once."""
        self._thread.start()

    def send(self, command: Command) -> None:
        """Ask the first worker to stop or to save; before it is there, a stop ends this process."""
        membership = self._membership
        if isinstance(command, Stop):
            self._stop = command
        if membership is None or not self._is_welcome:
            return
        self._ask(membership, command)

    def _ask(self, membership: Membership, command: Command) -> None:
        if isinstance(command, Stop):
            asked = {"command": "stop", "exit_code": command.exit_code}
        elif isinstance(command, SaveCheckpoint):
            asked = {"command": "save", "exit_code": 0}
        else:
            return
        # A signal handler must not wait for a lock that the interrupted thread holds.
        threading.Thread(target=_tell, args=(membership, asked), daemon=True).start()

    def exit_code_now(self) -> int | None:
        """The exit code if the process ends at this moment; `None` while it trains."""
        if self._progress.ended or self._progress.phase is Phase.TRAINING:
            return self._progress.exit_code
        return None if self._stop is None else self._stop.exit_code

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the end; returns whether it has come."""
        return self._thread.join(timeout)

    def _run(self) -> None:
        """The thread that trains. However it ends, the last event is an end."""
        try:
            self._train()
        except RunEnded as ended:
            self._report_end(ended.end)
        except _Stopped as stopped:
            self._finish(stopped.exit_code, completed=False)
        except GanTuiError as error:
            self._fail(error, str(error), error.exit_code, "")
        except Exception as error:  # noqa: BLE001 - the one place where any error ends the process
            short = shortage(error)
            message = short or f"{type(error).__name__}: {error}".partition("\n")[0]
            trace = "" if short else traceback.format_exc()
            self._fail(error, message, GanTuiError.exit_code, trace)
        finally:
            if self._membership is not None:
                self._membership.close()

    def _train(self) -> None:
        ground = Groundwork(
            self._emit, self._require_not_stopped, machine=self._plan.machine, cluster=self._cluster
        )
        ground.report.note(
            f"this process is {self._cluster.name(self._cluster.worker)} of "
            f"{len(self._cluster.workers)}; worker 0 has the run's directory and its dashboard"
        )
        joining = Joining(
            plan=self._plan,
            cluster=self._cluster,
            given=self._given,
            ground=ground,
            require_not_stopped=self._require_not_stopped,
        )
        self._membership = membership = joining.come(self._end_for)
        config = joining.welcomed(membership)
        self._is_welcome = True
        if (stop := self._stop) is not None:
            # It came too late to end this process alone, and too early to be told.
            self._ask(membership, stop)
        program, config, taken = joining.compiled(membership, config)
        with joining.reading(membership, taken):
            self._follow(joining, membership, program, config)

    def _follow(
        self, joining: Joining, membership: Membership, program: Program, config: RunConfig
    ) -> None:
        """Make the first worker's steps until it ends the run, and report them."""
        from gan.training.device import device_breakdowns
        from gan.training.execution import Losses
        from gan.training.reporter import Reporter
        from gan.training.stopwatch import Stopwatch

        watch = Stopwatch()
        reporter = Reporter(self._emit, watch)
        self._emit(events.PhaseEntered(time=time.time(), phase=Phase.TRAINING))

        def run(message: Message) -> None:
            step, steps, branch = steps_in(message)
            with watch.measure("training"):
                losses = program.execution(step, steps, branch)
            reporter.add(step + 1, Losses(*losses))

        try:
            with device_breakdowns(config.batch_size, lambda: self._progress.step, lambda: None):
                joining.follow(membership, program, run)
        finally:
            reporter.flush()

    def _require_not_stopped(self) -> None:
        if self._stop is not None and not self._is_welcome:
            raise _Stopped(self._stop.exit_code)

    def _end_for(self, end: End) -> None:
        """End this process with the run, even if its trainer waits for another one for ever."""
        if not self._thread.ends_within(PATIENCE * self._plan.grace_seconds):
            self._report_end(end)
            self._thread.give_up()

    def _report_end(self, end: End) -> None:
        if end.message:
            error = error_of(end.message, end.exit_code)
            self._emit_end(_failed(error, end.message, error.exit_code, ""))
        else:
            self._finish(end.exit_code, completed=end.exit_code == 0)

    def _finish(self, exit_code: int, *, completed: bool) -> None:
        self._emit_end(
            events.RunFinished(
                time=time.time(),
                step=self._progress.step,
                completed=completed,
                train_seconds=self._progress.train_seconds,
                exit_code=exit_code,
            )
        )

    def _fail(self, error: Exception, message: str, exit_code: int, trace: str) -> None:
        """Report an error of this process, to the first worker too."""
        self._emit_end(_failed(error, message, exit_code, trace))
        if self._membership is not None:
            _tell(self._membership, {"message": message, "exit_code": exit_code}, kind="failed")

    def _emit_end(self, event: events.Event) -> None:
        with self._lock:
            if not self._progress.ended:
                self._emit(event)

    def _emit(self, event: events.Event) -> None:
        with self._lock:
            self._progress = apply(self._progress, event)
            for listener in self._listeners:
                listener(event)


class _Stopped(Exception):  # noqa: N818 - not an error: it ends the preparation
    """A stop was asked for before the first worker was there."""

    def __init__(self, exit_code: int) -> None:
        super().__init__()
        self.exit_code = exit_code


def _failed(error: Exception, message: str, exit_code: int, trace: str) -> events.RunFailed:
    return events.RunFailed(
        time=time.time(),
        error=type(error).__name__,
        message=message,
        exit_code=exit_code,
        traceback=trace,
    )


def _tell(membership: Membership, message: Message, *, kind: str = "command") -> None:
    """Tell the first worker something, if it is still there."""
    try:
        membership.tell({"kind": kind, **message})
    except RunEnded:
        # Its end says more than this would have.
        return
