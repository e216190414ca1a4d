"""The quality on the screen: distances and their best, classes as bars, at any size."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import reduce

import numpy as np
import pytest

from tests import fakes
from tests.fakes import floats, quality, steps
from tui.model.run_state import RunState, apply
from tui.render import numbers
from tui.series.quality import QualityHistory
from tui.style.styles import RARE
from tui.widgets.quality import QualityPanel, quality_rows
from tui.widgets.scene_view import Scene

RUN = reduce(apply, fakes.measured(), RunState())
BARS = "▁▂▃▄▅▆▇█"


def rows(history: QualityHistory, width: int = 48, height: int = 6) -> list[str]:
    return [strip.text for strip in quality_rows(history, width, height)]


def history(*events: object) -> QualityHistory:
    return reduce(QualityHistory.append, events, QualityHistory())


def test_before_the_first_evaluation_nothing_is_drawn() -> None:
    assert rows(QualityHistory()) == []


def test_everything_is_shown_where_there_is_room() -> None:
    heading, fd, kid, *bars, names = rows(RUN.quality)

    assert heading.split("  ")[0] == " quality by mnist-1, real against real 0.59"
    assert fd.split()[:2] == ["FD", "9.77"]
    assert fd.rstrip().endswith("best 8.21 @936")
    assert kid.split()[:2] == ["KID", "0.0109"]
    assert kid.rstrip().endswith("coverage    0.69")
    assert names.split()[:10] == list("0123456789")
    assert [row.split()[-2] for row in (*bars, names)] == ["density", "confident", "copies"]


@pytest.mark.parametrize("width", [*range(28, 60), 88, 120])
@pytest.mark.parametrize("height", [1, 2, 6, 8])
def test_rows_fill_their_width_and_no_more(width: int, height: int) -> None:
    drawn = rows(RUN.quality, width, height)

    assert [len(row) for row in drawn] == [width] * height


@pytest.mark.parametrize("width", [28, 31, 32, 39, 40, 41, 47, 48, 52, 63, 64, 88, 120])
def test_nothing_is_cut(width: int) -> None:
    """Each class, each figure and each word is there as a whole, or is not there."""
    large = replace(
        quality(12_345_678, 1234.5, features="projection-1", fd_real=12.34), confident=1.0
    )
    for height in (1, 2, 6, 8):
        text = rows(history(quality(100, 1300.0, features="projection-1"), large), width, height)
        words = set(" ".join(text).translate(dict.fromkeys(map(ord, BARS), " ")).split())
        assert words <= {
            *("FD", "1234.50", "KID", "1.3717", "new", "best", "@12.3M", "at", "step"),
            *("12,345,678", "coverage", "density", "confident", "copies", "0.00", "100%", "0.0%"),
            *("real", "12.3", "12.34", "against", "quality", "by", "of", "10,000", "images"),
            *("projection-1,", *"0123456789"),
        }, text
        if height > 1:
            assert set("0123456789") <= words


def test_one_row_has_the_distance_and_the_best() -> None:
    assert rows(RUN.quality, 32, 1)[0].split()[-2:] == ["best", "8.21"]
    assert rows(RUN.quality, 28, 1)[0].split() == ["FD", "9.77", "best", "8.21"]


def test_a_second_row_has_each_class_and_the_distance_of_real_images() -> None:
    text = rows(RUN.quality, 40, 2)[1]

    assert text.translate(dict.fromkeys(map(ord, BARS))).split()[-2:] == ["real", "0.59"]
    assert [text[2 + 3 * digit - 1] for digit in range(10)] == list("0123456789")


def test_a_new_best_is_named() -> None:
    better = history(quality(100, 9.0), quality(12_400, 8.0))

    assert rows(better)[1].rstrip().endswith("new best @12.4k")
    assert rows(better, 88)[1].rstrip().endswith("new best at step 12,400")
    assert rows(history(quality(100, 9.0)))[1].rstrip().endswith("best 9.00 @100")


def test_the_course_is_that_of_all_evaluations() -> None:
    distances = [50.0, *[5.0] * 200, 0.59]
    course = rows(history(*(quality(n + 1, fd) for n, fd in enumerate(distances))))[1][15:30]

    assert (course[0], course[-1]) == ("█", "▁")


def test_the_lowest_bar_is_as_good_as_real_images() -> None:
    """The last of a run that stands still far from them is not low."""
    course = rows(history(*(quality(n + 1, 50.0 - n) for n in range(10))))[1][15:30].strip()

    assert set(course) <= {"▇", "█"}


def test_a_class_that_is_missing_has_a_mark_and_no_bar() -> None:
    census = floats(*[0.125] * 8, 0.0, 0.0)
    strips = quality_rows(history(quality(100, 5.0, census=census)), 48, 6)
    marked = {segment.text.strip() for segment in strips[-1] if segment.style == RARE}

    assert marked == {"8", "9"}
    assert [strip.text[1:30].split() for strip in strips[3:5]][1] == ["██"] * 8


def test_one_class_for_all_images_leaves_the_others_low() -> None:
    census = floats(*[0.01] * 9, 0.91)
    text = rows(history(quality(100, 5.0, census=census)))

    assert text[4][1:30].split() == ["▁▁"] * 9 + ["██"]


@pytest.mark.parametrize("count", [0, 1, 26])
def test_without_classes_that_can_be_drawn_there_are_the_other_figures(count: int) -> None:
    census = np.full(count, 1 / max(count, 1), np.float32)
    text = rows(history(quality(100, 5.0, census=census, features="projection-1")))

    assert len(text) == 4
    assert text[0].strip() == "quality by projection-1, real 0.59"
    assert text[3].split() == ["density", "0.83", "copies", "0.0%"]
    assert len(rows(RUN.quality, 48, 1)) == 1


def test_two_classes_have_two_bars() -> None:
    text = rows(history(quality(100, 5.0, census=floats(0.4, 0.6))))

    assert text[-1].split()[:2] == ["0", "1"]


@pytest.mark.parametrize(
    ("classes", "names"), [((3, 8), ["3", "8"]), ((3, 18), ["0", "1"]), ((), ["0", "1"])]
)
@pytest.mark.parametrize("height", [2, 6])
def test_bars_are_named_by_labels_of_one_digit(
    classes: tuple[int, ...], names: list[str], height: int
) -> None:
    event = replace(quality(10, 9.0, census=floats(0.5, 0.5)), classes=classes)
    row = rows(history(event), height=height)[1 if height == 2 else -1]
    assert [character for character in row if character.isdecimal()][:2] == names


def test_figures_that_the_data_do_not_allow_are_dashes() -> None:
    unknown = replace(
        quality(100, math.nan, fd_real=math.nan, kid=math.nan, census=floats(*[math.nan] * 10)),
        density=math.nan,
        coverage=math.nan,
        confident=math.nan,
        copies=math.nan,
    )
    text = rows(history(quality(50, math.nan), unknown))

    assert text[0].rstrip().endswith(f"real {numbers.UNKNOWN}")
    assert text[1].split() == ["FD", numbers.UNKNOWN]
    assert text[2].split() == ["KID", numbers.UNKNOWN, "coverage", numbers.UNKNOWN]
    assert "nan" not in "".join(text)


def test_one_unknown_figure_among_others_leaves_their_course() -> None:
    known = [quality(1, 50.0), quality(2, math.nan, kid=math.nan), quality(3, 5.0)]
    text = rows(history(*known))

    assert sum(character in BARS for character in text[1]) == 2


def test_it_is_drawn_anew_with_an_evaluation_and_only_then() -> None:
    """A step of training costs this part of the screen no byte."""
    panel = QualityPanel()
    panel.show(Scene(run=RUN))

    assert not panel.changed(Scene(run=apply(RUN, steps(1201, 10))))
    assert panel.changed(Scene(run=apply(RUN, quality(1404, 7.0))))
