"""No name, message or file from outside steers the terminal through the dashboard."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.widgets import Input

from gan import events
from gan.errors import StorageError
from tests import fakes
from tests.fakes import START
from tests.tui.showing import RunningApp, running
from tui.app.terminal_app import PrintableText, printable

if TYPE_CHECKING:
    from gan.events import Event

OUTSIDE = "a\x1b]0;owned\x07\x9b5m\nb\u202ec\u200bd\udce9[link=http://x]e[/link][bold]"
"""What a folder may be called: a title, blinking, a line, a direction, a byte, markup."""

SHOWN = r"a\x1b]0;owned\x07\x9b5m\nb\u202ec\u200bd\udce9[link=http://x]e[/link][bold]"


def story() -> list[Event]:
    """A run all of whose names are from outside."""
    changed: dict[type[Event], dict[str, Any]] = {
        events.RunStarted: {"name": OUTSIDE, "run_dir": f"/runs/{OUTSIDE}"},
        events.DataLoaded: {"name": OUTSIDE, "reason": OUTSIDE},
        events.ModelsBuilt: {"device": OUTSIDE},
        events.QualityMeasured: {"features": OUTSIDE},
    }
    return [replace(event, **changed.get(type(event), {})) for event in fakes.measured()]


MESSAGES = [
    events.AlertRaised(time=START, step=1200, name=OUTSIDE, message=OUTSIDE),
    events.StorageFaulted(time=START, what=OUTSIDE, message=OUTSIDE),
    events.StorageRecovered(time=START, what=OUTSIDE),
    events.CheckpointRejected(time=START, path=OUTSIDE, reason=OUTSIDE),
    events.Noted(time=START, text=OUTSIDE, warning=True),
    events.Diverged(time=START, step=1200, message=OUTSIDE),
]


def rows(dash: RunningApp) -> list[str]:
    """The text of every row of the screen, as it is sent."""
    strips = dash.app.screen._compositor.render_strips()
    return [segment.text for strip in strips for segment in strip if not segment.control]


def assert_harmless(dash: RunningApp) -> None:
    assert [text for text in rows(dash) if not text.isprintable()] == []
    ET.fromstring(dash.app.export_screenshot().encode())  # noqa: S314 - our own


@pytest.mark.parametrize("size", [(80, 24), (200, 60), (60, 18), (20, 6)], ids=str)
async def test_no_name_or_message_reaches_the_terminal_raw(size: tuple[int, int]) -> None:
    async with running(story(), size=size) as dash:
        await dash.put(*MESSAGES)
        assert_harmless(dash)

        for key in ("o", "escape", "e", "escape", "v", "question_mark"):
            await dash.press(key)
            assert_harmless(dash)


async def test_while_the_run_prepares_too() -> None:
    detail = events.PhaseEntered(time=START, phase=events.Phase.LOADING, detail=OUTSIDE)
    doing = events.ProgressMade(time=START, what=OUTSIDE, done=1, total=2, unit=OUTSIDE)
    async with running([detail, doing]) as dash:
        await dash.put()
        assert_harmless(dash)


async def test_a_name_is_shown_as_it_is_spelled() -> None:
    async with running(story(), size=(200, 60)) as dash:
        await dash.put()
        assert SHOWN in dash.row("header")


def unbroken(message: str) -> str:
    """The text of a toast without the line breaks of its long words."""
    return message.replace("\n", "")


async def test_the_toast_of_a_written_file_is_text() -> None:
    async with running(story(), size=(200, 60)) as dash:
        dash.source.exports = OUTSIDE
        await dash.press("e", "v")
        await dash.until(lambda: dash.app._notifications)
        await dash.pilot.pause()

        (toast,) = dash.app._notifications
        assert unbroken(toast.message) == f"{SHOWN}/screen"
        assert not toast.markup
        assert_harmless(dash)


async def test_so_is_that_of_an_export_that_failed() -> None:
    async with running(story(), size=(200, 60)) as dash:
        dash.source.error = StorageError(f"cannot write {OUTSIDE}: no space")
        await dash.press("e", "c")
        await dash.until(lambda: dash.app._notifications)
        await dash.pilot.pause()

        assert [unbroken(toast.message) for toast in dash.app._notifications] == [
            f"cannot write {SHOWN}: no space"
        ]
        assert_harmless(dash)


async def test_a_toast_covers_the_chart_and_breaks_paths_at_slashes() -> None:
    async with running(size=(80, 24), toasts=True) as dash:
        path = "/home/ada/experiments/2026/runs/00007-mlp-synthetic/exports/losses.csv"
        dash.app.notify(path, title="Written")
        await dash.until(lambda: dash.app.query("Toast"))
        await dash.pilot.pause()

        toast = dash.app.query_one("Toast")
        for other in ("#log", "#digits", "#status", "#keys", "#sparklines"):
            assert not toast.region.overlaps(dash.app.query_one(other).region), other
        assert toast.region.bottom == dash.app.query_one("#chart").region.bottom
        shown = [toast.render_line(y).text.strip(" ▌") for y in range(toast.region.height)]
        assert shown == [
            "Written",
            "/home/ada/experiments/2026/runs/",
            "00007-mlp-synthetic/exports/",
            "losses.csv",
        ]


async def test_good_news_are_gone_sooner_than_a_warning() -> None:
    async with running() as dash:
        dash.app.notify("saved")
        dash.app.notify("alert", severity="warning")
        await dash.until(lambda: len(dash.app._notifications) == 2)

        saved, alert = dash.app._notifications
        assert saved.timeout < alert.timeout


async def test_whoever_raises_a_toast_its_text_is_no_markup() -> None:
    async with running() as dash:
        dash.app.screen.notify(OUTSIDE, title=OUTSIDE)
        await dash.pilot.pause()

        (toast,) = dash.app._notifications
        assert (unbroken(toast.message), toast.title) == (SHOWN, SHOWN)
        assert not toast.markup


async def test_what_is_pasted_into_the_filter_is_no_escape_code() -> None:
    """Textual shows the text of its own input as it is."""
    async with running() as dash:
        await dash.press("o", "slash")
        dash.app.screen.query_one(Input).value = OUTSIDE
        await dash.pilot.pause()

        assert_harmless(dash)


async def test_native_output_is_text() -> None:
    async with running(size=(120, 40)) as dash:
        dash.source.printed = [OUTSIDE]
        await dash.app._measure()
        await dash.press("o")

        assert dash.app.state.log[-1].text == SHOWN
        assert_harmless(dash)


async def test_without_colours_the_terminals_own_theme_sends_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with running(depth="mono") as dash:
        dash.app.use_theme("ansi")
        await dash.pilot.pause()
        strips = dash.app.screen._compositor.render_strips()
        styles = {segment.style for strip in strips for segment in strip if segment.style}
        sent = {color for style in styles for color in (style.color, style.bgcolor) if color}
        assert {color.name for color in sent} == {"default"}


async def test_without_colours_a_light_background_changes_no_theme(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with running(depth="mono") as dash:
        dash.app.know_background(is_light=True)
        assert dash.app.shown_theme == "dark"


@pytest.mark.parametrize("keys", [("ctrl+z",), ("o", "slash", "ctrl+z"), ("q", "ctrl+z")], ids=str)
async def test_ctrl_z_without_a_shell_says_so(keys: tuple[str, ...]) -> None:
    async with running() as dash:
        await dash.press(*keys)

        assert [toast.title for toast in dash.app._notifications] == ["Not suspended"]


class TestFilter:
    def test_a_printable_row_is_passed_on_as_it_is(self) -> None:
        segments = [Segment("plain"), Segment("数字 ⣿ █")]

        assert PrintableText().apply(segments, Color(0, 0, 0)) is segments

    @pytest.mark.parametrize(
        ("text", "shown"),
        [("a\x1b[2Jb", "a[2Jb"), ("a\udce9b", "a?b"), ("数\u202e字", "数字"), ("\n", "")],
    )
    def test_no_character_steers_and_no_width_changes(self, text: str, shown: str) -> None:
        assert printable(text) == shown
        assert cell_len(shown) == cell_len(text)
