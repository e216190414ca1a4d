"""The screen of a comparison as an app: it reads the runs in another thread, and draws them.

Nothing is sent to a run. The first frame waits for no log: each fills in as it is read.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol, TextIO

from gan.errors import GanTuiError
from tui.app.failing import FailingApp
from tui.app.terminal_app import TerminalApp
from tui.keys.comparison_bindings import COMPARISON_BINDINGS
from tui.keys.keymap import remapped
from tui.model.compared_run import ComparedRun, read
from tui.model.comparison import (
    ACTIONS,
    ComparisonView,
    GridPicture,
    grids_at,
    moved,
    scene_of,
    shown_step,
)
from tui.screens.comparison import ComparisonScreen
from tui.screens.help import HelpScreen
from tui.settings.settings import Settings
from tui.style.themes import next_theme
from tui.terminal.driver import hardened_driver

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.binding import BindingType
    from textual.driver import Driver

    from gan.events import Images
    from gan.run_facts.comparison import Description, Reading
    from tui.model.run_state import Grid
    from tui.terminal.background import BackgroundReported
    from tui.terminal.driver import InputFailed

_READ_SECONDS: Final = 1.0
"""The interval between two looks at runs whose logs have been read: that of their heartbeat."""

_DRAW_SECONDS: Final = 0.3
"""The interval between frames while logs are read: reading them is what takes the time then."""

_GRIDS_KEPT: Final = 512
"""Grids of 12.5 kB each, so that going through steps reads each once."""


class RunSource(Protocol):
    """A run as the app sees it. Both methods may wait for the disk."""

    description: Description

    def read(self) -> Reading:
        """The next part of the log, and what the run is doing."""

    def grid(self, path: str) -> Images:
        """A grid's images; raises `GanTuiError`."""


class CompareApp(FailingApp, TerminalApp):
    """Shows several runs side by side."""

    CSS_PATH = Path(__file__).with_name("app.tcss")
    BINDINGS: ClassVar[list[BindingType]] = [*COMPARISON_BINDINGS]
    ENABLE_COMMAND_PALETTE = False

    def __init__(
        self,
        sources: Sequence[RunSource],
        *,
        settings: Settings | None = None,
        python_stderr: TextIO | None = None,
        driver_class: type[Driver] | None = None,
        signals: Sequence[int] = (),
    ) -> None:
        """Show runs; nothing is read or drawn yet.

        Args:
            sources: The runs, at least two.
            settings: How to show them; the defaults if `None`.
            python_stderr: Where warnings of other threads go. Textual would show them to nobody.
            driver_class: Holds the terminal; `None` is Textual's own choice.
            signals: Those at which to leave.
        """
        super().__init__(driver_class=driver_class)
        self._sources, self._python_stderr, self._signals = sources, python_stderr, signals
        self._settings = settings or Settings()
        chosen = self._settings.view
        self.runs = tuple(ComparedRun(description=one.description) for one in sources)
        """The runs after what has been read of them."""

        self.view = ComparisonView(
            smoothing=chosen.smoothing, glyphs=chosen.glyphs, theme=chosen.theme
        )
        self.ended_by: int | None = None
        """The signal at which the screen was left; `None` if a person left it."""

        self.use_theme(self.view.theme)
        self._pictures: tuple[GridPicture | None, ...] = (None,) * len(sources)
        self._wanted: tuple[Grid | None, ...] = ()
        """The grids that are shown, or being read."""

        self._grid = lru_cache(_GRIDS_KEPT)(self._read_grid)
        self._screen = ComparisonScreen(self._settings.depth)

    def get_default_screen(self) -> ComparisonScreen:
        """The one screen under the help."""
        return self._screen

    def on_mount(self) -> None:
        """Draw the first frame, and begin to read after it."""
        if self._python_stderr is not None:
            # Textual has put its own stream in place by now, and restores the former at the end.
            sys.stderr = self._python_stderr
        self.set_keymap(dict(self._settings.keymap))
        loop = asyncio.get_running_loop()
        for number in self._signals:
            loop.add_signal_handler(number, self._leave_by, number)
        self._draw()
        # The first frame comes first: parsing a log takes the interpreter from it.
        self.call_after_refresh(self._begin)

    def on_terminal_gone(self) -> None:
        """Leave a terminal that has hung up."""
        self.exit()

    def on_input_failed(self, message: InputFailed) -> None:
        """Show that a piece of input was dropped."""
        self.notify(message.reason, title="Input", severity="warning")

    def action_view(self, name: str) -> None:
        """Change the view, by the name of an action in `comparison.ACTIONS`."""
        self._change_view(ACTIONS[name](self.view, self.runs))

    def action_next_theme(self) -> None:
        """Change the colours."""
        self._change_view(replace(self.view, theme=next_theme(self.shown_theme)))

    def on_background_reported(self, message: BackgroundReported) -> None:
        """Draw for the terminal's background."""
        self.know_background(is_light=message.is_light)
        self._draw()

    def action_grid(self, by: int) -> None:
        """Show the digits of another common step."""
        self._change_view(moved(self.view, self.runs, by))

    def action_scroll(self, by: int) -> None:
        """Scroll the list of differences."""
        if self.view.lists_differences:
            self._screen.list.scroll_rows(by)

    async def action_help(self) -> None:
        """Show every key."""
        bindings = remapped(COMPARISON_BINDINGS, self._settings.keymap)
        await self.open(HelpScreen(bindings, marks={}))

    async def action_quit(self) -> None:
        """Leave at once: nothing here belongs to a run."""
        self.exit()

    def _leave_by(self, number: int) -> None:
        self.ended_by = number
        self.exit()

    def _begin(self) -> None:
        following: Any = self._follow
        self.run_worker(following, group="follow", exclusive=True)

    async def _follow(self) -> None:
        """Read the runs for as long as the app runs, in another thread, and draw what is new."""
        drawn_at, drawn = monotonic(), self.runs
        while True:
            has_more = False
            for place in range(len(self._sources)):
                before = self.runs[place]
                after, is_behind = await asyncio.to_thread(self._read_run, place, before)
                has_more |= is_behind
                self.runs = (*self.runs[:place], after, *self.runs[place + 1 :])
            is_new = any(now is not then for now, then in zip(self.runs, drawn, strict=True))
            if is_new and (not has_more or monotonic() - drawn_at >= _DRAW_SECONDS):
                self._draw()
                drawn_at, drawn = monotonic(), self.runs
            await asyncio.sleep(0 if has_more else _READ_SECONDS)

    def _read_run(self, place: int, run: ComparedRun) -> tuple[ComparedRun, bool]:
        """In another thread: the run after one more reading, and whether it has more to read."""
        reading = self._sources[place].read()
        return read(run, reading), bool(reading.events)

    def _change_view(self, view: ComparisonView) -> None:
        self.view = view
        self.use_theme(view.theme)
        self._draw()

    def _draw(self) -> None:
        """Draw what is known now, and have the digits read that it asks for."""
        driver = hardened_driver(self)
        if driver is not None and driver.backlog > 0:
            # A slow link gets fewer frames; the next look at the runs draws again.
            self.set_timer(_READ_SECONDS / 4, self._draw)
            return
        wanted = grids_at(self.runs, shown_step(self.runs, self.view))
        if wanted != self._wanted:
            self._wanted = wanted
            # A callable: a coroutine that is cancelled before it begins warns of itself.
            opening: Any = partial(self._open, wanted)
            self.run_worker(opening, group="grids", exclusive=True)
        self._screen.show(scene_of(self.runs, self.view, self._pictures, self._settings.notes))

    async def _open(self, wanted: tuple[Grid | None, ...]) -> None:
        """Read these grids, and draw them together: half of two steps would mislead."""
        self._pictures = tuple(
            [
                None if grid is None else await asyncio.to_thread(self._picture, place, grid)
                for place, grid in enumerate(wanted)
            ]
        )
        self._draw()

    def _picture(self, place: int, grid: Grid) -> GridPicture:
        """In another thread: the digits of a grid, or why they can't be shown."""
        try:
            images = self._grid(place, grid)
        except GanTuiError as error:
            return GridPicture(step=grid.step, trouble=str(error))
        return GridPicture(step=grid.step, images=images)

    def _read_grid(self, place: int, grid: Grid) -> Images:
        return self._sources[place].grid(grid.path)
