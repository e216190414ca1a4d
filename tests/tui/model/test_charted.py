"""Which series of a recorded run the chart shows, and what tells them apart."""

from __future__ import annotations

from functools import reduce

import pytest

from gan.text.safe_text import safe_text
from tests import recorded_runs
from tests.fakes import floats
from tui.model.charted import (
    MAX_CHARTED,
    charted,
    colors_of,
    label,
    marks_of,
    series_names,
)
from tui.model.run_state import RunState, apply
from tui.model.view import View
from tui.render.palette import SERIES_COLORS


def run_of(*names: str) -> RunState:
    """A recorded run with these series, in this order."""
    logged = recorded_runs.logged(1, {name: floats(1.0, 2.0) for name in names})
    return reduce(apply, [*recorded_runs.begun(), logged], RunState())


GAN = reduce(apply, recorded_runs.gan_story(), RunState())


def test_a_gan_has_its_losses_first_and_by_default_charts_them() -> None:
    assert series_names(GAN) == ("d_loss", "g_loss", "gradient_penalty", "wasserstein")
    assert charted(View(), GAN) == ("d_loss", "g_loss")


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (("lr", "loss", "accuracy"), ("loss",)),
        (("accuracy", "loss", "val_accuracy", "val_loss"), ("loss", "val_loss")),
        (("Critic Loss", "reward"), ("Critic Loss",)),
        (("d_loss", "reward"), ("d_loss",)),
        (("reward", "length"), ("reward",)),
        ((), ()),
    ],
)
def test_any_other_run_charts_its_first_loss_or_its_first_series(
    names: tuple[str, ...], shown: tuple[str, ...]
) -> None:
    run = run_of(*names) if names else reduce(apply, recorded_runs.begun(), RunState())

    assert charted(View(), run) == shown


def test_what_was_chosen_is_charted_in_the_order_of_the_run() -> None:
    assert charted(View(series=("wasserstein", "d_loss")), GAN) == ("d_loss", "wasserstein")


def test_a_choice_that_the_run_does_not_have_changes_nothing() -> None:
    assert charted(View(series=("accuracy",)), GAN) == ("d_loss", "g_loss")


def test_no_more_are_charted_than_can_be_told_apart() -> None:
    names = tuple(f"s{number}" for number in range(20))

    assert charted(View(series=names), run_of(*names)) == names[:MAX_CHARTED]


def test_each_series_has_a_mark_of_its_own() -> None:
    names = ("loss", "lr", "l2", "损失", "l", "🦜")

    marks = marks_of(names)

    assert len(set(marks)) == len(names)
    assert all(len(mark) == 1 and mark.isascii() for mark in marks)
    assert marks[:2] == ("l", "r")
    assert marks_of(("d_loss", "g_loss")) == ("D", "G")


def test_the_losses_of_a_gan_have_the_colours_that_they_always_have() -> None:
    names = ("wasserstein", "g_loss", "d_loss")

    found = colors_of(names, SERIES_COLORS)

    assert (found["d_loss"], found["g_loss"]) == SERIES_COLORS[:2]
    assert len(set(found.values())) == 3


def test_as_many_series_as_one_chart_shows_have_different_colours() -> None:
    names = [f"s{number}" for number in range(MAX_CHARTED)]

    assert len(set(colors_of(names, SERIES_COLORS).values())) == MAX_CHARTED


def test_a_name_from_outside_is_made_safe() -> None:
    assert label("\x1b[2Jloss\n") == safe_text("\x1b[2Jloss\n")
    assert label("real_score") == "D(x)"
