"""`gan-tui runs --live`: the table of runs on the whole screen, and what is asked for in it.

Attaching and comparing are subcommands of their own, which begin when the table has closed. It
opens again when they are left.
"""

from __future__ import annotations

import os
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Final

from gan.run.catalogue import Catalogue
from gan.run.directory import RunDirectory
from gan.run.trash import move_to_trash
from gan.session.environment import quick_imports
from tui.commands.command_line import say
from tui.model.run_list import RunList, filtered
from tui.terminal.colors import correct_colors

if TYPE_CHECKING:
    from pathlib import Path

    from gan.run_facts.summary import RunSummary
    from tui.app.runs_app import RunsApp

_SIZE_SECONDS: Final = 0.1
"""How long a look may measure sizes on disk, so that the first rows don't wait for them."""

_SIGNALLED: Final = 128


def show_live(folder: Path) -> int:
    """Show the runs of a folder until it is left, and between what is asked for in it.

    Args:
        folder: The folder of runs.

    Returns:
        The exit code: 0, or that of a command that was asked for and failed, or 128 + n after
        signal n.

    Raises:
        GanTuiError: The command that was asked for failed.
    """
    correct_colors(os.environ)
    catalogue = Catalogue(folder)
    shown, code = RunList(), 0
    while code == 0:
        app = _compose(catalogue, shown)
        if not _run(app):
            return 1
        if app.ended_by is not None:
            return _SIGNALLED + app.ended_by
        if not app.asked:
            return 0
        code = import_module(f"tui.commands.{app.asked[0]}").main(app.asked)
        shown = filtered(app.list, "")
    return code


def _compose(catalogue: Catalogue, shown: RunList | None = None) -> RunsApp:
    with quick_imports():
        from tui.app.runs_app import RunsApp
        from tui.model.run_list import RunsSource
        from tui.settings.settings import settings_for
        from tui.terminal.driver import HardenedDriver

    def discard(run: RunSummary) -> Path:
        return move_to_trash(RunDirectory(run.path), run)

    settings = settings_for(os.environ, fps=None, glyphs=None, theme=None)
    look = partial(catalogue.look, size_seconds=_SIZE_SECONDS)
    source = RunsSource(catalogue.runs, look, discard)
    return RunsApp(source, shown, theme=settings.view.theme, driver_class=HardenedDriver)


def _run(app: RunsApp) -> bool:
    """Run the app until it is left; returns whether it was, and no error ended it."""
    from tui.app.failing import ScreenFailure
    from tui.terminal.driver import restore_terminal

    try:
        app.run()
    except Exception as error:  # noqa: BLE001 - the one place where any error of the screen ends
        app.failure = app.failure or ScreenFailure.of(error)
    if app.failure is None:
        return True
    restore_terminal(app)
    for line in app.failure.traceback.rstrip().split("\n"):
        say(line)
    say(f"gan-tui: the table of runs failed: {app.failure.error}. The runs are not affected.")
    return False
