"""Round numbers."""

import pytest

from tui.render.ticks import Tick, compact, linear_ticks, log_ticks


def _labels(ticks: tuple[Tick, ...]) -> list[str]:
    return [tick.label for tick in ticks]


@pytest.mark.parametrize(
    ("low", "high", "most", "expected"),
    [
        (0, 1, 6, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (0, 1, 5, ["0.0", "0.5", "1.0"]),
        (0, 8, 5, ["0", "2", "4", "6", "8"]),
        (1, 25_000, 5, ["5k", "10k", "15k", "20k", "25k"]),
        (0.301, 0.7, 4, ["0.4", "0.5", "0.6", "0.7"]),
        (-2, 2, 5, ["-2", "-1", "0", "1", "2"]),
        (0, 3e-6, 4, ["0", "1e-06", "2e-06", "3e-06"]),
        (0, 1e30, 3, ["0", "5e+29", "1e+30"]),
        (-1e30, 0, 3, ["-1e+30", "-5e+29", "0"]),
    ],
)
def test_linear_ticks_are_as_many_as_may_be(
    low: float, high: float, most: int, expected: list[str]
) -> None:
    assert _labels(linear_ticks(low, high, most)) == expected


@pytest.mark.parametrize(
    ("low", "high", "most", "expected"),
    [
        (0.1, 10, 9, ["0.1", "0.2", "0.5", "1", "2", "5", "10"]),
        (0.15, 7, 9, ["0.2", "0.5", "1", "2", "5"]),
        (0.1, 10, 5, ["0.1", "1", "10"]),
        (1e-6, 1e6, 4, ["1e-06", "0.01", "100", "1M"]),
        (0.15, 7, 3, ["0.2", "1", "5"]),
        (0.52, 0.95, 5, ["0.6", "0.7", "0.8", "0.9"]),
    ],
)
def test_logarithmic_ticks_are_round_on_their_axis(
    low: float, high: float, most: int, expected: list[str]
) -> None:
    assert _labels(log_ticks(low, high, most)) == expected


@pytest.mark.parametrize("most", [1, 2, 3, 4, 7, 10])
@pytest.mark.parametrize("high", [0.0011, 0.7, 1.0, 3.3, 9999.0, 3e30])
def test_ticks_are_at_most_as_many_as_asked_and_within_the_range(high: float, most: int) -> None:
    for ticks in (linear_ticks(0.001, high, most), log_ticks(0.001, high, most)):
        assert len(ticks) <= most
        assert all(tick.value >= 0.001 - 1e-6 * high for tick in ticks)
        assert all(tick.value <= high * (1 + 1e-6) for tick in ticks)


@pytest.mark.parametrize(
    ("low", "high", "most"),
    [(1, 1, 5), (2, 1, 5), (0, 1, 0), (float("nan"), 1, 5), (0, float("inf"), 5)],
)
def test_what_is_no_range_has_no_ticks(low: float, high: float, most: int) -> None:
    assert linear_ticks(low, high, most) == ()
    assert log_ticks(low, high, most) == ()


def test_a_logarithmic_axis_does_not_reach_zero() -> None:
    assert log_ticks(0, 1, 5) == ()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.02, "0.02"),
        (5, "5"),
        (200, "200"),
        (2000, "2k"),
        (20_000, "20k"),
        (5e6, "5M"),
        (2e9, "2G"),
    ],
)
def test_labels_are_short(value: float, text: str) -> None:
    assert compact(value) == text
