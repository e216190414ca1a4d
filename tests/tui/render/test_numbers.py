"""Numbers in a fixed width."""

import math

import pytest

from tui.render import numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.6931, "0.693"),
        (0.0, "0.000"),
        (12.345, "12.35"),
        (9.9996, "10.00"),
        (999.96, " 1000"),
        (12345.6, "12346"),
        (1234567.0, "1e+06"),
        (0.00002, "2e-05"),
        (-0.6931, "-0.69"),
        (math.nan, "  nan"),
        (math.inf, "  inf"),
        (-math.inf, " -inf"),
    ],
)
def test_a_loss_takes_five_cells(value: float, text: str) -> None:
    assert numbers.loss(value) == text
    assert len(text) == 5


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0.00"),
        (9.424, "9.42"),
        (94.24, "94.2"),
        (942.4, "942"),
        (999.7, "1.00k"),
        (29_440, "29.4k"),
        (1_200_000, "1.20M"),
        (math.nan, numbers.UNKNOWN),
    ],
)
def test_a_rate_has_three_digits(value: float, text: str) -> None:
    assert numbers.rate(value) == text


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (8.214, 2, "8.21"),
        (134.049, 2, "134.05"),
        (-0.00034, 4, "-0.0003"),
        (123_456.0, 2, "1.2e+05"),
        (float("nan"), 2, numbers.UNKNOWN),
        (float("inf"), 4, numbers.UNKNOWN),
    ],
)
def test_a_figure_of_quality_or_a_dash(value: float, decimals: int, text: str) -> None:
    assert numbers.figure(value, decimals) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0.0%"), (0.0034, "0.3%"), (0.0996, "10%"), (0.914, "91%"), (1.0, "100%")],
)
def test_a_share_in_percent(share: float, text: str) -> None:
    assert numbers.percentage(share) == text


def test_an_unknown_share_is_a_dash() -> None:
    assert numbers.percentage(float("nan")) == numbers.UNKNOWN


@pytest.mark.parametrize(
    ("step", "text"),
    [(7, "7"), (937, "937"), (9_370, "9,370"), (93_700, "93.7k"), (1_200_000, "1.20M")],
)
def test_a_step_in_five_characters(step: int, text: str) -> None:
    assert numbers.brief_step(step) == text
