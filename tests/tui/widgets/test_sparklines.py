"""The glance: five rows of the newest values."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

import numpy as np
import pytest

from gan import events
from tests import fakes
from tests.fakes import floats, steps
from tui.model.run_state import RunState, apply
from tui.render import numbers
from tui.render.sparkline import BARS, BROKEN
from tui.widgets.scene_view import Scene
from tui.widgets.sparklines import Sparklines


def drawn(run: RunState, width: int = 40, height: int = 5) -> list[str]:
    return [strip.text for strip in Sparklines().draw(Scene(run=run), width, height)]


RUN = reduce(apply, fakes.training(), RunState())


def test_each_row_has_its_name_and_its_last_value() -> None:
    rows = drawn(RUN)

    assert [row.split()[0] for row in rows] == ["D", "G", "D(x)", "D(G(z))", "img/s"]
    assert rows[0].split()[2] == f"{RUN.progress.d_loss:.3f}"
    assert rows[3].split()[1] == f"{RUN.progress.fake_score:.3f}"


def test_rows_fill_their_width_and_no_more() -> None:
    for width in (1, 10, 15, 16, 40, 112):
        assert {len(row) for row in drawn(RUN, width)} == {width}


def test_the_newest_value_is_at_the_right() -> None:
    run = apply(RUN, steps(1201, 1, d_loss=floats(9.0)))

    assert drawn(run)[0].rstrip()[-1] == BARS[-1]


def test_a_row_shows_the_newest_batches_only() -> None:
    """So a spike leaves it at the left, one cell a batch."""
    run = apply(RUN, steps(1201, 24, d_loss=floats(9.0, *[1.0] * 23)))
    cells = [drawn(run)[0][15:39], drawn(apply(run, steps(1225, 1, d_loss=floats(1.0))))[0][15:39]]

    assert [BARS[-1] in cells[0], BARS[-1] in cells[1]] == [True, False]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_marked(value: float) -> None:
    run = apply(RUN, steps(1201, 3, d_loss=floats(1.0, value, 1.0)))

    assert drawn(run)[0].count(BROKEN) == 1


def test_before_the_first_step_there_is_no_value() -> None:
    assert [row.split()[-1] for row in drawn(RunState())] == [numbers.UNKNOWN] * 5


def test_of_fewer_rows_the_losses_come_first() -> None:
    assert [row.split()[0] for row in drawn(RUN, height=2)] == ["D", "G"]


def test_it_is_drawn_anew_with_every_record_and_only_then() -> None:
    widget, scene = Sparklines(), Scene(run=RUN)
    widget.show(scene)

    assert not widget.changed(Scene(run=replace(RUN, images_step=7)))
    assert widget.changed(Scene(run=apply(RUN, steps(1201, 1))))


def test_with_the_relativistic_loss_there_is_one_score() -> None:
    """D tells which of a pair is real; neither D(x) nor D(G(z)) means anything alone."""
    rows = drawn(reduce(apply, fakes.raw(), RunState()))

    assert rows[2].split()[:4] == ["pairs", "ranked", "right", f"{RUN.progress.real_score:.3f}"]
    assert [row.split()[0] for row in rows] == ["D", "G", "pairs", "img/s"]
    assert len(rows) == 4
    assert {len(row) for row in rows} == {40}


def test_a_run_of_an_older_version_has_both_scores() -> None:
    story = [
        replace(event, config={"preset": "tutorial"})
        if isinstance(event, events.RunStarted)
        else event
        for event in fakes.training()
    ]

    assert len(drawn(reduce(apply, story, RunState()))) == 5
