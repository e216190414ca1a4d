"""A run's numbers in one line, to copy."""

from __future__ import annotations

from functools import reduce

from tests import fakes
from tui.model.readout import readout
from tui.model.run_state import RunState, apply
from tui.model.view import View

RUN = reduce(apply, fakes.training(), RunState())


def test_without_a_cursor_it_is_the_newest_numbers() -> None:
    words = readout(RUN, View())

    assert words.startswith(
        f"step {RUN.progress.step:,}  D loss {RUN.progress.d_loss:.4g}  G loss "
    )
    assert "D(x) " in words
    assert "nan" not in words


def test_at_the_cursor_it_is_the_losses_of_that_step() -> None:
    run = apply(RunState(), fakes.steps(1, 3, d_loss=fakes.floats(0.5, 0.25, 0.75)))

    assert readout(run, View(cursor=2)).startswith("step 2  D loss 0.25  G loss ")


def test_before_the_first_step_there_is_only_the_step() -> None:
    assert readout(RunState(), View()).startswith("step 0")
