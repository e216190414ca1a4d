"""Interpolations between latents, there and back, by the clock."""

from __future__ import annotations

import numpy as np
import pytest

from gan import events
from tui.model.interpolation import FILM_RATES, FRAMES_PER_SECOND, Interpolation, next_rate

FRAMES = np.arange(5, dtype=np.uint8)[:, None, None, None].repeat(16, 1)
"""Five frames of their own number, 5 x 16 x 1 x 1."""


def interpolation() -> Interpolation:
    event = events.LatentsInterpolated(time=0.0, step=1234, frames=FRAMES)
    return Interpolation.of(event, began=50.0)


def shown(now: float) -> int | None:
    picture = interpolation().picture(now)
    return None if picture is None else int(picture.images[0, 0, 0])


def test_it_goes_there_and_comes_back_to_where_it_began() -> None:
    frames = [shown(50.01 + frame / FRAMES_PER_SECOND) for frame in range(9)]

    assert frames == [0, 1, 2, 3, 4, 3, 2, 1, 0]


def test_then_it_is_over() -> None:
    assert shown(50.01 + 9 / FRAMES_PER_SECOND) is None


def test_frames_that_a_slow_link_misses_are_left_out() -> None:
    """The clock sets the pace: nothing is queued."""
    assert shown(50.01 + 3 / FRAMES_PER_SECOND) == 3


def test_it_says_what_it_is() -> None:
    picture = interpolation().picture(50.0)

    assert picture is not None
    assert picture.words == "between latents, step 1,234 (1 of 5)"


@pytest.mark.parametrize(("rate", "by", "after"), [(5.0, 1, 10.0), (5.0, -1, 2.0)])
def test_a_film_plays_faster_or_slower(rate: float, by: int, after: float) -> None:
    assert next_rate(rate, by) == after


def test_at_either_end_it_stays() -> None:
    assert next_rate(FILM_RATES[0], -1) == FILM_RATES[0]
    assert next_rate(FILM_RATES[-1], 1) == FILM_RATES[-1]
