"""The composition root: the only place that knows both the training and the screens.

It puts a session, its listeners and a front end together, and turns how a run ended into an exit
code. TensorFlow is imported by the session's thread alone, Textual only for the dashboard.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gan.config import RunConfig
from gan.errors import GanTuiError, UsageError
from gan.session.environment import quick_imports
from gan.text.safe_text import PATH_LIMIT, safe_text
from tui.commands.train_options import NEWEST, Arguments, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from gan.commands import Command
    from gan.events import Event, Listener
    from gan.progress import RunProgress
    from gan.run.directory import RunDirectory
    from gan.session.preparation import RunPlan
    from gan.session.session import TrainingSession
    from tui.terminal.signal_flags import SignalFlags
    from tui.terminal.stderr_capture import StderrCapture

_ERROR: Final = 1
_IO_ERROR: Final = 74
_INTERRUPTED: Final = 128 + signal.SIGINT
_HUNG_UP: Final = 128 + signal.SIGHUP
_WAIT_SECONDS: Final = 0.5


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    try:
        return _main(sys.argv[1:] if argv is None else argv)
    except KeyboardInterrupt:
        # Only before there is a run: from then on the signal is the run's.
        _say("gan-tui: stopped before the run began")
        return _INTERRUPTED


def _main(words: Sequence[str]) -> int:
    try:
        if words[:1] == ["bench"]:
            return _bench(words[1:])
        arguments = parse(words)
        with quick_imports():
            plan = _plan(arguments, words)
    except GanTuiError as error:
        _say(f"gan-tui: {error}")
        return error.exit_code
    if arguments.no_ui:
        return _headless(plan, arguments)

    from tui.terminal.stderr_capture import unusable_reason

    reason = unusable_reason(os.environ)
    if reason is not None:
        _say(f"no dashboard: {reason}; training as --no-ui")
        return _headless(plan, arguments)
    return _dashboard(plan, arguments)


def _bench(words: Sequence[str]) -> int:
    from tui.commands.bench import bench
    from tui.terminal.stderr_capture import StderrCapture

    # What TensorFlow prints of itself stands in no table.
    with StderrCapture():
        return bench(words)


def _plan(arguments: Arguments, words: Sequence[str]) -> RunPlan:
    """What the session is to do; what can be refused without TensorFlow and data is refused now."""
    from gan.session.preparation import RunPlan

    resume, step = None, None
    if arguments.resume is not None:
        resume, step = _run_to_resume(arguments)
        config = resume.read_config().with_options(arguments.options)
    else:
        config = RunConfig.resolve(arguments.options)
        _require_free(arguments.run_dir)
    return RunPlan(
        config=config,
        runs=arguments.runs,
        run_dir=arguments.run_dir,
        resume=resume,
        resume_step=step,
        command_line=["gan-tui", *words],
    )


def _run_to_resume(arguments: Arguments) -> tuple[RunDirectory, int | None]:
    """The run, and the step of its checkpoint where one was named as RUN@STEP."""
    from gan.run.directory import RunDirectory

    wanted = arguments.resume or NEWEST
    run, at, step = wanted.rpartition("@")
    if not (at and step.isdecimal() and step.isascii()):
        run, step = wanted, ""
    if arguments.run_dir is None:
        return RunDirectory.find(arguments.runs, run or None), int(step) if step else None
    if run != NEWEST:
        msg = (
            f"--resume {wanted} and --run-dir {arguments.run_dir} both name a run. "
            "Give one of them."
        )
        raise UsageError(msg)
    return RunDirectory.open(arguments.run_dir), int(step) if step else None


def _require_free(run_dir: Path | None) -> None:
    """Refuse an occupied directory before anything is loaded."""
    from gan.disk.os_errors import storage_errors

    if run_dir is None:
        return
    with storage_errors("look into", run_dir):
        occupied = any(run_dir.iterdir()) if run_dir.is_dir() else os.path.lexists(run_dir)
    if occupied:
        msg = (
            f"--run-dir: {run_dir} exists and is not an empty folder. "
            "Go on from it with --resume, or choose another path."
        )
        raise UsageError(msg)


def _headless(plan: RunPlan, arguments: Arguments) -> int:
    from gan.headless.runner import run_headless
    from tui.terminal.stderr_capture import StderrCapture

    with StderrCapture() as capture:
        console, context = _console(json=arguments.json)
        follow = _FollowRun(capture)
        with context:
            end = run_headless(
                plan,
                [follow, console],
                grace_seconds=arguments.grace_seconds,
                before_leaving=_show_cursor,
            )
        _tell_end(end, capture, follow, told=True)
    # How the run ended comes first: a scheduler has to know that it can go on.
    if not arguments.json and end.run_dir and not _print_path(end.run_dir):
        return _exit_code(end) or _IO_ERROR
    failure = getattr(console, "failure", None)
    if arguments.json and failure is not None and not isinstance(failure, BrokenPipeError):
        _say(f"gan-tui: standard output: {failure.strerror}; the events are in the run's log")
        return _exit_code(end) or _IO_ERROR
    return _exit_code(end)


def _console(*, json: bool) -> tuple[Listener, AbstractContextManager[Any]]:
    """Who tells of a headless run, and the context that it lives in."""
    from gan.headless.line_console import JsonConsole, LineConsole

    if json:
        return JsonConsole(sys.stdout), nullcontext()

    from rich.console import Console

    from tui.commands.progress_bar import ProgressBarConsole

    console = Console(stderr=True)
    # Without TERM nothing is known of what the terminal can do.
    if console.is_terminal and not console.is_dumb_terminal and os.environ.get("TERM"):
        bar = ProgressBarConsole(console)
        return bar, bar
    return LineConsole(sys.stderr), nullcontext()


def _dashboard(plan: RunPlan, arguments: Arguments) -> int:
    with quick_imports():
        from gan.export.archive import RunArchive
        from gan.session.session import TrainingSession
        from tui.app.app import GanTuiApp
        from tui.model.source import EventBuffer, LiveSource
        from tui.settings.settings import settings_for
        from tui.terminal.driver import HardenedDriver, hardened_driver, restore_terminal
        from tui.terminal.signal_flags import SignalFlags
        from tui.terminal.stderr_capture import StderrCapture

    buffer, orders = EventBuffer(), SignalFlags()
    settings = settings_for(
        os.environ, fps=arguments.fps, glyphs=arguments.glyphs, theme=arguments.look
    )
    # The watchdog stays to the end: a terminal that is not read could hold up the last words.
    with ExitStack() as watched, StderrCapture(python_stderr="captured") as capture:
        follow = _FollowRun(capture)
        session = TrainingSession(
            plan,
            listeners=[follow, buffer],
            replay_to=[buffer.replay],
            preview_seconds=1 / settings.rates.digits,
        )
        app = GanTuiApp(
            LiveSource(
                buffer,
                session.send,
                archive=RunArchive(lambda: session.progress.run_dir),
                output=capture.unread,
            ),
            settings=settings,
            python_stderr=capture.python_stream,
            driver_class=HardenedDriver,
            orders=orders,
        )
        watched.enter_context(
            _signals(session, orders, arguments.grace_seconds, lambda: restore_terminal(app))
        )
        session.start()
        app.run()
        _end_session(session, orders, arguments.on_hangup)
        driver = hardened_driver(app)
        # Nobody reads a terminal that is gone, or that has not taken the dashboard's last bytes.
        unread = orders.leave or (driver is not None and driver.backlog > 0)
        # Standard error is the log here, and the terminal again once the capture has stopped.
        if not unread:
            capture.stop()
        _tell_end(session.progress, capture, follow, told=unread)
        if app.return_code:
            log = f"{session.progress.run_dir}/stderr.log"
            _say(f"gan-tui: the dashboard failed, the run did not: {log}")
    return app.return_code or _exit_code(session.progress)


@contextmanager
def _signals(
    session: TrainingSession, orders: SignalFlags, grace_seconds: float, restore: Callable[[], None]
) -> Iterator[None]:
    """Signals reach the run, and through `orders` the screen, for as long as the block lasts."""
    from gan.commands import Stop
    from gan.session.signals import SignalHandlers

    def send(command: Command) -> None:
        orders.stopping |= isinstance(command, Stop)
        session.send(command)

    def hang_up() -> None:
        orders.leave = True

    handlers = SignalHandlers(
        send,
        grace_seconds=grace_seconds,
        before_leaving=restore,
        on_hangup=hang_up,
        ended_with=lambda: session.progress.exit_code,
    )
    try:
        yield
    finally:
        handlers.restore()


def _end_session(session: TrainingSession, orders: SignalFlags, on_hangup: str) -> None:
    """Wait for the run's end, unseen if need be; where the screen died, save and stop first."""
    from gan.commands import Stop, Unwatch

    hung_up = orders.leave
    if hung_up and on_hangup == "stop":
        session.send(Stop(exit_code=_HUNG_UP))
    elif hung_up:
        session.send(Unwatch())
    elif not session.progress.ended:
        session.send(Stop())
    # In short waits, so that a signal is heeded between them.
    while not session.join(_WAIT_SECONDS):
        pass


class _FollowRun:
    """A listener that keeps the captured noise in the run's directory, and within bounds."""

    def __init__(self, capture: StderrCapture) -> None:
        self._capture = capture
        self.failure = ""
        """Why the noise could not be moved; empty where it was."""

    def __call__(self, event: Event) -> None:
        """Move the capture when the run has started, and trim it whenever something happens.

        That this fails is no reason to stop a training.
        """
        from gan.events import RunStarted
        from gan.run.directory import RunDirectory

        try:
            if isinstance(event, RunStarted):
                self._capture.move_to(RunDirectory(Path(event.run_dir)).stderr_path)
            else:
                self._capture.trim()
        except OSError as error:
            self.failure = f"native messages are not kept: {error.filename}: {error.strerror}"


def _tell_end(end: RunProgress, capture: StderrCapture, follow: _FollowRun, *, told: bool) -> None:
    """Print how the run ended: a summary, or an error and where to read on.

    Args:
        end: Where the run stands.
        capture: What native libraries said.
        follow: Whether that went into the run's directory.
        told: Whether a console has printed the error already.
    """
    from rich.console import Console

    from tui.commands.summary import print_summary

    if end.run_dir:
        print_summary(end, Console(stderr=True))
    if follow.failure:
        _say(f"gan-tui: {follow.failure}")
    if end.error and not told:
        _say(f"gan-tui: {end.error}")
    if end.traceback and end.run_dir:
        _say(f"gan-tui: what happened is in {end.run_dir}/events.jsonl and stderr.log")
    elif end.traceback:
        # There is no log, so this is the only place where it can be told.
        for line in [*capture.tail(), *end.traceback.splitlines()]:
            _say(line)


def _exit_code(end: RunProgress) -> int:
    return _ERROR if end.exit_code is None else end.exit_code


def _say(line: str) -> None:
    """One line to standard error, where it is open."""
    if sys.stderr is not None:
        print(safe_text(line, PATH_LIMIT), file=sys.stderr, flush=True)  # noqa: T201


def _show_cursor() -> None:
    """A progress bar hides the cursor, and a process that is ended at once cannot show it again."""
    stream = sys.stderr
    if stream is not None and stream.isatty():
        with suppress(OSError):
            os.write(stream.fileno(), b"\x1b[?25h\r\n")


def _print_path(path: str) -> bool:
    """The run directory as the last line of standard output, byte for byte; whether it got out."""
    if sys.stdout is None:
        _say(f"gan-tui: standard output is closed; the run is in {path}")
        return False
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(os.fsencode(path) + b"\n")
        sys.stdout.buffer.flush()
    except BrokenPipeError as error:
        # Whoever read it has left, which is no failure of the run.
        _say(f"gan-tui: standard output: {error.strerror}")
        with suppress(OSError, ValueError):
            # Python flushes it once more at exit, and would turn the exit code into 120.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError) as error:
        _say(f"gan-tui: standard output: {error}")
        return False
    return True
