"""`gan-tui train`: picks the front end, and puts the dashboard together.

The dashboard is a session, the screen, and the signals that reach both. Training without a screen
is in `train_headless`, which never loads Textual.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gan.commands import Stop
from gan.errors import StorageError
from gan.session.environment import quick_imports, require_tensorflow
from gan.strategy.cluster import unused_tasks
from tui.commands.command_line import say
from tui.commands.train_end import (
    StderrLog,
    exit_code,
    failure_line,
    left_lines,
    planned_words,
    print_end,
)
from tui.commands.train_options import parse, plan_of
from tui.terminal.colors import correct_colors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from gan.commands import Command
    from gan.exchange.event_buffer import EventBuffer
    from gan.progress import RunProgress
    from gan.session.preparation import RunPlan
    from gan.session.session import TrainingSession
    from tui.app.app import GanTuiApp
    from tui.app.failing import ScreenFailure
    from tui.commands.train_options import Arguments
    from tui.model.source import Source
    from tui.supervision.link import Link
    from tui.terminal.signal_flags import SignalFlags
    from tui.terminal.stderr_capture import StderrCapture

_HUNG_UP: Final = 128 + signal.SIGHUP
_WAIT_SECONDS: Final = 0.5
_MENTIONED: Final = 3
"""How many runs that are being trained already are named."""


def main(words: Sequence[str], link: Link | None = None) -> int:
    """Train, with the dashboard if there is a usable terminal; returns the exit code.

    Args:
        words: The command line, with or without `train` in front. The run's `config.json` records
            it as it is.
        link: To the parent process, if there is one.

    Raises:
        UsageError: The words can't be read, an option can't be used, or TensorFlow doesn't start
            with the settings in the environment.
        GanTuiError: The run to resume can't be used.
    """
    arguments = parse(words[1:] if words and words[0] == "train" else words)
    correct_colors(os.environ)
    if arguments.demo:
        from tui.commands.train_demo import play_demo

        return play_demo(arguments)
    with quick_imports():
        plan = plan_of(arguments, words)
    if tasks := unused_tasks(plan.config.strategy, arguments.workers, os.environ):
        say(f"gan-tui: {tasks}")
    require_tensorflow()
    if plan.cluster is not None:
        from tui.commands.train_worker import leave_cluster, train_worker

        if not plan.cluster.is_chief:
            leave_cluster(train_worker(plan, plan.cluster, arguments, link))
    code = _train_here(plan, arguments, link)
    if plan.cluster is not None:
        leave_cluster(code)
    return code


def _train_here(plan: RunPlan, arguments: Arguments, link: Link | None) -> int:
    """Train in the way that was asked for, or that the terminal allows; returns the exit code."""
    if arguments.detach:
        from tui.commands.train_detached import train_detached

        return train_detached(plan, arguments, link)
    if arguments.no_ui or _lacks_terminal():
        from tui.commands.train_headless import train_headless

        return train_headless(plan, arguments, link)
    return _train_dashboard(plan, arguments, link)


def _live_runs_in_words(plan: RunPlan) -> list[str]:
    """A line for each run that is being trained where a new one is to begin."""
    if plan.resume is not None:
        return []
    from gan.text.invocations import attach_words
    from gan.viewing.live_run import live_runs

    return [
        f"{run.name} is being trained already: {attach_words(str(run.path))} shows it"
        for run in live_runs(plan.runs)[:_MENTIONED]
    ]


def _lacks_terminal() -> bool:
    """Whether there is no terminal for a dashboard; says why."""
    from tui.terminal.stderr_capture import unusable_reason

    reason = unusable_reason(os.environ)
    if reason is not None:
        say(f"no dashboard: {reason}; training as with --no-ui")
    return reason is not None


def _train_dashboard(plan: RunPlan, arguments: Arguments, link: Link | None) -> int:
    """Train as planned behind the dashboard, and print how it ended; returns the exit code."""
    with quick_imports():
        from tui.terminal.driver import hardened_driver, restore_terminal
        from tui.terminal.signal_flags import SignalFlags
        from tui.terminal.stderr_capture import StderrCapture

    flags = SignalFlags(exit_when_done=arguments.exit_when_done, can_leave=link is not None)
    # The watchdog stays to the end: a terminal that nobody reads could block the last lines.
    file = link.stderr if link else None
    with ExitStack() as watched, StderrCapture(python_stderr="captured", file=file) as capture:
        stderr_log = StderrLog(capture, link, plan.cluster)
        notes = _live_runs_in_words(plan)
        for note in notes:
            say(f"gan-tui: {note}", sys.__stderr__)
        # Now, while the working directory is sure to be there.
        planned = planned_words(plan)
        session, app = _compose(plan, arguments, stderr_log, flags, notes)
        watched.enter_context(
            _signals(session, flags, arguments.grace, lambda: restore_terminal(app))
        )
        session.start()
        _note_screen(link, has_screen=True)
        failure = _show(app)
        if failure is not None:
            _report_failure(failure, app, session.progress, _way_back(session, planned))
        _note_screen(link, has_screen=False)
        if flags.has_left and link is not None:
            lines = left_lines(session.progress, _way_back(session, planned), os.getpid())
            _leave_training(lines, capture, link)
        _end_session(session, flags, arguments.on_hangup)
        driver = hardened_driver(app)
        # A terminal that hung up, or hasn't taken the dashboard's last bytes, has no reader.
        unread = flags.leave or flags.has_left or (driver is not None and driver.backlog > 0)
        # Until the capture stops, standard error is the log; then it is the terminal again.
        if not unread:
            capture.stop()
        print_end(session.progress, stderr_log, error_shown=unread)
    return exit_code(session.progress)


def _show(app: GanTuiApp) -> ScreenFailure | None:
    """Run the dashboard until it is left; returns the error that ended it, if one did.

    No error of the screen may end the training.
    """
    from tui.app.failing import ScreenFailure

    try:
        app.run()
    except Exception as error:  # noqa: BLE001 - the one place where any error of the screen ends
        app.failure = app.failure or ScreenFailure.of(error)
    return app.failure


def _way_back(session: TrainingSession, planned: str) -> str:
    """The command that comes back to a run; `planned` as long as it has no directory."""
    from gan.text.invocations import attach_words

    run_dir = session.progress.run_dir
    return attach_words(run_dir) if run_dir else planned


def _report_failure(
    failure: ScreenFailure, app: GanTuiApp, progress: RunProgress, back: str
) -> None:
    """Restore the terminal, and say there that the training goes on; the details go to the log."""
    from tui.terminal.driver import hardened_driver, restore_terminal

    restore_terminal(app)
    # Standard error is still the log. A full disk must not end the training.
    with suppress(OSError):
        print(failure.traceback, file=sys.stderr, flush=True)  # noqa: T201
    driver = hardened_driver(app)
    if driver is None or not (driver.gone or driver.backlog):
        with suppress(OSError):
            say(failure_line(failure.error, progress, back), sys.__stderr__)


def _leave_training(lines: Iterable[str], capture: StderrCapture, link: Link) -> None:
    """Say how to come back, and leave the terminal; the training goes on in this process."""
    from tui.supervision.detaching import detach

    for line in lines:
        say(line, sys.__stderr__)
    capture.forget_terminal()
    detach(link)


def _note_screen(link: Link | None, *, has_screen: bool) -> None:
    """Have the parent know whether the terminal is to be restored if this process dies."""
    if link is not None:
        link.note(screen=has_screen)


def _compose(
    plan: RunPlan,
    arguments: Arguments,
    stderr_log: StderrLog,
    flags: SignalFlags,
    notes: Sequence[str],
) -> tuple[TrainingSession, GanTuiApp]:
    """The session, not started yet, and the dashboard that shows it."""
    with quick_imports():
        from gan.exchange.event_buffer import EventBuffer
        from gan.session.session import TrainingSession
        from tui.app.app import GanTuiApp
        from tui.settings.settings import settings_for
        from tui.terminal.driver import HardenedDriver

    settings = settings_for(
        os.environ, fps=arguments.fps, glyphs=arguments.glyphs, theme=arguments.theme
    )
    settings = replace(settings, notes=[*settings.notes, *notes])
    buffer = EventBuffer()
    session = TrainingSession(
        plan,
        listeners=[stderr_log, buffer],
        replay_to=[buffer.replay],
        preview_seconds=1 / settings.rates.digits,
    )
    app = GanTuiApp(
        _live_source(session, buffer, stderr_log),
        settings=settings,
        python_stderr=stderr_log.capture.python_stream,
        driver_class=HardenedDriver,
        signals=flags,
    )
    return session, app


def _live_source(session: TrainingSession, buffer: EventBuffer, stderr_log: StderrLog) -> Source:
    """The run of this process, as the dashboard sees it."""
    from gan.export.writer import export
    from gan.run.directory import RunDirectory
    from gan.run.samples import read_samples
    from tui.model.source import LiveSource

    def run() -> RunDirectory:
        # An empty path would be the current directory.
        if not session.progress.run_dir:
            raise StorageError("the run has no directory yet. Wait until it trains.")
        return RunDirectory(Path(session.progress.run_dir))

    return LiveSource(
        earlier=buffer.earlier,
        drain=buffer.drain,
        send=session.send,
        output=stderr_log.capture.unread,
        read_grid=lambda path: read_samples(run(), path),
        export=lambda request: str(export(run(), request)),
        machines=lambda: session.machines,
    )


@contextmanager
def _signals(
    session: TrainingSession, flags: SignalFlags, grace_seconds: float, restore: Callable[[], None]
) -> Iterator[None]:
    """Pass signals to the run, and through `flags` to the screen, within the block."""
    from gan.session.signals import SignalHandlers

    def send(command: Command) -> None:
        flags.stopping |= isinstance(command, Stop)
        session.send(command)

    def hang_up() -> None:
        flags.leave = True

    def ended_with() -> int | None:
        return session.exit_code_now()

    handlers = SignalHandlers(
        send,
        grace_seconds=grace_seconds,
        before_leaving=restore,
        on_hangup=hang_up,
        ended_with=ended_with,
    )
    try:
        yield
    finally:
        handlers.restore()


def _end_session(session: TrainingSession, flags: SignalFlags, on_hangup: str) -> None:
    """Wait for the run's end. Without its screen it goes on unseen.

    A hangup stops it if that was asked for, also one that comes after the screen has failed.
    """
    is_stopped = False
    if not session.progress.ended and not (flags.leave and on_hangup == "stop"):
        session.leave_screen()
    while True:
        if flags.leave and on_hangup == "stop" and not is_stopped:
            is_stopped = True
            session.send(Stop(exit_code=_HUNG_UP))
        # In short waits, so that signals are handled between them.
        if session.join(_WAIT_SECONDS):
            return
