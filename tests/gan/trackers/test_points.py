"""Steps become a point a second with mean, minimum and maximum."""

from __future__ import annotations

import numpy as np

from gan.export.tracked import SPEED_TAG, Steps
from gan.trackers.points import Points
from tests import fakes


def steps(first: int, *values: float, at: float) -> Steps:
    """Steps that took a tenth of a second each, the last of which ended at a time."""
    times = [at - 0.1 * place for place in reversed(range(len(values)))]
    columns = {"loss": fakes.floats(*values)}
    return Steps(step=first, time=at, times=times, columns=columns, seconds=0.1 * len(values))


def test_a_point_is_due_once_its_steps_took_a_second() -> None:
    points = Points()
    assert points.add(steps(1, 1.0, 9.0, at=100.1)) is None
    point = points.add(steps(3, 2.0, at=101.0))
    assert point is not None
    assert (point.step, point.time) == (3, 101.0)
    assert point.values["loss"] == 4.0
    assert (point.values["loss_min"], point.values["loss_max"]) == (1.0, 9.0)
    assert np.isclose(point.values[SPEED_TAG], 10.0)


def test_the_rest_is_a_point_too_and_nothing_is_none() -> None:
    points = Points()
    assert points.rest() is None
    points.add(steps(1, 1.0, at=100.0))
    rest = points.rest()
    assert rest is not None
    assert rest.values["loss"] == 1.0
    assert points.rest() is None


def test_what_is_forgotten_is_in_no_point() -> None:
    points = Points()
    points.add(steps(1, 100.0, at=100.0))
    points.forget()
    points.add(steps(1, 2.0, at=100.0))
    rest = points.rest()
    assert rest is not None
    assert rest.values["loss_max"] == 2.0


def test_a_value_that_is_not_finite_hides_no_others() -> None:
    points = Points()
    points.add(steps(1, np.nan, 1.0, np.inf, 3.0, at=100.0))
    rest = points.rest()
    assert rest is not None
    assert (rest.values["loss"], rest.values["loss_max"]) == (2.0, 3.0)


def test_without_a_finite_value_there_is_only_the_speed() -> None:
    points = Points()
    points.add(steps(1, np.nan, at=100.0))
    rest = points.rest()
    assert rest is not None
    assert rest.values.keys() == {SPEED_TAG}
