"""The dashboard as a picture, without a terminal: at any size, and nothing of it missing."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import reduce
from html import unescape

import pytest

from gan.errors import GanTuiError
from tests import fakes
from tests.tui.showing import running
from tui.app.still import StillApp, screen_svg
from tui.model.run_state import RunState, apply
from tui.model.view import View
from tui.screens.dashboard import Dashboard
from tui.widgets.digit_grid import DigitGrid
from tui.widgets.scene_view import Scene

STATE = reduce(apply, fakes.measured(), RunState())


def text_of(svg: str) -> str:
    """The words in a picture of a screen."""
    texts = re.findall(r"<text[^>]*>(.*?)</text>", svg)
    return unescape(" ".join(texts)).replace("\xa0", " ")


@pytest.mark.parametrize("size", [(60, 18), (80, 24), (120, 40), (200, 60)], ids=str)
def test_it_has_the_size_that_was_asked_for(size: tuple[int, int]) -> None:
    svg = screen_svg(Scene(run=STATE), *size)
    _, _, width, height = map(float, re.findall(r'viewBox="([^"]+)"', svg)[0].split())
    # A cell of Rich's pictures is 12.2 by 24.4, and a frame is around them.
    assert width == pytest.approx(size[0] * 12.2, abs=20)
    assert height == pytest.approx(size[1] * 24.4, abs=60)


def test_it_shows_the_losses_the_quality_and_the_digits() -> None:
    text = text_of(screen_svg(Scene(run=STATE), 120, 40))
    for words in ("D loss", "G loss", "FD", "1,200"):
        assert words in text
    assert text.count("▀") > 200


def test_the_chart_alone_fills_the_picture() -> None:
    text = text_of(screen_svg(Scene(run=STATE), 80, 24, "chart"))
    assert "D " in text
    assert "1,200" in text
    for words in ("FD", "samples", "img/s"):
        assert words not in text


@pytest.mark.parametrize(("size", "rows"), [((56, 29), 28), ((112, 57), 56)], ids=str)
async def test_the_digits_alone_fill_the_picture_but_for_their_caption(
    size: tuple[int, int], rows: int
) -> None:
    app = StillApp(Scene(run=STATE), "digits")
    async with app.run_test(size=size) as pilot:
        await app.draw(pilot)
        layout = app.get_default_screen().query_one(DigitGrid).digit_layout
    assert layout is not None
    assert (layout.columns, layout.rows) == (size[0], rows)
    assert "samples at step" in text_of(app.svg)
    assert "▀" in text_of(app.svg)
    assert "loss" not in text_of(app.svg)


def test_it_names_no_keys_as_nobody_can_press_them() -> None:
    text = text_of(screen_svg(Scene(run=STATE), 120, 40))
    assert "Pause" not in text
    assert "Quit" not in text


async def test_its_digits_are_those_of_the_live_dashboard() -> None:
    svg = screen_rows = None
    async with running(fakes.measured(), size=(120, 40)) as dash:
        screen_rows = re.findall(r"▀+", text_of(dash.app.export_screenshot()))
    app = StillApp(Scene(run=STATE))
    async with app.run_test(size=(120, 40)) as pilot:
        await app.draw(pilot)
    svg = app.svg
    assert screen_rows
    assert re.findall(r"▀+", text_of(svg)) == screen_rows


def test_the_theme_and_the_glyphs_are_those_of_the_view() -> None:
    dark = screen_svg(Scene(run=STATE), 80, 24)
    light = screen_svg(replace(Scene(run=STATE), view=View(theme="light")), 80, 24)
    plain = screen_svg(replace(Scene(run=STATE), view=View(glyphs="ascii")), 80, 24)
    assert set(re.findall(r"fill: (#\w+)", dark)) != set(re.findall(r"fill: (#\w+)", light))
    assert "######" in text_of(plain)
    assert "######" not in text_of(dark)


def test_a_screen_that_fails_is_an_error_and_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Dashboard, scene: Scene) -> None:
        del self, scene
        raise ValueError("no such thing")

    monkeypatch.setattr(Dashboard, "show", broken)
    with pytest.raises(GanTuiError, match="could not be drawn at 80x24: ValueError: no such"):
        screen_svg(Scene(run=STATE), 80, 24)
