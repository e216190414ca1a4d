"""The vertical axis."""

import numpy as np
import pytest

from tui.render.axes import vertical_ticks
from tui.render.scale import Range, Scale, range_of, sticky_range

NONE = np.zeros(0, np.float32)


def _noise(middle: float, spread: float = 0.2, count: int = 25_000) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, spread, count)
    return (middle * np.exp(noise)).astype(np.float32)


def test_a_fraction_goes_from_the_low_to_the_high_end() -> None:
    values = np.array([0.1, 1, 10])
    assert Scale(0.1, 10, log=True).fraction(values) == pytest.approx([0, 0.5, 1])
    assert Scale(0, 10, log=False).fraction(values) == pytest.approx([0.01, 0.1, 1])


def test_what_is_not_positive_lies_below_a_logarithmic_axis() -> None:
    assert (Scale(0.1, 10, log=True).fraction(np.array([0.0, -1.0])) < 0).all()


def test_what_is_unknown_lies_nowhere() -> None:
    assert np.isnan(Scale(0.1, 10, log=True).fraction(np.array([np.nan]))).all()


def test_ordinary_noise_lies_within() -> None:
    values = _noise(0.7)
    low, high = range_of([values], log=True)
    assert low <= values.min()
    assert values.max() <= high


def test_spikes_and_a_passing_collapse_do_not_stretch_the_range() -> None:
    values = _noise(0.7)
    values[::5000] = 1000
    values[8000:8200] = 1e-4
    low, high = range_of([values], log=True)
    assert 0.1 < low < high < 5


def test_a_lasting_collapse_is_shown() -> None:
    values = _noise(0.7)
    values[15_000:] = 0.01
    assert range_of([values], log=True)[0] <= 0.01


@pytest.mark.parametrize("log", [True, False])
@pytest.mark.parametrize(
    "values",
    [
        NONE,
        np.array([np.nan, np.inf], np.float32),
        np.array([0.0], np.float32),
        np.array([0.693], np.float32),
        np.array([-5.0, -5.0], np.float32),
        np.array([1e-38, 3e38], np.float32),
        np.array([5e-324]),
        np.array([1e-200, 1.0]),
        np.array([1.7e308]),
        np.array([-1.7e308, 5e-324, 1.7e308]),
    ],
    ids=[
        "none",
        "not-finite",
        "zero",
        "one",
        "negative",
        "extreme",
        "subnormal",
        "tiny",
        "huge",
        "widest",
    ],
)
def test_any_values_give_a_range(values: np.ndarray, log: bool) -> None:
    low, high = range_of([values], log)
    assert np.isfinite([low, high]).all()
    assert low < high
    assert low > 0 or not log
    assert np.isfinite(Scale(low, high, log).fraction(np.array([low, high]))).all()
    assert vertical_ticks(Scale(low, high, log), 12)


def test_a_range_grows_at_once() -> None:
    before = sticky_range(None, _noise(0.7), _noise(1.0), log=True)
    after = sticky_range(before, _noise(0.7), _noise(9.0), log=True)
    assert after[0] == before[0]
    assert after[1] > before[1]


def test_a_range_stays_while_most_of_it_is_used() -> None:
    before: Range = (0.1, 10)
    assert sticky_range(before, _noise(0.5), _noise(2.0), log=True) == before


def test_a_range_shrinks_when_much_of_it_is_empty() -> None:
    before: Range = (0.0001, 1000)
    after = sticky_range(before, _noise(0.5), _noise(2.0), log=True)
    assert after == sticky_range(None, _noise(0.5), _noise(2.0), log=True)


def test_a_range_of_the_other_kind_of_axis_is_not_kept() -> None:
    assert sticky_range((0.0, 2.0), _noise(0.5), _noise(2.0), log=True)[0] > 0


def test_ends_are_round_numbers() -> None:
    assert range_of([_noise(0.7, 0.1)], log=True) == (0.3, 1.5)
