"""What is drawn when, and what is still owed: by the events, the clock and the link."""

from __future__ import annotations

from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from textual.geometry import Size

from gan import events
from tests import fakes
from tests.fakes import START, steps
from tests.tui.showing import running
from tui.app import painter as module
from tui.app.painter import Painter
from tui.model.view import View
from tui.terminal.pacing import Rates
from tui.widgets.scene_view import Scene

if TYPE_CHECKING:
    from collections.abc import Callable, Container

RATES = Rates(10.0, 2.0, processor_share=1.0)
PAUSED = events.Paused(time=START, step=1)


class Part:
    """Digits and chart in one: a grid that is sent in parts, and a chart that may have changed."""

    def __init__(self) -> None:
        self.part_bytes: Callable[[], int] = int
        self.is_incomplete = False
        self.parts: list[int] = []
        self.has_changed = False

    def send_rows(self, most_bytes: int) -> None:
        self.parts.append(most_bytes)

    def changed(self, _: Scene) -> bool:
        return self.has_changed


class Timer:
    """A timer that says whether it runs."""

    def __init__(self, *, pause: bool) -> None:
        self.runs = not pause

    def pause(self) -> None:
        self.runs = False

    def resume(self) -> None:
        self.runs = True


class Desk:
    """A painter with an app, a dashboard, a terminal and a clock that are the test's."""

    size = Size(120, 40)

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.sent, self.backlog = 100.0, 1, 0
        self.digits, self.chart = Part(), Part()
        self.screen_stack: list[object] = [self]
        self.scene = Scene()
        self.shown: list[set[str]] = []
        """What rested in each frame."""

        self.timers: list[Timer] = []
        self.titles: list[str] = []
        monkeypatch.setattr(module, "monotonic", lambda: self.now)
        monkeypatch.setattr(module, "hardened_driver", lambda _: self)
        anything: Any = self
        self.painter = Painter(
            anything, anything, RATES, lambda: self.scene, lambda: self.scene.run.progress.phase
        )
        self.painter.start(self.painter.update)
        _, self.hurry, self.catching_up = self.timers

    def set_interval(self, _: float, __: Callable[[], object], *, pause: bool = False) -> Timer:
        self.timers.append(Timer(pause=pause))
        return self.timers[-1]

    def set_title(self, title: str) -> None:
        self.titles.append(title)

    def show(self, _: Scene, *, resting: Container[str]) -> None:
        self.shown.append({name for name in ("digits", "caption", "chart") if name in resting})
        self.chart.has_changed &= "chart" in resting

    def tick(self, *happened: events.Event) -> int:
        """A tenth of a second later; returns how many frames that has drawn."""
        self.now += 0.1
        before = len(self.shown)
        self.painter.update(happened)
        return len(self.shown) - before


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(monkeypatch)


class TestFrames:
    def test_nothing_new_draws_nothing(self, desk: Desk) -> None:
        assert desk.tick() == 0

    def test_an_event_draws_a_frame_and_then_nothing_is_owed(self, desk: Desk) -> None:
        assert desk.tick(steps()) == 1
        assert desk.tick() == 0

    def test_what_is_owed_waits_for_the_terminal(self, desk: Desk) -> None:
        desk.backlog = 1
        assert desk.tick(steps()) == 0
        assert desk.tick(PAUSED) == 0

        desk.backlog = 0
        assert desk.tick() == 1

    def test_an_answer_to_a_key_does_not_wait_for_the_budget(self, desk: Desk) -> None:
        desk.tick(steps())
        desk.sent += 1_000_000
        assert desk.tick(steps()) == 0
        assert desk.tick(PAUSED) == 1

    def test_an_answer_ends_the_hurry(self, desk: Desk) -> None:
        desk.painter.hurry()
        assert desk.hurry.runs

        desk.tick(PAUSED)
        desk.painter._hurried_tick()
        assert not desk.hurry.runs

    def test_without_an_answer_the_hurry_lasts_for_a_second(self, desk: Desk) -> None:
        desk.painter.hurry()
        for _ in range(99):
            desk.painter._hurried_tick()
        assert desk.hurry.runs

        desk.painter._hurried_tick()
        assert not desk.hurry.runs

    def test_under_a_dialog_a_frame_is_drawn_once_a_second(self, desk: Desk) -> None:
        desk.screen_stack.append(object())

        assert sum(desk.tick(steps()) for _ in range(40)) == pytest.approx(4, abs=1)

    def test_a_frame_of_an_interpolation_is_skipped_on_a_backlog(self, desk: Desk) -> None:
        desk.backlog = 1
        desk.painter.paint_frame()
        assert desk.shown == []

        desk.backlog = 0
        desk.painter.paint_frame()
        assert desk.shown == [set()]


class TestDigits:
    def test_they_rest_between_their_turns_and_are_owed(self, desk: Desk) -> None:
        with_digits = [
            frame for frame in range(20) if desk.tick(steps()) and "digits" not in desk.shown[-1]
        ]

        assert with_digits == [0, 5, 10, 15]

        # Nothing more happens, and the digits of frame 19 still have their turn.
        assert [desk.tick() for _ in range(3)] == [1, 0, 0]
        assert "digits" not in desk.shown[-1]

    def test_on_a_fast_link_they_go_with_the_numbers(self, desk: Desk) -> None:
        desk.sent = 0

        assert desk.digits.part_bytes() == 30_000

    def test_on_an_unknown_link_they_come_after_the_numbers_in_parts(self, desk: Desk) -> None:
        assert desk.digits.part_bytes() == 0

        desk.digits.is_incomplete = True
        desk.tick()
        assert desk.catching_up.runs

        desk.painter._catch_up()
        assert desk.digits.parts == [4_000]

        desk.digits.is_incomplete = False
        desk.painter._catch_up()
        assert not desk.catching_up.runs

    def test_no_part_is_sent_on_a_backlog_or_before_the_numbers(self, desk: Desk) -> None:
        desk.digits.is_incomplete = True
        desk.backlog = 1
        desk.painter._catch_up()
        desk.backlog = 0
        desk.painter.owe()
        desk.painter._catch_up()

        assert desk.digits.parts == []

    async def test_parts_add_up_to_the_grid(self) -> None:
        async with running(size=(120, 40)) as dash:
            digits, painter = dash.app._dashboard.digits, dash.app._painter
            await dash.until(lambda: not painter._is_unsent())
            digits.part_bytes = lambda: 0
            drawn = events.SamplesDrawn(
                time=START, step=1200, images=fakes.squares()[::-1], path=None
            )
            before = digits.render_line(12)
            await dash.put(drawn)
            await dash.until(lambda: not painter._is_unsent())

            assert digits.render_line(12) != before
            assert digits._rows == digits.draw(dash.app._scene(), *digits.size)

    async def test_a_part_waits_until_the_one_before_it_is_painted(self) -> None:
        async with running(size=(120, 40)) as dash:
            digits = dash.app._dashboard.digits
            await dash.until(lambda: not dash.app._painter._is_unsent())
            noise = np.random.default_rng(0).integers(0, 256, (16, 28, 28), np.uint8)
            scene = dash.app._scene()
            digits.part_bytes = lambda: 4_000
            digits.show(replace(scene, run=replace(scene.run, images=noise)))
            first = list(digits._rows)
            digits.send_rows(4_000)
            assert digits._rows == first
            assert digits.is_incomplete

            await dash.pilot.pause(0.05)
            digits.send_rows(4_000)
            assert digits._rows != first

    async def test_rows_owed_when_the_app_has_closed_are_no_error(self) -> None:
        """Textual may fire a timer once more after the widgets are gone."""
        async with running(size=(120, 40)) as dash:
            digits = dash.app._dashboard.digits
        digits._finished.clear()
        assert not digits.is_attached
        digits.send_rows(4_000)


class TestChart:
    def test_new_steps_wait_and_are_owed(self, desk: Desk) -> None:
        desk.chart.has_changed = True
        desk.tick(steps())
        assert "chart" not in desk.shown[-1]

        desk.chart.has_changed = True
        desk.tick(steps())
        assert "chart" in desk.shown[-1]

        frames = [desk.tick() for _ in range(20)]
        assert desk.shown[-1] == set()
        assert frames[0] == 1
        assert frames[-1] == 0

    async def test_a_burst_of_steps_is_drawn_once_the_charts_turn_comes(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with running(size=(120, 40)) as dash:
            painter, chart = dash.app._painter, dash.app._dashboard.chart
            drawn_at = monotonic()
            painter._chart_drawn_at = drawn_at
            monkeypatch.setattr(module, "monotonic", lambda: drawn_at)
            await dash.put(steps(1201, 300))
            await dash.until(lambda: "1,500" in dash.row("status"))
            labels = chart.size.height - 1
            assert chart.render_line(labels).text.split()[-1] == "1,200"

            due = drawn_at + painter._pacing.chart_seconds
            monkeypatch.setattr(module, "monotonic", lambda: due)
            await dash.until(lambda: chart.render_line(labels).text.split()[-1] == "1,500")

    def test_another_view_does_not_wait(self, desk: Desk) -> None:
        desk.chart.has_changed = True
        desk.painter.paint()
        desk.chart.has_changed = True
        desk.painter.paint()
        assert desk.shown == [set(), {"chart"}]

        desk.scene = replace(desk.scene, view=View(window=(101, 200)))
        desk.painter.paint()
        assert desk.shown[-1] == set()


class TestTitle:
    def test_it_is_set_when_it_changes_and_the_terminal_keeps_up(self, desk: Desk) -> None:
        desk.painter.name_window("a")
        desk.painter.name_window("a")
        desk.backlog = 1
        desk.painter.name_window("b")
        assert desk.titles == ["a"]

        desk.backlog = 0
        desk.painter.name_window("b")
        assert desk.titles == ["a", "b"]
