"""The row above the chart, the part of the run that it shows, and its clicks."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
import pytest
from textual.app import App

from tests import fakes
from tests.fakes import START, floats, quality, steps
from tui.choices import HISTORIES, SMOOTHINGS, History
from tui.model.run_state import RunState, apply
from tui.model.view import View
from tui.render.chart import ABOVE, BROKEN
from tui.widgets.loss_chart import LossChart, legend
from tui.widgets.scene_view import Scene

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from gan.events import Event

RUN = reduce(apply, fakes.training(), RunState())
READ = View(cursor=1150)


class ChartApp(App[None]):
    """A chart, and nothing else."""

    CSS = "LossChart { width: 100%; height: 100%; }"

    def compose(self) -> ComposeResult:
        yield LossChart()


async def drawn(
    *scenes: Scene, size: tuple[int, int] = (40, 12), distinct: bool = False
) -> list[str]:
    """The rows after these scenes, one after the other."""
    async with ChartApp().run_test(size=size) as pilot:
        chart = pilot.app.query_one(LossChart)
        chart.distinct = distinct
        for scene in scenes:
            chart.show(scene)
            chart.redraw()
            await pilot.pause()
        return [chart.render_line(y).text for y in range(size[1])]


def scene(view: View | None = None, *more: Event) -> Scene:
    return Scene(run=reduce(apply, more, RUN), view=view or View())


class TestLegend:
    @pytest.mark.parametrize(
        ("width", "note"),
        [
            (80, "log, average of 50, band: min to max"),
            (40, "log, average of 50"),
            (28, "log"),
            (21, ""),
        ],
    )
    def test_it_says_as_much_as_fits(self, width: int, note: str) -> None:
        text = legend(View(), width).text

        assert text.partition("G loss")[2].strip() == note
        assert len(text) == width

    @pytest.mark.parametrize("smoothing", SMOOTHINGS)
    def test_every_smoothing_has_words(self, smoothing: float) -> None:
        words = legend(View(smoothing=smoothing), 80).text

        assert ("no average" in words) == (smoothing == 0)

    @pytest.mark.parametrize("history", HISTORIES)
    def test_every_history_has_words(self, history: History) -> None:
        words = legend(View(history=history), 80).text

        assert ("newest, " in words) == (history == "recent")

    def test_by_epoch_there_is_no_average(self) -> None:
        assert legend(View(history="epoch"), 40, by_epoch=True).text.split("G loss")[1].strip() == (
            "by epoch, log"
        )

    def test_without_bands_the_dashes_are_named(self) -> None:
        words = legend(View(), 80, bands=False).text

        assert "╍" in words
        assert "band" not in words


class TestReading:
    @pytest.mark.parametrize("width", range(28, 120, 4))
    async def test_no_number_is_ever_cut(self, width: int) -> None:
        """The rest of a cut number reads as another one."""
        whole = " ".join(await drawn(scene(READ), size=(200, 12))).split()
        rows = (await drawn(scene(READ), size=(width, 12)))[:2]
        words = [word for row in rows[: 1 if "G" in rows[0] else 2] for word in row.split()]

        ends = [word for word in words if "-" in word]
        assert {word for word in words if word not in ends} <= set(whole)
        assert all(len(end) == len("0.850-1.348") for end in ends)

    async def test_forty_columns_have_all_of_it(self) -> None:
        first, second = (row.split() for row in (await drawn(scene(READ)))[:2])
        clock = second[0].split(":")

        assert first[:3] == ["1,150", "D", f"{RUN.losses.d_loss.raw.values[1149]:.3f}"]
        assert second[1] == "G"
        assert len(clock) == 3
        assert first[3].startswith("~")
        assert len(first) == len(second) == 5

    @pytest.mark.parametrize("step", [1, 34, 35, 36, 600, 1199, 1200])
    async def test_the_value_lies_between_the_minimum_and_the_maximum_of_its_column(
        self, step: int
    ) -> None:
        words = (await drawn(scene(View(cursor=step))))[0].split()
        low, high = map(float, words[4].split("-"))

        assert low <= float(words[2]) <= high

    async def test_the_value_is_that_of_the_step_in_a_long_run_too(self) -> None:
        many = [1.0] * 50_000
        story = [steps(1 + 50_000 * part, 50_000, d_loss=floats(*many)) for part in range(2)]
        odd = steps(100_001, 3, d_loss=floats(1.0, 7.0, 1.0))

        run = reduce(apply, [*story, odd], RunState())
        [row] = (await drawn(Scene(run=run, view=View(cursor=100_002)), size=(80, 12)))[:1]

        assert row.split()[3] == "7.000"

    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    async def test_what_is_no_number_is_read_as_what_it_is(self, value: float) -> None:
        broken = steps(1201, 1, d_loss=floats(value))
        row = (await drawn(scene(View(cursor=1201), broken)))[0]

        assert row.split()[1:3] == ["D", str(value)]

    async def test_a_step_that_is_out_of_sight_says_so(self) -> None:
        away = replace(READ, window=(1, 100))

        assert "is not shown" in (await drawn(scene(away), size=(60, 12)))[0]

    async def test_its_line_stands_in_the_plot(self) -> None:
        plain, read = await drawn(scene()), await drawn(scene(READ))

        assert sum("│" in row[5:] for row in plain) == 0
        assert sum("│" in row[5:] for row in read) > 3


class TestHistory:
    async def test_the_newest_slide(self) -> None:
        view = View(history="recent")
        more = steps(1201, 3000)

        assert (await drawn(scene(view, more)))[-1].split()[0] == "2,201"
        assert (await drawn(scene(view, more, steps(4201, 10))))[-1].split()[0] == "2,211"

    async def test_epochs_are_counted_below(self) -> None:
        rows = await drawn(scene(View(history="epoch")))

        assert rows[-1].split()[0] == "1"
        assert rows[-1].split()[-2:] == ["epoch", "6"]

    async def test_the_range_of_epochs_is_that_of_their_steps(self) -> None:
        """Their means move less: the band would lie beyond an axis made for them."""
        noise = np.random.default_rng(0).uniform(0.1, 9.0, 2000)
        noisy = steps(1201, 2000, d_loss=floats(*noise), g_loss=floats(*noise))
        rows = await drawn(scene(View(history="epoch"), noisy))

        assert not any(ABOVE in row for row in rows)

    async def test_where_epochs_are_unknown_all_steps_are_shown(self) -> None:
        run = apply(RunState(), steps(1, 500))
        epochs = await drawn(Scene(run=run, view=View(history="epoch")))

        assert epochs == await drawn(Scene(run=run))

    async def test_a_window_has_its_own_steps(self) -> None:
        labels = (await drawn(scene(View(window=(101, 200)))))[-1].split()

        assert (labels[0], labels[-1]) == ("101", "200")

    async def test_a_window_of_steps_that_were_rolled_back_is_not_empty(self) -> None:
        rows = await drawn(scene(View(window=(3000, 4000))))

        assert rows[-1].split()[-1] == "1,200"

    async def test_no_view_of_nothing_fails(self) -> None:
        for view in (
            View(),
            READ,
            View(history="epoch"),
            View(window=(5, 9)),
            View(log_axis=False),
        ):
            assert len(await drawn(Scene(view=view))) == 12


class TestAxis:
    async def test_a_range_of_the_other_axis_is_not_kept(self) -> None:
        linear = scene(View(log_axis=False))

        assert await drawn(scene(), linear) == await drawn(linear)

    async def test_only_the_best_quality_has_a_mark(self) -> None:
        axis = (await drawn(scene(None, quality(300, 9.0), quality(600, 8.0))))[-2]
        worse = (await drawn(scene(None, quality(600, 8.0), quality(900, 9.0))))[-2]

        assert axis.count("*") == 1
        assert axis.index("*") == worse.index("*")

    async def test_marks_stand_at_their_steps(self) -> None:
        rows = await drawn(scene(None, *fakes.paused()[-2:]))

        assert "s" in rows[-2]

    async def test_a_loss_that_is_no_number_is_marked(self) -> None:
        broken = steps(1201, 1, d_loss=floats(np.nan))

        assert BROKEN in (await drawn(scene(None, broken)))[-2]


class TestWithoutColour:
    async def test_g_is_dashed_and_nothing_is_filled(self) -> None:
        coloured, plain = await drawn(scene()), await drawn(scene(), distinct=True)

        assert any(half in row for row in coloured for half in "▀▄")
        assert not any(half in row for row in plain for half in "▀▄")
        assert plain[0] == legend(View(), 40, bands=False).text


class TestPlot:
    async def test_its_columns_are_those_that_are_drawn(self) -> None:
        async with ChartApp().run_test(size=(40, 12)) as pilot:
            chart = pilot.app.query_one(LossChart)
            for view in (View(), READ, View(log_axis=False), View(history="epoch")):
                chart.show(scene(view))
                chart.redraw()
                axis = chart.render_line(10).text

                assert chart.plot_columns == len(axis.rstrip()) - axis.index("└") - 1

    async def test_a_click_reads_the_step_below_it(self) -> None:
        clicked: list[int] = []

        class ClickedApp(ChartApp):
            def on_loss_chart_pointed(self, message: LossChart.Pointed) -> None:
                clicked.append(message.step)

        async with ClickedApp().run_test(size=(40, 12)) as pilot:
            chart = pilot.app.query_one(LossChart)
            chart.show(scene())
            chart.redraw()
            await pilot.click(LossChart, offset=(20, 5))
            await pilot.pause()

        assert clicked
        assert 1 <= clicked[0] <= 1200


def test_the_time_of_the_story_is_known() -> None:
    """Else every reading above would have no clock, and prove less."""
    assert RUN.losses.time_of(1150) == START + 5
