"""What the terminal says of its background decides the colours, unless somebody has chosen them."""

from __future__ import annotations

import pytest

from tests.tui.showing import running
from tui.model.view import View
from tui.terminal.background import BackgroundReported, question_for


@pytest.mark.parametrize(
    ("view", "is_light", "theme"),
    [
        (View(), True, "gan-tui-ansi-on-light"),
        (View(), False, "gan-tui"),
        (View(theme="dark"), True, "gan-tui"),
        (View(theme="ansi"), False, "gan-tui-ansi-on-dark"),
    ],
)
async def test_the_colours_follow_the_background(view: View, is_light: bool, theme: str) -> None:
    async with running(view=view) as dash:
        dash.app.post_message(BackgroundReported(is_light=is_light))
        await dash.pilot.pause()

        assert dash.app.theme == theme
        assert dash.app.view == view


async def test_what_the_terminal_decided_is_not_remembered_as_a_choice() -> None:
    remembered: list[View] = []
    async with running(remember=remembered.append) as dash:
        dash.app.post_message(BackgroundReported(is_light=True))
        await dash.press("g")
        await dash.until(lambda: remembered)

        assert remembered[0].theme == "auto"


async def test_a_key_goes_on_from_what_is_shown() -> None:
    async with running() as dash:
        dash.app.post_message(BackgroundReported(is_light=True))
        await dash.pilot.pause()
        await dash.press("t")

        assert dash.app.view.theme == "dark"


async def test_digits_become_ink_when_the_background_is_light() -> None:
    async with running(size=(120, 40)) as dash:
        before = dash.app.query_one("#digits").render_line(0)
        dash.app.post_message(BackgroundReported(is_light=True))
        await dash.pilot.pause()
        after = dash.app.query_one("#digits").render_line(0)

        assert {segment.style.bgcolor.name for segment in before} == {"color(16)"}
        assert {segment.style.bgcolor.name for segment in after} == {"default"}


def test_an_old_linux_console_is_not_asked() -> None:
    assert question_for("linux") == ""
    assert "]11;?" in question_for("xterm-256color")
