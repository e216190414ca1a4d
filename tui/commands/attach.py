"""`gan-tui attach`: the dashboard over a run that another process trains.

`gan-tui watch` is the same without commands. Loads no TensorFlow.
"""

from __future__ import annotations

import argparse
import os
import signal
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gan.errors import GanTuiError, UsageError
from gan.options import Option, option, options_of, path, text
from gan.run.finding import NEWEST, find_run
from tui.commands.command_line import Parser, add_option, say
from tui.commands.train_options import Arguments as TrainArguments
from tui.terminal.colors import correct_colors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gan.progress import RunProgress
    from gan.run.directory import RunDirectory
    from gan.run_facts.sighting import Sighting
    from gan.viewing.viewer import Viewer
    from tui.app.app import GanTuiApp
    from tui.model.source import Source
    from tui.terminal.signal_flags import SignalFlags
    from tui.terminal.stderr_capture import StderrCapture

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SCREEN: Final = ("fps", "glyphs", "theme")
_SIGNALLED: Final = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """What to show, and how."""

    run: str | None = option(
        None,
        "RUN",
        text("a run"),
        group="run",
        help="the run: its path, name or number",
        default_text="the newest run that is being trained",
        is_positional=True,
        nullable=True,
    )

    runs: Path = option(
        Path("runs"), group="run", metavar="DIR", values=path(), help="the folder of numbered runs"
    )

    read_only: bool = option(
        False, group="screen", help="only watch, as gan-tui watch: no key can steer the run"
    )

    fps: float | None = None
    glyphs: str | None = None
    theme: str | None = None


OPTIONS: Final[dict[str, Option]] = {
    **options_of(Arguments),
    **{name: options_of(TrainArguments)[name] for name in _SCREEN},
}
"""Every option of this command, for its parser and the documentation."""


def main(words: Sequence[str]) -> int:
    """Attach to a run; returns the exit code.

    Args:
        words: The command line, `attach` in front.

    Raises:
        UsageError: The words can't be read, or there is no terminal.
        GanTuiError: The run can't be shown.
    """
    given = parser().read(words[1:])
    return show_run(Arguments(**given))


def parser() -> Parser:
    """The parser."""
    return make_parser(
        "attach",
        OPTIONS,
        "Show a run that another process trains, and steer it with the keys of the dashboard. "
        "Leaving it by q and l changes nothing for the run.",
    )


def make_parser(name: str, options: dict[str, Option], description: str) -> Parser:
    """The parser of `attach` or `watch`."""
    made = Parser(
        prog=f"gan-tui {name}",
        description=description,
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    for field, described in options.items():
        add_option(made, field, described)
    return made


def show_run(arguments: Arguments) -> int:
    """Show a run until the screen is left; returns the exit code."""
    from tui.terminal.stderr_capture import StderrCapture, unusable_reason

    correct_colors(os.environ)
    if (why := unusable_reason(os.environ)) is not None:
        raise UsageError(f"no dashboard: {why}. gan-tui runs prints the state of the runs here.")
    run = _run_to_show(arguments)
    with StderrCapture(python_stderr="captured") as capture:
        viewer, app, flags = _compose(run, arguments, capture)
        viewer.start()
        try:
            with screen_signals(flags) as received:
                failure = show_app(app)
        finally:
            viewer.close()
    if failure is not None:
        say(f"gan-tui: the dashboard failed: {failure}. The run is not affected.")
        return GanTuiError.exit_code
    if received:
        return _SIGNALLED + received[0]
    _say_how_it_stands(run, app, viewer)
    return 0


def _run_to_show(arguments: Arguments) -> RunDirectory:
    """The run that was named, or the newest that is being trained."""
    if arguments.run is not None and arguments.run != NEWEST:
        return find_run(arguments.runs, arguments.run)
    from gan.viewing.live_run import newest_live

    return newest_live(arguments.runs, on_wait=say_waiting)


def say_waiting(name: str) -> None:
    """Say why there is no screen for a moment."""
    say(f"gan-tui: looking whether a process elsewhere trains {name}")


def _compose(
    run: RunDirectory, arguments: Arguments, capture: StderrCapture
) -> tuple[Viewer, GanTuiApp, SignalFlags]:
    """The viewer, not started yet, and the dashboard that shows what it reads."""
    from gan.session.environment import quick_imports

    with quick_imports():
        from gan.exchange.event_buffer import EventBuffer
        from gan.viewing.viewer import Viewer
        from tui.app.app import GanTuiApp
        from tui.settings.settings import settings_for
        from tui.terminal.driver import HardenedDriver
        from tui.terminal.pacing import viewer_rates
        from tui.terminal.signal_flags import SignalFlags

    settings = settings_for(
        os.environ, fps=arguments.fps, glyphs=arguments.glyphs, theme=arguments.theme
    )
    # A rate that a person chose is kept, whatever it takes.
    rates = viewer_rates(settings.rates) if arguments.fps is None else settings.rates
    buffer, flags = EventBuffer(), SignalFlags()
    why_not = "" if arguments.read_only else why_it_is_only_watched(run)
    may_steer = not arguments.read_only and not why_not
    viewer = Viewer(
        run,
        # The viewer says the notes: the app's own are forgotten when the run is shown.
        notes=[*settings.notes, *filter(None, [why_not])],
        screen=buffer,
        preview_seconds=1 / rates.digits if may_steer else None,
    )
    app = GanTuiApp(
        _source(run, viewer, buffer, may_steer=may_steer),
        settings=replace(settings, rates=rates, notes=[]),
        python_stderr=capture.python_stream,
        driver_class=HardenedDriver,
        signals=flags,
    )
    return viewer, app, flags


def why_it_is_only_watched(run: RunDirectory) -> str:
    """Why this user can't steer a run; empty if they can.

    A run takes messages and leases of its own user alone, even from those who may write there.
    """
    try:
        owner = run.mailbox_path.stat().st_uid
    except OSError:
        # What is wrong with the directory is said once it is read.
        return ""
    if owner != os.geteuid():
        return f"{run.name} belongs to user {owner}, so it is only watched"
    if not os.access(run.mailbox_path, os.W_OK):
        return f"{run.mailbox_path} can't be written to, so this run is only watched"
    return ""


def _source(run: RunDirectory, viewer: Viewer, buffer: Any, *, may_steer: bool) -> Source:
    """The run of another process, as the dashboard sees it."""
    from gan.export.writer import export
    from gan.run.samples import read_samples
    from gan.viewing.output import OutputReader
    from tui.model.source import LiveSource

    folder = None if may_steer else Path.cwd()
    return LiveSource(
        earlier=buffer.earlier,
        drain=buffer.drain,
        send=viewer.send,
        output=OutputReader(run).unread,
        read_grid=lambda path: read_samples(run, path),
        export=lambda request: str(export(run, request, folder)),
        viewing=lambda: viewer.viewing,
        machines=lambda: viewer.machines,
        has_asked=viewer.has_asked,
    )


def show_app(app: GanTuiApp) -> str | None:
    """Run the dashboard until it is left; returns the error that ended it, if one did."""
    from tui.terminal.driver import restore_terminal

    try:
        app.run()
    except Exception as error:  # noqa: BLE001 - the one place where any error of the screen ends
        restore_terminal(app)
        return f"{type(error).__name__}: {error}"
    return None if app.failure is None else app.failure.error


@contextmanager
def screen_signals(flags: SignalFlags) -> Iterator[list[int]]:
    """Leave the screen on a signal, within the block; the run goes on. Yields those received."""
    received: list[int] = []

    def leave(number: int, frame: object) -> None:
        del frame
        received.append(number)
        flags.leave = True

    before = {number: signal.signal(number, leave) for number in _SIGNALS}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def _say_how_it_stands(run: RunDirectory, app: GanTuiApp, viewer: Viewer) -> None:
    """Print how the run stands, now that the screen is gone."""
    from gan.text.invocations import resume_words
    from tui.commands.summary import saved_words

    progress = app.state.progress
    if progress.program:
        say(how_the_loop_stands(run, progress, viewer.viewing.sighting))
        return
    at = f"{run.name}, step {progress.step:,} ({saved_words(progress)})"
    if progress.completed:
        say(f"{at}: the run is complete.")
    elif progress.error:
        say(f"{at}: the run has failed: {progress.error}")
        say(f"{resume_words(str(run.path))} goes on with it.")
    elif progress.ended:
        say(f"{at}: the run has ended. {resume_words(str(run.path))} resumes it.")
    else:
        say(f"{at}: {outlook(str(run.path), viewer.viewing.sighting, progress)}")


def how_the_loop_stands(run: RunDirectory, progress: RunProgress, sighting: Sighting) -> str:
    """How a recorded loop stands, which can neither be saved nor resumed from here."""
    from gan.run_facts.sighting import Liveness
    from gan.text.invocations import attach_words
    from tui.commands.summary import going_on_words

    program = progress.program
    at, back = f"{run.name}, step {progress.step:,}", f"{attach_words(str(run.path))} comes back."
    if progress.error:
        return f"{at}: {program} has failed: {progress.error}"
    if progress.ended or sighting.liveness is Liveness.ENDED:
        return f"{at}: {program} has {'completed' if progress.completed else 'ended'} it."
    if sighting.liveness is Liveness.DIED:
        return f"{at}: {program} is gone without having ended it."
    if sighting.liveness is Liveness.LIVE:
        return f"{at}: {going_on_words(progress)}. {back}"
    return f"{at}: it is not known whether {program} runs. {back}"


def outlook(path: str, sighting: Sighting, progress: RunProgress) -> str:
    """What is known of the process of a run that has recorded no end."""
    from gan.run_facts.sighting import Liveness
    from gan.text import wording
    from gan.text.invocations import attach_words, resume_words
    from tui.commands.summary import going_on_words

    back = f"{attach_words(path)} comes back."
    if sighting.liveness is Liveness.DIED:
        return f"its process is gone. {resume_words(path)} goes on with it."
    if sighting.liveness is Liveness.ENDED:
        # Its status says so, and the last lines of its log were not read.
        return f"the run has ended. {resume_words(path)} resumes it."
    if sighting.liveness is Liveness.SILENT:
        heard = f"nothing was heard of it for {wording.duration(sighting.seconds)}"
        return f"{heard}; its process may have died or be stopped. {back}"
    if sighting.liveness is Liveness.UNKNOWN:
        return f"it is not known whether its process lives. {back}"
    return f"{going_on_words(progress)}. {back}"
