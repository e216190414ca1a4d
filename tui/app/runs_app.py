"""The table of runs as an app: it looks at the folder again and again, and keys act on its runs.

It attaches to no run and compares none itself: it leaves, and says what was asked for.
"""

from __future__ import annotations

import asyncio
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from gan.errors import GanTuiError
from gan.run_facts.sighting import Liveness
from tui.app.failing import FailingApp
from tui.app.terminal_app import TerminalApp
from tui.keys.runs_bindings import RUNS_BINDINGS
from tui.model import run_list
from tui.model.run_list import RunList
from tui.screens.discard_dialog import DiscardDialog
from tui.screens.help import HelpScreen
from tui.screens.runs_screen import RunsScreen

if TYPE_CHECKING:
    from textual.binding import BindingType
    from textual.driver import Driver

    from gan.run_facts.summary import RunSummary
    from tui.choices import ThemeChoice
    from tui.model.run_list import RunsSource
    from tui.terminal.background import BackgroundReported
    from tui.widgets.run_table import RunTable

LOOK_SECONDS: Final = 1.0
"""How often the folder is looked at."""

_SHARE: Final = 10
"""How many times longer than a look takes it waits for the next one: a tenth of a processor."""

_ENDING_SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


class RunsApp(FailingApp, TerminalApp):
    """Shows the runs of a folder."""

    CSS_PATH: ClassVar = [Path(__file__).with_name(n) for n in ("app.tcss", "runs_app.tcss")]
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [*RUNS_BINDINGS]

    def __init__(
        self,
        source: RunsSource,
        shown: RunList | None = None,
        *,
        theme: ThemeChoice = "auto",
        driver_class: type[Driver] | None = None,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        """Show a folder; nothing is read yet.

        Args:
            source: The folder.
            shown: The runs as they were shown the last time.
            theme: The colours.
            driver_class: Holds the terminal; `None` is Textual's own choice.
            look_seconds: How often to look at the folder.
        """
        super().__init__(driver_class=driver_class)
        self._source, self._look_seconds = source, look_seconds
        self.use_theme(theme)
        self._table_screen = RunsScreen(str(source.folder))
        self._trouble = ""
        self.list = shown or RunList()
        """The runs as they are shown."""

        self.asked: list[str] = []
        """The command to go on with: `attach` or `compare`, and the paths of runs; else empty."""

        self.ended_by: int | None = None
        """The signal that ended the app; `None` if a person left it."""

    def get_default_screen(self) -> RunsScreen:
        """The one screen under the dialogs."""
        return self._table_screen

    def on_mount(self) -> None:
        """Begin to look, and leave at a signal as at a key, so that the terminal is restored."""
        loop = asyncio.get_running_loop()
        for number in _ENDING_SIGNALS:
            loop.add_signal_handler(number, self._end, number)
        # A worker of the screen ends with it.
        self._table_screen.run_worker(self._look())

    def on_unmount(self) -> None:
        """Give the signals back."""
        loop = asyncio.get_running_loop()
        for number in _ENDING_SIGNALS:
            loop.remove_signal_handler(number)

    def on_background_reported(self, message: BackgroundReported) -> None:
        """Draw for the terminal's background."""
        self.know_background(is_light=message.is_light)

    def on_terminal_gone(self) -> None:
        """Leave a terminal that has hung up."""
        self._end(signal.SIGHUP)

    def on_run_table_pointed(self, message: RunTable.Pointed) -> None:
        """Put the cursor on the row."""
        self._show(run_list.moved(self.list, message.index - self.list.cursor))

    def on_input_changed(self) -> None:
        """Filter while typing."""
        self._show(run_list.filtered(self.list, self._table_screen.text))

    def action_move(self, by: int) -> None:
        """Move the cursor by so many rows."""
        self._show(run_list.moved(self.list, by))

    def action_page(self, by: int) -> None:
        """Move the cursor by so many screenfuls."""
        self.action_move(by * self._table_screen.table.page)

    def action_mark(self) -> None:
        """Mark the run under the cursor, or take its mark away."""
        self._show(run_list.toggled(self.list))

    def action_filter(self) -> None:
        """Open the filter for typing."""
        self._table_screen.open_filter()

    def action_attach(self) -> None:
        """Leave, to attach to the run under the cursor."""
        if (run := self.list.current) is not None:
            self._ask("attach", [run])

    def action_compare(self) -> None:
        """Leave, to compare the marked runs."""
        chosen = self.list.chosen
        if len(chosen) > 1:
            self._ask("compare", chosen)
        else:
            words = "Mark two runs or more with space, then press c."
            self.notify(words, title="Nothing to compare", severity="warning")

    async def action_discard(self) -> None:
        """Ask whether to move the run under the cursor to the trash, if nothing is heard of it."""
        run = self.list.current
        if run is None:
            return
        if not (run.has_ended or run.liveness is Liveness.SILENT):
            words = (
                f"{run.name} is {run.state}: only a run that has ended, or of which nothing is "
                "heard any more, moves to the trash."
            )
            self.notify(words, title="Not moved", severity="warning")
            return

        def answered(moves: bool | None) -> None:
            if moves:
                self.run_worker(self._discard(run))

        await self.open(DiscardDialog(run.name), answered)

    async def action_help(self) -> None:
        """Show every key."""
        await self.open(HelpScreen(RUNS_BINDINGS, {}, can_remap=False))

    def action_leave(self) -> None:
        """Close the filter, or else leave."""
        if self._table_screen.is_filtering:
            self._table_screen.close_filter()
        else:
            self.exit()

    async def action_quit(self) -> None:
        """Leave."""
        self.exit()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Act on the table only while no dialog covers it; in the filter, `/` is text."""
        del parameters
        if action in {"quit", "suspend", "focus_next", "focus_previous"}:
            return True
        is_covered = len(self.screen_stack) > 1
        return not is_covered and not (action == "filter" and self._table_screen.is_typing)

    async def _look(self) -> None:
        """Look at the folder for as long as the app runs."""
        while True:
            began = time.monotonic()
            try:
                found = await asyncio.to_thread(self._source.look)
            except GanTuiError as error:
                self._trouble = str(error)
                self._show(self.list)
            else:
                self._trouble = ""
                self._show(run_list.with_runs(self.list, found))
            took = time.monotonic() - began
            await asyncio.sleep(max(self._look_seconds, _SHARE * took))

    async def _discard(self, run: RunSummary) -> None:
        try:
            path = await asyncio.to_thread(self._source.discard, run)
        except GanTuiError as error:
            self.notify(str(error), title="Not moved", severity="error")
            return
        left = [one for one in self.list.runs if one.name != run.name]
        self._show(run_list.with_runs(self.list, left))
        self.notify(f"{run.name} is now {path}.", title="Moved to the trash")

    def _show(self, list_: RunList) -> None:
        self.list = list_
        self._table_screen.show(list_, self._trouble)

    def _ask(self, command: str, runs: list[RunSummary]) -> None:
        self.asked = [command, *(str(run.path) for run in runs)]
        self.exit()

    def _end(self, number: int) -> None:
        self.ended_by = number
        self.exit()
