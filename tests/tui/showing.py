"""An application under test, with a run behind it that does what the test says."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from tests import fakes
from tests.fakes import FakeSource
from tui.app.app import GanTuiApp
from tui.model.view import View
from tui.settings.settings import Settings
from tui.terminal.pacing import Rates

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from textual.pilot import Pilot

    from gan import events
    from tui.terminal.signal_flags import SignalFlags

QUICK_RATES: Final = Rates(100.0, 100.0, processor_share=1.0)
"""So that a test does not wait for the screen."""

QUICK: Final = Settings(rates=QUICK_RATES)


class RunningApp:
    """An application under test, with the run behind it."""

    def __init__(self, source: FakeSource, app: GanTuiApp, pilot: Pilot[None]) -> None:
        self.source, self.app, self.pilot = source, app, pilot

    async def put(self, *story: events.Event) -> None:
        """Let these happen, and wait until the app has taken and drawn them."""
        self.source.put(*story)
        drains = self.source.drains
        await self.until(lambda: self.source.drains > drains or not self.app.is_running)
        await self.pilot.pause()
        await self.until(lambda: self._is_drawn or not self.app.is_running)
        await self.pilot.pause()

    @property
    def _is_drawn(self) -> bool:
        """Whether the newest state is on the screen, or under a dialog."""
        return not self.app._painter._is_owed or len(self.app.screen_stack) > 1

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size, and wait until the screen has it."""
        await self.pilot.resize_terminal(columns, rows)
        await self.until(lambda: self.app._resize_event is None)
        await self.pilot.pause()

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until a condition holds, which a timer or another thread brings about."""
        while not condition():
            await self.pilot.pause(0.002)

    def row(self, id_: str, y: int = 0) -> str:
        """The text in one row of a part of the screen."""
        return self.app.query_one(f"#{id_}").render_line(y).text


@asynccontextmanager
async def running(
    story: list[events.Event] | None = None,
    size: tuple[int, int] = (80, 24),
    signals: SignalFlags | None = None,
    view: View | None = None,
    *,
    toasts: bool = False,
    **options: Any,
) -> AsyncIterator[RunningApp]:
    """The app over a run; `toasts` has its notifications drawn, and not only noted."""
    source = FakeSource()
    settings = Settings(view=view or View(), rates=QUICK_RATES, **options)
    app = GanTuiApp(source, settings=settings, signals=signals)
    async with app.run_test(size=size, notifications=toasts) as pilot:
        dash = RunningApp(source, app, pilot)
        await dash.put(*(fakes.training() if story is None else story))
        yield dash
