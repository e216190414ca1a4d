"""The charts of a comparison that has recorded runs in it."""

from __future__ import annotations

import re

from textual._context import active_app

from gan.run_facts.comparison import Description, Reading
from tests import recorded_runs
from tests.tui.reading import APP
from tui.model.compared_run import ComparedRun, read
from tui.model.comparison import ComparisonView, metrics_of, scene_of
from tui.widgets.comparison_charts import ComparisonCharts


def recorded(story: str) -> ComparedRun:
    about = Description(name=story, path=f"/{story}", config={}, environment={})
    events = recorded_runs.STORIES[story]()
    return read(ComparedRun(description=about), Reading(events=events, share=1.0))


def drawn(metric: str, *runs: ComparedRun) -> list[str]:
    """The chart of a figure, below its heading."""
    active_app.set(APP)
    place = [one.name for one in metrics_of(runs)].index(metric)
    scene = scene_of(runs, ComparisonView(metric=place), (None,) * len(runs))
    return [strip.text for strip in ComparisonCharts().draw(scene, 50, 12)]


def plot(rows: list[str]) -> list[str]:
    """What is right of the vertical axis."""
    return [re.split("[│┤]", row, maxsplit=1)[1] for row in rows[1:-2]]


def test_a_series_is_drawn_for_the_runs_that_have_it() -> None:
    rows = drawn("accuracy", recorded("gan"), recorded("classifier"))

    assert rows[0].split()[0] == "accuracy"
    letters = "".join(plot(rows))
    assert "B" in letters
    assert "A" not in letters


def test_an_occasional_series_is_a_line_from_value_to_value() -> None:
    rows = drawn("val_loss", recorded("classifier"), recorded("classifier"))

    columns = zip(*plot(rows), strict=True)
    assert sum(bool(set(column) - {" "}) for column in columns) > 30


def test_a_series_that_goes_below_0_has_a_linear_axis() -> None:
    assert "linear" in drawn("reward", recorded("single"), recorded("single"))[0]
