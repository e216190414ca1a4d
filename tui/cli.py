"""The composition root: the only place that knows both the training and the screens.

It puts a session, its listeners and a front end together, and turns how a run ended into an exit
code. TensorFlow is imported by the session's thread alone, Textual only for the dashboard.
"""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gan.config import RunConfig
from gan.errors import GanTuiError, UsageError
from gan.safe_text import PATH_LIMIT, safe_text
from tui.arguments import NEWEST, Arguments, parse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from gan.events import Event, Listener
    from gan.progress import RunProgress
    from gan.session import RunPlan
    from tui.terminal import StderrCapture

LOOK_SECONDS: Final = 0.5
"""How often the dashboard gets new samples to show."""

_OK, _ERROR, _IO_ERROR = 0, 1, 74


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    words = sys.argv[1:] if argv is None else argv
    try:
        arguments = parse(words)
        plan = _plan(arguments, words)
    except GanTuiError as error:
        _say(f"gan-tui: {error}")
        return error.exit_code
    if arguments.no_ui:
        return _headless(plan, json=arguments.json)

    from tui.terminal import unusable_reason

    reason = unusable_reason(os.environ)
    if reason is not None:
        _say(f"no dashboard: {reason}; training as --no-ui")
        return _headless(plan, json=False)
    return _dashboard(plan)


def _plan(arguments: Arguments, words: Sequence[str]) -> RunPlan:
    """What the session is to do; everything that can be refused now is refused now."""
    from gan.session import RunPlan

    resume = None
    if arguments.resume is not None:
        resume = _run_to_resume(arguments)
        config = resume.read_config().with_options(arguments.options)
    else:
        config = RunConfig.resolve(arguments.options)
        _require_free(arguments.run_dir)
    return RunPlan(
        config=config,
        runs=arguments.runs,
        run_dir=arguments.run_dir,
        resume=resume,
        command_line=["gan-tui", *words],
    )


def _run_to_resume(arguments: Arguments) -> Any:
    from gan.run.directory import RunDirectory

    if arguments.run_dir is None:
        return RunDirectory.find(arguments.runs, arguments.resume or None)
    if arguments.resume != NEWEST:
        msg = (
            f"--resume {arguments.resume} and --run-dir {arguments.run_dir} both name a run. "
            "Give one of them."
        )
        raise UsageError(msg)
    return RunDirectory.open(arguments.run_dir)


def _require_free(run_dir: Path | None) -> None:
    """Refuse an occupied directory before anything is loaded."""
    from gan.run.storage import storage_errors

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


def _headless(plan: RunPlan, *, json: bool) -> int:
    from gan.headless import run_headless
    from tui.terminal import StderrCapture

    with StderrCapture() as capture:
        console, context = _console(json=json)
        follow = _FollowRun(capture)
        with context:
            end = run_headless(plan, [follow, console])
        _tell_end(end, capture, follow, told=True)
    if not json and end.run_dir:
        _print_path(end.run_dir)
    failure = getattr(console, "failure", None)
    if json and failure is not None and not isinstance(failure, BrokenPipeError):
        _say(f"gan-tui: standard output: {failure.strerror}; the events are in the run's log")
        return _IO_ERROR
    return _exit_code(end)


def _console(*, json: bool) -> tuple[Listener, AbstractContextManager[Any]]:
    """Who tells of a headless run, and the context that it lives in."""
    from gan.console import JsonConsole, LineConsole

    if json:
        return JsonConsole(sys.stdout), nullcontext()

    from rich.console import Console

    from tui.progress_bar import ProgressBarConsole

    console = Console(stderr=True)
    if console.is_terminal and not console.is_dumb_terminal:
        bar = ProgressBarConsole(console)
        return bar, bar
    return LineConsole(sys.stderr), nullcontext()


def _dashboard(plan: RunPlan) -> int:
    from gan.session import TrainingSession
    from tui.app import GanTuiApp
    from tui.sources import EventBuffer, LiveSource
    from tui.terminal import StderrCapture

    buffer = EventBuffer()
    with StderrCapture(python_stderr="captured") as capture:
        follow = _FollowRun(capture)
        session = TrainingSession(
            plan,
            listeners=[follow, buffer],
            replay_to=[buffer.replay],
            look_seconds=LOOK_SECONDS,
        )
        app = GanTuiApp(LiveSource(buffer, session.send), python_stderr=capture.python_stream)
        session.start()
        app.run()
        _end_session(session)
    # Only now is standard error the terminal again.
    _tell_end(session.progress, capture, follow, told=False)
    if app.return_code:
        _say(
            f"gan-tui: the dashboard failed, the run did not: {session.progress.run_dir}/stderr.log"
        )
    return app.return_code or _exit_code(session.progress)


def _end_session(session: Any) -> None:
    """Wait for the run's end; where the screen died before it, save and stop first."""
    from gan.commands import Stop

    if not session.progress.ended:
        session.send(Stop())
    session.join()


class _FollowRun:
    """A listener that moves the captured noise into the run's directory, once there is one."""

    def __init__(self, capture: StderrCapture) -> None:
        self._capture = capture
        self.failure = ""
        """Why the noise could not be moved; empty where it was."""

    def __call__(self, event: Event) -> None:
        """Move the capture when the run has started. It is no reason to stop a training."""
        from gan.events import RunStarted

        if isinstance(event, RunStarted):
            path = Path(event.run_dir) / "stderr.log"
            try:
                self._capture.move_to(path)
            except OSError as error:
                self.failure = f"native messages are not kept: {path}: {error.strerror}"


def _tell_end(end: RunProgress, capture: StderrCapture, follow: _FollowRun, *, told: bool) -> None:
    """Print how the run ended: a summary, or an error and where to read on.

    Args:
        end: Where the run stands.
        capture: What native libraries said.
        follow: Whether that went into the run's directory.
        told: Whether a console has printed the error already.
    """
    from rich.console import Console

    from tui.summary import print_summary

    if end.run_dir:
        print_summary(end, Console(stderr=True))
    if follow.failure:
        _say(f"gan-tui: {follow.failure}")
    if end.error and not told:
        _say(f"gan-tui: {end.error}")
    if end.exit_code == _ERROR and end.run_dir:
        _say(f"gan-tui: what happened is in {end.run_dir}/events.jsonl and stderr.log")
    elif end.exit_code == _ERROR:
        for line in capture.tail():
            _say(line)


def _exit_code(end: RunProgress) -> int:
    return _ERROR if end.exit_code is None else end.exit_code


def _say(line: str) -> None:
    """One line to standard error, where it is open."""
    if sys.stderr is not None:
        print(safe_text(line, PATH_LIMIT), file=sys.stderr, flush=True)  # noqa: T201


def _print_path(path: str) -> None:
    """The run directory, as the last line of standard output."""
    try:
        print(path, flush=True)  # noqa: T201
    except (OSError, ValueError) as error:
        _say(f"gan-tui: standard output: {error}")
