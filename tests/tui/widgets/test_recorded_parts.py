"""What the parts of the screen show of a recorded run, and what they leave out."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
import pytest
from rich.cells import cell_len

from gan.events import Phase
from gan.progress import RunProgress
from tests import fakes, recorded_runs
from tests.fakes import floats
from tests.recorded_runs import begun, logged
from tests.tui.widgets.test_loss_chart import drawn
from tui.model.run_state import RunState, apply
from tui.model.view import View
from tui.render.chart import BROKEN
from tui.render.numbers import UNKNOWN
from tui.widgets.header import identity
from tui.widgets.machine_strip import machine_pieces
from tui.widgets.preparation import preparing
from tui.widgets.rows import length
from tui.widgets.scene_view import Scene
from tui.widgets.sparklines import Sparklines, sparkline_rows
from tui.widgets.status_line import status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gan.events import Event, Floats

RUNS = {name: reduce(apply, story(), RunState()) for name, story in recorded_runs.STORIES.items()}
LONG = "a_name_that_is_much_longer_than_any_row_of_a_small_terminal_has_cells"
WIDE = "生成器の損失関数の値の移動平均の対数の平方根の逆数"
UNSAFE = "\x1b[2J\nloss"


def recorded(series: Mapping[str, Floats], **about: int) -> RunState:
    return reduce(apply, [*begun(**about), logged(1, series)], RunState())  # type: ignore[arg-type]  # no text among them


def rows(run: RunState, width: int = 60, height: int = 5, view: View | None = None) -> list[str]:
    scene = Scene(run=run, view=view or View())
    return [strip.text for strip in Sparklines().draw(scene, width, height)]


class TestSparklines:
    def test_each_series_has_a_row_with_its_name_and_its_last_value(self) -> None:
        assert [row.split()[:2] for row in rows(RUNS["classifier"])] == [
            ["loss", "0.083"],
            ["val_loss", "0.100"],
            ["accuracy", "0.972"],
            ["val_accuracy", "0.967"],
            ["steps/s", "113"],
        ]

    def test_those_of_the_chart_come_first(self) -> None:
        shown = rows(RUNS["gan"], view=View(series=("wasserstein",)))

        assert shown[0].split()[0] == "wasserstein"

    def test_a_score_that_is_not_logged_has_no_row(self) -> None:
        assert not any("D(x)" in row for row in rows(RUNS["gan"], height=20))

    def test_of_more_than_fit_the_last_row_has_the_number_of_series(self) -> None:
        run = recorded({f"s{number}": floats(1, 2) for number in range(9)})

        assert rows(run)[-1].split() == ["5", "more", "series"]
        assert sparkline_rows(Scene(run=run)) == 10

    def test_a_value_an_epoch_is_a_bar_each(self) -> None:
        bars = rows(RUNS["classifier"], width=80)[1].split()[2]

        assert len(bars) == 12
        assert BROKEN not in bars

    def test_a_step_without_a_value_is_not_marked(self) -> None:
        shown = rows(recorded({"loss": floats(1, 2, np.nan, 3)}))[0]

        assert BROKEN not in shown
        assert shown.split()[1] == "3.000"

    def test_a_loss_that_is_no_number_any_more_is_marked(self) -> None:
        shown = rows(recorded({"loss": floats(*[1.0] * 40, *[np.nan] * 20)}))[0]

        assert shown.split()[1] == "nan"
        assert shown.count(BROKEN) == 20

    @pytest.mark.parametrize("name", [LONG, WIDE, UNSAFE, "é" * 90, "🦜" * 50])
    @pytest.mark.parametrize("width", [1, 9, 30, 48, 120])
    def test_any_name_leaves_every_row_as_wide_as_it_should_be(self, name: str, width: int) -> None:
        for row in rows(recorded({name: floats(1, 2), "loss": floats(1, 2)}), width):
            assert cell_len(row) == width
            assert row.isprintable()

    def test_long_names_that_begin_alike_stay_different(self) -> None:
        names = ("discriminator_loss_on_real_images", "discriminator_loss_on_fake_images")

        shown = rows(recorded(dict.fromkeys(names, floats(1, 2))), 48)

        assert shown[0].split()[0] != shown[1].split()[0]


class TestChart:
    async def test_the_legend_names_the_lines_and_says_how_many_more_there_are(self) -> None:
        legend = (await drawn(Scene(run=RUNS["classifier"]), size=(60, 12)))[0]

        assert " ".join(legend.split()) == "━ loss ━ val_loss log, average of 50, 2 more: c"

    async def test_a_series_without_a_number_has_no_sign_of_a_line(self) -> None:
        run = recorded({"loss": floats(3, 2, 1), "other": floats(*[np.nan] * 3)})
        view = View(series=("loss", "other"))
        shown = await drawn(Scene(run=run, view=view), size=(60, 12), distinct=True)

        assert shown[0].split()[:4] == ["l", "loss", UNKNOWN, "other"]
        assert {row[-1] for row in shown[1:]} - {" "} == {"l"}

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    @pytest.mark.parametrize("log_axis", [True, False])
    async def test_words_stand_in_place_of_an_axis_without_a_line(
        self, value: float, log_axis: bool
    ) -> None:
        run = recorded({"loss": floats(*[value] * 3)})
        shown = await drawn(Scene(run=run, view=View(log_axis=log_axis)), size=(60, 12))

        assert [row.strip() for row in shown[1:] if row.strip()] == ["no finite value yet"]

    async def test_without_a_series_there_is_no_axis(self) -> None:
        run = reduce(apply, begun(), RunState())
        shown = await drawn(Scene(run=run, view=View()), size=(60, 12))

        assert [row.strip() for row in shown if row.strip()] == ["no series was logged yet"]

    async def test_no_letter_stands_far_from_its_line(self) -> None:
        values = {"huge": floats(3e30, 2e30), **{name: floats(1, 2) for name in "abcde"}}
        view = View(series=tuple(values), log_axis=False)
        shown = await drawn(Scene(run=recorded(values), view=view), size=(60, 20))

        plot = shown[1:-2]
        assert "h" in {row[-1] for row in plot}
        assert [row[-1] for row in plot[-4:]] == [" ", "c", "b", "a"]

    async def test_each_line_ends_in_a_letter_of_its_own(self) -> None:
        view = View(series=tuple(RUNS["classifier"].series.columns))
        shown = await drawn(Scene(run=RUNS["classifier"], view=view), size=(80, 20))

        assert {row[-1] for row in shown[3:]} - {" "} == {"l", "v", "a", "c"}

    async def test_without_colours_the_letters_stand_in_the_legend_too(self) -> None:
        shown = await drawn(Scene(run=RUNS["gan"]), size=(60, 12), distinct=True)

        assert shown[0].split()[:6] == ["D", "D", "loss", "G", "G", "loss"]

    async def test_the_reading_has_every_line_and_the_last_value_of_an_occasional_one(self) -> None:
        view = View(cursor=1150, series=("loss", "val_loss", "accuracy"))
        reading = (await drawn(Scene(run=RUNS["classifier"], view=view), size=(100, 12)))[0]
        at_1100 = RUNS["classifier"].series.window("val_loss", 1100, 1100).value(0)

        words = reading.split()
        assert words[0] == "1,150"
        assert words[words.index("val_loss") + 1] == f"{at_1100:.3f}"
        assert "accuracy" in words

    async def test_a_step_at_which_nothing_was_logged_has_no_value(self) -> None:
        run = recorded({"loss": floats(1, np.nan, 3), "lr": floats(4, 5, 6)})
        shown = await drawn(Scene(run=run, view=View(cursor=2)), size=(60, 12))

        assert shown[0].split()[-2:] == ["loss", UNKNOWN]

    async def test_a_reading_that_does_not_fit_takes_more_rows(self) -> None:
        view = View(cursor=1150, series=tuple(RUNS["classifier"].series.columns))
        shown = await drawn(Scene(run=RUNS["classifier"], view=view), size=(40, 14))

        assert {"loss", "accuracy", "val_loss", "val_accuracy"} <= set(" ".join(shown[:4]).split())

    async def test_an_axis_is_linear_if_a_series_goes_below_0(self) -> None:
        legend = (await drawn(Scene(run=RUNS["single"]), size=(60, 12)))[0]
        both = View(series=("d_loss", "wasserstein"))

        assert "linear" in legend
        assert "linear" in (await drawn(Scene(run=RUNS["gan"], view=both), size=(60, 12)))[0]
        assert "log" in (await drawn(Scene(run=RUNS["gan"]), size=(60, 12)))[0]

    async def test_an_occasional_series_is_one_line_without_marks(self) -> None:
        view = View(series=("val_loss",))
        shown = await drawn(Scene(run=RUNS["classifier"], view=view), size=(60, 12))

        assert BROKEN not in shown[-2]
        plot = ["".join(row[column] for row in shown[1:-2]) for column in range(12, 55)]
        assert all(set(column) - {" "} for column in plot)

    async def test_steps_that_are_missing_in_a_dense_series_are_a_gap(self) -> None:
        story: list[Event] = [
            *begun(),
            logged(1, {"loss": floats(*[1.0] * 400)}),
            logged(601, {"loss": floats(*[1.0] * 400)}),
        ]
        shown = await drawn(Scene(run=reduce(apply, story, RunState())), size=(60, 12))

        columns = ["".join(row[column] for row in shown[1:-2]) for column in range(8, 55)]
        assert any(not column.strip() for column in columns)
        assert BROKEN not in shown[-2]

    @pytest.mark.parametrize(("missed", "marked"), [(1, False), (200, True)])
    async def test_a_series_that_ends_in_no_number_is_marked(
        self, missed: int, marked: bool
    ) -> None:
        run = recorded(
            {"loss": floats(*[1.0] * 600, *[np.nan] * missed), "b": floats(*[2.0] * (600 + missed))}
        )
        shown = await drawn(Scene(run=run), size=(60, 12))

        assert (BROKEN in shown[-2]) == marked

    @pytest.mark.parametrize("name", [LONG, WIDE, UNSAFE])
    @pytest.mark.parametrize("width", [20, 40])
    async def test_any_name_leaves_every_row_as_wide_as_it_should_be(
        self, name: str, width: int
    ) -> None:
        run = recorded({name: floats(1, 2, 3), "other": floats(1, 2, 3)})
        for view in (View(series=(name, "other")), View(series=(name,), cursor=2)):
            for row in await drawn(Scene(run=run, view=view), size=(width, 12)):
                assert cell_len(row) == width
                assert row.isprintable()

    @pytest.mark.parametrize("history", ["full", "recent", "epoch"])
    async def test_no_view_of_a_run_without_series_fails(self, history: str) -> None:
        run = reduce(apply, begun(), RunState())
        for view in (View(history=history), View(cursor=5), View(window=(3, 9))):  # type: ignore[arg-type]  # one of them
            assert len(await drawn(Scene(run=run, view=view))) == 12


class TestHeader:
    def test_the_program_stands_where_networks_and_data_would(self) -> None:
        progress = RUNS["gan"].progress

        words = "".join(text for text, _ in identity(progress, 80)).split()

        assert words == ["gan-tui", "00003-my-gan", "dcgan_train.py"]


def status_words(progress: RunProgress, width: int = 80) -> str:
    pieces = status(progress, width)
    assert length(pieces) <= width
    return " ".join("".join(text for text, _ in pieces).replace("━", "").split())


class TestStatus:
    def test_a_total_that_nobody_tells_is_left_out_with_what_needs_it(self) -> None:
        assert status_words(RUNS["classifier"].progress) == "step 1,200 113 steps/s trained 0:10"

    def test_with_a_total_there_is_a_time_to_go_and_no_epoch(self) -> None:
        assert status_words(RUNS["gan"].progress) == "step 1,200/20,000 7.26k img/s ETA 2:46"

    def test_at_the_end_it_says_how_long_it_took(self) -> None:
        ended = RunProgress(
            phase=Phase.FINISHED, program="fit.py", step=9, train_seconds=61.0, exit_code=0
        )

        assert status_words(ended).endswith("took 1:01")


def test_how_a_recorded_loop_spends_its_time_is_not_made_up() -> None:
    assert machine_pieces(None, RUNS["gan"].progress, 80) == []


def test_what_a_loop_does_before_its_first_step_is_not_made_up() -> None:
    assert not preparing(reduce(apply, begun(), RunState()))
    assert preparing(reduce(apply, fakes.compiling(), RunState()))


WIDGETS: dict[str, Callable[[RunProgress], object]] = {
    "header": lambda progress: identity(progress, 40),
    "status": lambda progress: status(progress, 40),
}


@pytest.mark.parametrize("widget", WIDGETS)
@pytest.mark.parametrize("program", ["", UNSAFE, WIDE])
def test_any_program_has_a_name_that_fits(widget: str, program: str) -> None:
    progress = RunProgress(program=program, name="00001-a", step=3)

    pieces = WIDGETS[widget](progress)

    assert length(pieces) <= 40  # type: ignore[arg-type]  # pieces
