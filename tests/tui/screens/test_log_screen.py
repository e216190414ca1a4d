"""The whole log: its newest lines in sight, by level, by text, with and without native output."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from textual.app import App
from textual.widgets import Input

from gan.events import Severity
from tui.model.log_lines import LogLine, stderr_line
from tui.screens.log_screen import LogScreen, LogView
from tui.style.styles import QUIET
from tui.style.themes import THEMES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from textual.pilot import Pilot

LOG = [
    *[LogLine(number, Severity.INFO, f"line {number}") for number in range(200)],
    LogLine(200, Severity.WARNING, "a warning"),
    LogLine(201, Severity.ERROR, "an error"),
    stderr_line("native noise\x1b[31m [b]not markup[/b]", 202),
]


@asynccontextmanager
async def opened(log: list[LogLine] = LOG) -> AsyncIterator[tuple[LogScreen, Pilot[None]]]:
    app: App[None] = App()
    app.animation_level = "none"
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
        screen.show([*LOG, LogLine(300, Severity.INFO, "the newest")])
        await pilot.pause()

        assert seen(screen)[-1].endswith("the newest")


async def test_scrolled_away_it_stays_where_it_is() -> None:
    async with opened() as (screen, pilot):
        await pilot.press("home")
        await pilot.pause()
        before = seen(screen)
        screen.show([*LOG, LogLine(300, Severity.INFO, "the newest")])
        await pilot.pause()

        assert "line 0" in before[0]
        assert seen(screen) == before


async def test_back_at_the_end_it_follows_again() -> None:
    async with opened() as (screen, pilot):
        await pilot.press("home", "end")
        await pilot.pause()
        screen.show([*LOG, LogLine(300, Severity.INFO, "the newest")])
        await pilot.pause()

        assert seen(screen)[-1].endswith("the newest")


async def test_lines_that_are_dropped_at_the_front_do_not_move_what_is_read() -> None:
    """The log has a maximum length: a full one loses a line for each new one."""
    async with opened() as (screen, pilot):
        await pilot.press("pageup", "pageup")
        await pilot.pause()
        before = seen(screen)
        screen.show([*LOG[7:], *(LogLine(300, Severity.INFO, "new") for _ in range(7))])
        await pilot.pause()

        assert seen(screen) == before


async def test_another_filter_begins_where_one_was_reading() -> None:
    async with opened() as (screen, pilot):
        await pilot.press("home")
        await pilot.pause()
        await pilot.press("slash", *"50", "enter")
        await pilot.press("escape")
        await pilot.pause()

        assert "line 50" in seen(screen)[0]


async def test_a_narrower_screen_keeps_the_line_that_was_on_top() -> None:
    log = [
        LogLine(number, Severity.INFO, f"line {number} " + "word " * 30) for number in range(200)
    ]
    async with opened(log) as (screen, pilot):
        await pilot.press("pageup", "pageup")
        await pilot.pause()
        before = seen(screen)[0].split("line")[1].split()[0]
        await pilot.resize_terminal(50, 24)
        while screen.size.width != 50:
            await pilot.pause(0.002)
        await pilot.pause()

        assert f"line {before} " in "\n".join(seen(screen)[:2])


@pytest.mark.parametrize("length", [66, 67, 68, 200])
async def test_no_letter_of_a_long_line_is_lost(length: int) -> None:
    text = "    " + "x" * length + " tail"
    async with opened([LogLine(0, Severity.INFO, text)]) as (screen, _):
        shown = "".join(row[10:] for row in seen(screen))

        assert shown.count("x") == length
        assert "tail" in shown
        assert all(len(row) < 80 for row in seen(screen))


@pytest.mark.parametrize("theme", THEMES)
async def test_it_is_legible_in_every_theme(theme: str) -> None:
    async with opened() as (screen, pilot):
        pilot.app.register_theme(THEMES[theme].theme)
        pilot.app.theme = THEMES[theme].theme.name
        await pilot.pause()
        _, text, *_ = screen.query_one(LogView).render_line(0)

        assert text.style == text.style + THEMES[theme].style(QUIET)


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
    async with opened([LogLine(n, Severity.INFO, f"line {n}") for n in range(5000)]) as (
        screen,
        pilot,
    ):
        view = screen.query_one(LogView)
        drawn: list[int] = []
        usual = view.render_line
        view.render_line = lambda y: drawn.append(y) or usual(y)  # type: ignore[method-assign,func-returns-value]
        await pilot.press("pageup")
        await pilot.pause()

        assert max(drawn) < view.size.height
