"""One row of bars."""

from typing import Any

import numpy as np
import pytest
from rich.style import Style
from textual.strip import Strip

from tui.render.sparkline import BROKEN, columns, condensed, sparkline

STYLE = Style(color="blue")
ALERT = Style(color="red")
NAN, INF = np.nan, np.inf


def _drawn(values: list[float], width: int, **options: Any) -> Strip:
    array = np.array(values, np.float32)
    return sparkline(array, width, style=STYLE, alert=ALERT, **options)


def test_the_lowest_and_the_highest_value_have_the_lowest_and_the_highest_bar() -> None:
    assert _drawn([0, 1, 2, 3, 4, 5, 6, 7], 8).text == "▁▂▃▄▅▆▇█"


def test_few_values_stand_at_the_right() -> None:
    assert _drawn([0, 7], 5).text == "   ▁█"


def test_of_many_values_the_newest_are_shown() -> None:
    assert _drawn([100, 0, 7, 0], 3).text == "▁█▁"


def test_a_spike_and_a_dip_both_show() -> None:
    assert _drawn([4, 4, 8, 4, 0, 4], 6).text == "▅▅█▅▁▅"


def test_flat_values_are_drawn_at_mid_height() -> None:
    assert _drawn([0.693, 0.693, 0.6930001], 3).text == "▄▄▄"


def test_a_given_range_holds_and_cuts_off() -> None:
    assert _drawn([-1, 0, 0.5, 1, 9], 5, range=(0, 1)).text == "▁▁▅██"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param([NAN, 0, 7], "x▁█", id="start"),
        pytest.param([0, INF, 7], "▁x█", id="middle"),
        pytest.param([0, 7, -INF], "▁█x", id="end"),
        pytest.param([NAN, INF, -INF], "xxx", id="everywhere"),
        pytest.param([NAN], "  x", id="alone"),
        pytest.param([], "   ", id="no-values"),
    ],
)
def test_what_is_not_finite_is_marked_and_moves_nothing_else(
    values: list[float], expected: str
) -> None:
    assert _drawn(values, 3).text == expected.replace("x", BROKEN)


def test_the_mark_has_the_style_of_an_alert() -> None:
    segments = list(_drawn([1, NAN, 2], 3))
    assert [segment.style for segment in segments] == [STYLE, ALERT, STYLE]


def test_without_a_mark_a_row_is_one_segment() -> None:
    assert len(list(_drawn([1, 2, 3], 30))) == 1


def test_one_bar_for_several_values_keeps_their_extreme() -> None:
    values = [4.0, 4, 4, 4, 9, 4, 4, 0, 4, 4, 4, 4]
    assert _drawn(values, 4, per_cell=3).text == "▄█▁▄"


def test_bars_of_several_values_do_not_change_as_values_are_appended() -> None:
    values = np.random.default_rng(0).normal(size=40).tolist()
    longer = [*values, 0.0]
    options: dict[str, Any] = {"per_cell": 4, "range": (-3.0, 3.0)}
    assert _drawn(longer, 11, **options).text[:10] == _drawn(values, 10, **options).text


def test_one_bad_value_of_several_is_marked() -> None:
    assert _drawn([1, NAN, 1, 1, 1, 1], 2, per_cell=3).text == BROKEN + "▄"


@pytest.mark.parametrize("width", [0, 1, 7, 200])
@pytest.mark.parametrize("count", [0, 1, 8, 50])
def test_a_strip_is_as_wide_as_asked(width: int, count: int) -> None:
    assert _drawn([float(i) for i in range(count)], width).cell_length == width


def test_the_largest_floats_are_drawn() -> None:
    largest = float(np.finfo(np.float32).max)
    assert _drawn([-largest, 0, largest], 3).text == "▁▅█"


def test_a_short_series_is_not_condensed() -> None:
    values = np.array([3.0, 1.0, 2.0])

    assert condensed(values, 3) is values


def test_a_condensed_series_keeps_spikes_and_dips_and_the_newest_value() -> None:
    values = np.full(1000, 5.0)
    values[[210, 640, 999]] = [90.0, 0.1, 7.0]
    kept = condensed(values, 24)

    assert len(kept) == 24
    assert {90.0, 0.1} <= set(kept.tolist())
    assert kept[-1] == 7.0


@pytest.mark.parametrize("width", [0, 1, 2])
def test_a_series_is_condensed_to_any_width(width: int) -> None:
    assert condensed(np.array([3.0, 1.0, 2.0]), width).tolist() == [3.0, 2.0][2 - width :]


def test_shares_are_columns_over_several_rows() -> None:
    assert columns(np.array([1.0, 0.75, 0.5, 0.25, 0.0]), 2) == [
        ["█", "▄", " ", " ", " "],
        ["█", "█", "█", "▄", " "],
    ]


def test_the_smallest_share_is_visible() -> None:
    assert columns(np.array([1e-6, 0.0, 2.0]), 1) == [["▁", " ", "█"]]
