"""The loss chart, as block art and as claims about what is never lost."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from textual.strip import Strip

from tui.render.chart import BROKEN, ChartOptions, Series, loss_chart
from tui.render.palette import D_BAND, D_COLOR, G_BAND, G_COLOR, OVERLAP_BAND
from tui.render.scale import sticky_range
from tui.series.history import LongColumn
from tui.series.window import Window

NAN, INF = np.nan, np.inf
RANDOM = np.random.default_rng(0)
D_LOSS = (0.5 * np.exp(RANDOM.normal(0, 0.2, 25_000))).astype(np.float32)
G_LOSS = (2.0 * np.exp(RANDOM.normal(0, 0.2, 25_000))).astype(np.float32)


def _window(values: object) -> Window:
    """All values of a column, as the dashboard hands them to the chart."""
    column = LongColumn().append(np.array(values, np.float32))
    return column.window(0, len(column))


def _pair(d_loss: object, g_loss: object) -> list[Series]:
    return [
        Series("D", _window(d_loss), D_COLOR, D_BAND),
        Series("G", _window(g_loss), G_COLOR, G_BAND),
    ]


def _chart(series: list[Series], width: int, height: int, **options: Any) -> list[Strip]:
    """The chart on the axis that its values alone would get."""
    samples = [one.values.sample() for one in series] or [np.empty(0, np.float32)]
    y_range = sticky_range(None, samples[0], samples[-1], log=options.get("log", True))
    return loss_chart(series, width, height, ChartOptions(**{"y_range": y_range, **options}))


def _text(strips: list[Strip]) -> list[str]:
    return [strip.text for strip in strips]


def _backgrounds(strip: Strip) -> list[str | None]:
    """The name of the colour behind each cell."""
    return [
        segment.style.bgcolor.name if segment.style and segment.style.bgcolor else None
        for segment in strip
        for _ in segment.text
    ]


def test_a_whole_chart() -> None:
    chart = _chart(
        _pair([0.2] * 40, [5.0] * 40), 34, 10, smoothing=0, y_range=(0.1, 10), marks=[(20, "s")]
    )
    assert _text(chart) == [
        " 10┤" + " " * 30,
        "   │" + "⠒" * 29 + "G",
        "   │" + " " * 30,
        "   │" + " " * 30,
        "  1┤" + " " * 30,
        "   │" + " " * 30,
        "   │" + "⠤" * 29 + "D",
        "0.1┤" + " " * 30,
        "   └┬─────────────s─────────────┬ ",
        "    1            20            40 ",
    ]


def test_a_line_has_its_colour_and_its_band_behind_it() -> None:
    chart = _chart(_pair([0.2] * 40, [5.0] * 40), 34, 10, y_range=(0.1, 10))
    segment = next(segment for segment in chart[1] if "⠒" in segment.text)
    assert segment.style is not None
    assert segment.style.color is not None
    assert segment.style.color.name == G_COLOR
    assert G_BAND in _backgrounds(chart[1])
    assert D_BAND in _backgrounds(chart[6])


def test_bands_that_overlap_have_a_colour_of_their_own() -> None:
    spread = [0.2, 5.0] * 2000
    chart = _chart(_pair(spread, spread), 40, 10, y_range=(0.1, 10))
    assert OVERLAP_BAND in _backgrounds(chart[3])


@pytest.mark.parametrize("width", [0, 1, 2, 9, 40, 48, 88, 200])
@pytest.mark.parametrize("height", [0, 1, 2, 3, 7, 8, 14, 40])
@pytest.mark.parametrize("count", [0, 1, 2, 30, 5000])
def test_a_chart_is_exactly_as_large_as_asked(width: int, height: int, count: int) -> None:
    chart = _chart(_pair(D_LOSS[:count], G_LOSS[:count]), width, height)
    assert len(chart) == height
    assert {len(strip.text) for strip in chart} <= {width}
    assert {strip.cell_length for strip in chart} <= {width}


@pytest.mark.parametrize("log", [True, False])
@pytest.mark.parametrize("bad", [NAN, INF, -INF])
@pytest.mark.parametrize(
    ("place", "share"),
    [(slice(0, 1), 0), (slice(12_500, 12_501), 0.5), (slice(24_999, None), 0.9999)],
    ids=["start", "middle", "end"],
)
def test_one_loss_that_is_not_finite_is_marked_below_its_column(
    place: slice, share: float, bad: float, log: bool
) -> None:
    d_loss = D_LOSS.copy()
    d_loss[place] = bad
    chart = _chart(_pair(d_loss, G_LOSS), 96, 12, log=log, y_range=(0.1, 10))
    axis = chart[-2].text
    assert axis.count(BROKEN) == 1
    columns = len(axis) - axis.index("└") - 2
    assert axis.index(BROKEN) - axis.index("└") - 1 == int(share * columns)


def test_losses_that_are_never_finite_are_marked_everywhere() -> None:
    nothing = np.full(5000, NAN)
    chart = _chart(_pair(nothing, nothing), 40, 12)
    assert BROKEN * 35 in chart[-2].text
    assert not any("⠀" < character <= "⣿" for strip in chart for character in strip.text)


@pytest.mark.parametrize(
    ("count", "gap"), [(6, ["⠒" * 10, "⠐" + "⠒" * 9]), (6000, ["⠒" * 10, "⠒" * 10])]
)
def test_non_finite_values_in_a_row_are_a_gap_in_the_line(count: int, gap: list[str]) -> None:
    g_loss = np.full(count, 5.0)
    g_loss[count // 3 : 2 * count // 3] = INF
    chart = _chart(_pair(np.full(count, 0.2), g_loss), 34, 10, y_range=(0.1, 10))
    assert chart[1].text[4:33].split() == gap


def test_fifteen_of_fifteen_spikes_show() -> None:
    """Each as a band that reaches the top row, which without them is empty."""
    g_loss = G_LOSS.copy()
    places = np.arange(15) * 1600 + 900
    g_loss[places] = 9.5
    chart = _chart(_pair(D_LOSS, g_loss), 66, 14, y_range=(0.1, 10))
    calm = _chart(_pair(D_LOSS, G_LOSS), 66, 14, y_range=(0.1, 10))
    assert sum(cell == G_BAND for cell in _backgrounds(chart[0])) == 15
    assert not any(_backgrounds(calm[0]))


def test_what_lies_beyond_the_axis_is_marked_at_its_edge() -> None:
    g_loss, d_loss = G_LOSS.copy(), D_LOSS.copy()
    g_loss[1000], d_loss[20_000] = 500, 1e-5
    chart = _chart(_pair(d_loss, g_loss), 40, 12, y_range=(0.1, 10))
    assert [strip.text.count("▲") for strip in chart[:10]] == [1] + [0] * 9
    assert [strip.text.count("▼") for strip in chart[:10]] == [0] * 9 + [1]


def test_a_loss_of_zero_is_marked_on_a_logarithmic_axis() -> None:
    chart = _chart(_pair([0.0] * 50, [1.0] * 50), 40, 12)
    assert "▼" in chart[9].text


def test_steps_are_counted_from_the_first() -> None:
    chart = _chart(_pair(D_LOSS[:200], G_LOSS[:200]), 40, 12, first_step=1001)
    assert chart[-1].text.split()[0] == "1,001"
    assert chart[-1].text.split()[-1] == "1,200"


def test_marks_outside_the_steps_are_left_out() -> None:
    chart = _chart(_pair(D_LOSS[:9], G_LOSS[:9]), 40, 12, marks=[(0, "a"), (10, "b")])
    assert not {"a", "b"} & set(chart[-2].text)


def test_no_losses_give_blank_axes() -> None:
    chart = _chart(_pair([], []), 20, 8)
    assert _text(chart) == [
        " 10┤                ",
        "   │                ",
        "   │                ",
        "  1┤                ",
        "   │                ",
        "0.1┤                ",
        "   └────────────────",
        "                    ",
    ]


def test_no_series_give_blank_axes() -> None:
    assert len(_chart([], 20, 8)) == 8


def test_a_series_without_a_band_has_a_dim_form_of_its_colour() -> None:
    chart = _chart([Series("X", _window(D_LOSS), "#ff8000")], 40, 12)
    assert any("#422100" in _backgrounds(strip) for strip in chart)


def test_equal_losses_give_equal_strips() -> None:
    first, second = (_chart(_pair(D_LOSS, G_LOSS), 80, 12) for _ in range(2))
    assert first == second


def test_a_few_more_steps_leave_most_rows_as_they_were() -> None:
    limits = sticky_range(None, D_LOSS, G_LOSS, log=True)
    before = _chart(_pair(D_LOSS[:-10], G_LOSS[:-10]), 80, 12, y_range=limits)
    after = _chart(_pair(D_LOSS, G_LOSS), 80, 12, y_range=limits)
    assert sum(a == b for a, b in zip(before, after, strict=True)) >= 4


def test_a_long_run_has_the_same_line_as_a_short_one_of_the_same_shape() -> None:
    """Beyond a limit old values are merged and averages are those of means; it must not show."""
    short, long = np.linspace(0.2, 5, 30_000), np.linspace(0.2, 5, 300_000)
    assert len(_window(long).merged)
    charts = [
        _chart(_pair(one, one), 80, 12, y_range=(0.1, 10), smoothing=smoothing)
        for one, smoothing in ((short, 0.98), (long, 0.998))
    ]
    assert _text(charts[0])[:10] == _text(charts[1])[:10]


def test_a_cursor_stands_upright_and_hides_no_line() -> None:
    chart = _chart(_pair([0.2] * 40, [5.0] * 40), 34, 10, smoothing=0, y_range=(0.1, 10), cursor=20)
    column = [strip.text[18] for strip in chart[:8]]
    assert column == ["│", "⠒", "│", "│", "│", "│", "⠤", "│"]


def test_a_cursor_beyond_the_steps_is_not_drawn() -> None:
    plain = _chart(_pair(D_LOSS[:90], G_LOSS[:90]), 40, 12, y_range=(0.1, 10))
    assert _chart(_pair(D_LOSS[:90], G_LOSS[:90]), 40, 12, y_range=(0.1, 10), cursor=91) == plain


def test_a_dashed_line_has_gaps_where_a_whole_one_has_none() -> None:
    whole, dashed = _pair([0.2] * 400, [5.0] * 400)
    dashed = replace(dashed, dashed=True)
    chart = _chart([whole, dashed], 34, 10, y_range=(0.1, 10), bands=False)
    assert chart[6].text[4:33] == "⠤" * 29
    assert chart[1].text[4:33] == ("⠒⠒ " * 10)[:29]


def test_without_bands_no_cell_has_a_colour_behind_it() -> None:
    chart = _chart(_pair(D_LOSS, G_LOSS), 40, 12, bands=False)
    assert not any(any(_backgrounds(strip)) for strip in chart)
    assert not any(half in strip.text for strip in chart for half in "▀▄")


def test_without_bands_spikes_and_dips_keep_their_marks() -> None:
    g_loss, d_loss = G_LOSS.copy(), D_LOSS.copy()
    g_loss[1000], d_loss[20_000] = 500, 1e-5
    chart = _chart(_pair(d_loss, g_loss), 40, 12, y_range=(0.1, 10), bands=False)
    assert chart[0].text.count("▲") == 1
    assert chart[9].text.count("▼") == 1


def test_what_is_not_counted_in_steps_says_so_at_its_end() -> None:
    chart = _chart(_pair(D_LOSS[:9], G_LOSS[:9]), 60, 12, unit="epoch")
    assert chart[-1].text.split()[-2:] == ["epoch", "9"]
    assert chart[-1].text.count("epoch") == 1
