"""The whole log: its newest lines in sight, by level, by text, with and without native output."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from textual.app import App
from textual.widgets import Input

from tui.log_lines import Level, LogLine, stderr_line
from tui.screens.log_screen import LogScreen, LogView

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from textual.pilot import Pilot

LOG = [
    *[LogLine(number, Level.INFO, f"line {number}") for number in range(200)],
    LogLine(200, Level.WARNING, "a warning"),
    LogLine(201, Level.ERROR, "an error"),
    stderr_line("native noise\x1b[31m [b]not markup[/b]", 202),
]


@asynccontextmanager
async def opened(log: list[LogLine] = LOG) -> AsyncIterator[tuple[LogScreen, Pilot[None]]]:
    app: App[None] = App()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = LogScreen()
        await app.push_screen(screen)
        screen.show(log)
        await pilot.pause()
        yield screen, pilot


def seen(screen: LogScreen) -> list[str]:
    view = screen.query_one(LogView)
    return [view.render_line(y).text.rstrip() for y in range(view.size.height)]


async def test_the_newest_lines_are_in_sight() -> None:
    async with opened() as (screen, _):
        assert seen(screen)[-2].endswith("an error")
        assert "native noise" in seen(screen)[-1]


async def test_it_follows_while_lines_come() -> None:
    async with opened() as (screen, pilot):
        screen.show([*LOG, LogLine(300, Level.INFO, "the newest")])
        await pilot.pause()

        assert seen(screen)[-1].endswith("the newest")


async def test_scrolled_away_it_stays_where_it_is() -> None:
    async with opened() as (screen, pilot):
        await pilot.press("home")
        await pilot.pause(0.3)
        before = seen(screen)
        screen.show([*LOG, LogLine(300, Level.INFO, "the newest")])
        await pilot.pause()

        assert "line 0" in before[0]
        assert seen(screen) == before


async def test_by_level() -> None:
    async with opened() as (screen, pilot):
        await pilot.press("w")

        assert sum("a warning" in row or "an error" in row for row in seen(screen)) == 2
        assert not any("line" in row for row in seen(screen))

        await pilot.press("w")
        assert not any("a warning" in row for row in seen(screen))
        assert any("an error" in row for row in seen(screen))

        await pilot.press("w")
        assert any("line 199" in row for row in seen(screen))


async def test_without_native_output() -> None:
    async with opened() as (screen, pilot):
        await pilot.press("n")
        assert not any("native" in row for row in seen(screen))

        await pilot.press("n")
        assert any("native" in row for row in seen(screen))


async def test_by_text_and_escape_takes_it_back() -> None:
    async with opened() as (screen, pilot):
        await pilot.press("slash", *"LINE")
        await pilot.press("space", *"19", "enter")
        await pilot.pause()
        shown = [row for row in seen(screen) if row]
        assert len(shown) == 11
        assert all("line 19" in row for row in shown)

        await pilot.press("escape")
        await pilot.pause()
        assert not screen.query_one(Input).display
        assert any("an error" in row for row in seen(screen))


@pytest.mark.parametrize("key", ["escape", "o", "q"])
async def test_it_closes(key: str) -> None:
    async with opened() as (screen, pilot):
        await pilot.press(key)

        assert pilot.app.screen is not screen


async def test_what_libraries_print_is_text_and_no_command() -> None:
    async with opened() as (screen, _):
        assert "\x1b" not in seen(screen)[-1]
        assert "[b]not markup[/b]" in seen(screen)[-1]


async def test_a_thousand_lines_cost_the_rows_in_sight() -> None:
    async with opened([LogLine(n, Level.INFO, f"line {n}") for n in range(5000)]) as (
        screen,
        pilot,
    ):
        view = screen.query_one(LogView)
        drawn: list[int] = []
        usual = view.render_line
        view.render_line = lambda y: drawn.append(y) or usual(y)  # type: ignore[method-assign,func-returns-value]
        await pilot.press("pageup")
        await pilot.pause(0.3)

        assert max(drawn) < view.size.height
