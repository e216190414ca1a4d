"""The list of keys, made from bindings."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from textual.app import App
from textual.binding import Binding
from textual.containers import VerticalScroll

from tui.keys.bindings import BINDINGS
from tui.model.run_state import MARKS
from tui.screens.help import HelpScreen, help_rows
from tui.screens.log_screen import LogScreen
from tui.style.styles import STRONG
from tui.style.themes import THEMES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from textual.pilot import Pilot
    from textual.strip import Strip


@asynccontextmanager
async def opened(
    size: tuple[int, int] = (80, 24), theme: str = "dark"
) -> AsyncIterator[tuple[HelpScreen, Pilot[None]]]:
    app: App[None] = App()
    app.animation_level = "none"
    async with app.run_test(size=size) as pilot:
        app.register_theme(THEMES[theme].theme)
        app.theme = THEMES[theme].theme.name
        screen = HelpScreen(BINDINGS)
        await app.push_screen(screen)
        await pilot.pause()
        yield screen, pilot


def rows(screen: HelpScreen) -> list[Strip]:
    return screen._compositor.render_strips()


def words(screen: HelpScreen) -> set[str]:
    """What stands on the screen; half blocks are the scrollbar's ends."""
    text = " ".join(strip.text for strip in rows(screen))
    return set(text.translate(dict.fromkeys(map(ord, "▁▂▃▄▅▆▇█"), " ")).split())


def test_keys_of_one_id_share_a_row() -> None:
    bindings = Binding.make_bindings(
        [
            Binding("space,p", "pause", "Pause", id="pause", tooltip="Pause the training."),
            Binding("question_mark", "help", "Help", id="help", tooltip="Show every key."),
            Binding("tab", "next", "Next"),
        ]
    )

    assert help_rows(bindings) == [
        ("space, p", "pause", "Pause the training."),
        ("?", "help", "Show every key."),
    ]


def test_one_id_may_do_two_things() -> None:
    """As one key pauses and resumes: each has a sentence of its own."""
    bindings = [
        Binding("space,p", "pause", "Pause", id="pause", tooltip="Pause the training."),
        Binding("space,p", "resume", "Unpause", id="pause", tooltip="Go on training."),
    ]

    assert help_rows(bindings) == [
        ("space, p", "pause", "Pause the training."),
        ("space, p", "pause", "Go on training."),
    ]


@pytest.mark.parametrize("size", [(40, 12), (60, 20), (80, 24), (200, 60)], ids=str)
async def test_every_sentence_comes_into_sight(size: tuple[int, int]) -> None:
    async with opened(size) as (screen, pilot):
        seen = words(screen)
        scroll = screen.query_one(VerticalScroll)
        while scroll.scroll_y < scroll.max_scroll_y:
            await pilot.press("pagedown")
            await pilot.pause()
            seen |= words(screen)

        expected = {word for binding in BINDINGS for word in binding.tooltip.split()}
        assert expected - seen == set()


async def test_the_groups_are_named() -> None:
    async with opened((120, 90)) as (screen, _):
        groups = {binding.group.description for binding in BINDINGS if binding.group}

        assert {word for group in groups for word in group.split()} <= words(screen)


async def test_every_mark_of_the_chart_is_explained() -> None:
    async with opened((120, 90)) as (screen, _):
        assert set(MARKS) <= words(screen)


@pytest.mark.parametrize("theme", THEMES)
async def test_it_is_legible_in_every_theme(theme: str) -> None:
    async with opened(theme=theme) as (screen, _):
        wanted = THEMES[theme].style(STRONG).color
        colors = {
            segment.style.color.get_truecolor()
            for strip in rows(screen)
            for segment in strip
            if segment.style and segment.style.color and segment.text.strip() == "q"
        }

        assert wanted is not None
        assert colors == {wanted.get_truecolor()}


@pytest.mark.parametrize("screen", [HelpScreen, LogScreen])
def test_every_binding_has_an_id_and_one_sentence(screen: type) -> None:
    for binding in screen.BINDINGS:
        assert binding.id, binding
        assert binding.tooltip.endswith("."), binding
        assert binding.tooltip.count(".") == 1, binding
