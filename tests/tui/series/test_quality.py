"""The quality at every evaluation: what is kept, and which is the best."""

from __future__ import annotations

import math
from functools import reduce

import pytest

from tests.fakes import quality
from tui.series.quality import MAX_EVALUATIONS, QualityHistory


def history(*distances: float, every: int = 100) -> QualityHistory:
    events = [quality(every * (place + 1), fd) for place, fd in enumerate(distances)]
    return reduce(QualityHistory.append, events, QualityHistory())


def test_before_the_first_evaluation_there_is_neither_a_newest_nor_a_best() -> None:
    empty = QualityHistory()

    assert (len(empty), empty.newest, empty.best) == (0, None, None)


def test_the_best_is_the_first_with_the_least_distance() -> None:
    kept = history(50.0, 8.0, 9.0, 8.0)

    assert kept.best is kept.evaluations[1]
    assert kept.newest is kept.evaluations[3]


def test_a_figure_that_is_not_finite_is_never_the_best() -> None:
    kept = history(math.nan, 8.0, math.inf, math.nan)

    assert kept.best is kept.evaluations[1]
    assert history(math.nan).best is None


def test_without_the_best_another_is_the_best() -> None:
    kept = history(50.0, 9.0, 8.0).truncated(250)

    assert [one.fd for one in kept.evaluations] == [50.0, 9.0]
    assert kept.best is kept.newest


def test_nothing_to_take_away_leaves_the_same_object() -> None:
    kept = history(50.0, 9.0)

    assert kept.truncated(200) is kept
    assert QualityHistory().truncated(0).newest is None


def test_an_evaluation_of_the_same_step_replaces_the_one_before() -> None:
    kept = history(50.0, 9.0).append(quality(200, 11.0))

    assert [(one.step, one.fd) for one in kept.evaluations] == [(100, 50.0), (200, 11.0)]


@pytest.mark.parametrize("other", [{"features": "projection-1"}, {"images": 2_000}], ids=str)
def test_figures_that_cannot_be_compared_begin_a_new_history(other: dict[str, object]) -> None:
    event = quality(300, 20.0, **other)
    kept = history(50.0, 9.0).append(event)

    assert kept.evaluations == (event,)
    assert kept.best is event


def test_of_very_many_the_newest_and_the_best_are_kept() -> None:
    kept = history(*[1.0] * (MAX_EVALUATIONS + 100))
    assert len(kept) == MAX_EVALUATIONS

    kept = history(9.0, 0.5, *[1.0] * (MAX_EVALUATIONS + 100))
    assert len(kept) == MAX_EVALUATIONS
    assert kept.best is kept.evaluations[0]
    assert (kept.evaluations[0].fd, kept.evaluations[-1].step) == (0.5, 100 * 4198)
