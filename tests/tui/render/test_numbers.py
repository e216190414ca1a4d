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
