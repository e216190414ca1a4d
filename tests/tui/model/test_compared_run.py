"""A compared run: its figures, and what a reading does to it."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import reduce

import numpy as np
import pytest

from gan import events
from gan.run_facts.comparison import Description, Reading
from tests import fakes
from tests.recorded_runs import begun, logged
from tests.tui.comparing import story
from tui.model.compared_run import (
    ComparedRun,
    basis_of,
    figures_of,
    is_quality_comparable,
    notes,
    read,
    recent_mean,
)

NOTHING = Description(name="run", path="/run", config={}, environment={})


def after(*readings: Reading) -> ComparedRun:
    return reduce(read, readings, ComparedRun(description=NOTHING))


def test_before_a_reading_no_figure_is_known() -> None:
    figures = figures_of(ComparedRun(description=NOTHING))

    assert (figures.step, figures.fd_step) == (0, None)
    assert all(math.isnan(one) for one in (figures.d_loss, figures.fd, figures.images_per_second))


def test_the_last_losses_are_the_mean_of_the_last_hundred_finite_ones() -> None:
    losses = fakes.floats(*[9.0] * 100, *[1.0] * 98, math.nan, 3.0)
    made = fakes.steps(1, 200, d_loss=losses, g_loss=losses)

    figures = figures_of(after(Reading(events=[made])))

    assert figures.d_loss == figures.g_loss == pytest.approx(101 / 99)


@pytest.mark.parametrize(
    ("values", "mean"),
    [
        ((1.0, math.nan, 3.0), 2.0),
        ((1.0, math.inf, 3.0), math.inf),
        ((1.0, -math.inf, math.inf), math.nan),
        ((math.nan, math.nan), math.nan),
    ],
)
def test_the_mean_of_a_recorded_series_leaves_out_no_infinity(
    values: tuple[float, ...], mean: float
) -> None:
    made = after(Reading(events=[*begun(), logged(1, {"loss": fakes.floats(*values)})]))

    assert recent_mean(made, "loss") == pytest.approx(mean, nan_ok=True)


def test_the_speed_is_that_of_all_training() -> None:
    figures = figures_of(after(Reading(events=story(1000))))

    assert figures.images_per_second == 1000 * 256 / 64


def test_the_best_distance_is_known_with_its_step() -> None:
    figures = figures_of(after(Reading(events=story(fds=[(100, 9.0), (200, 4.0), (300, 5.0)]))))

    assert (figures.fd, figures.fd_step) == (5.0, 300)
    assert (figures.best_fd, figures.best_fd_step) == (4.0, 200)


def test_a_log_read_in_parts_gives_the_figures_of_one_read_at_once() -> None:
    happened = story(fds=[(100, 9.0)])
    parts = [Reading(events=[event]) for event in happened]

    assert figures_of(after(*parts)) == figures_of(after(Reading(events=happened)))


def test_every_score_is_kept_and_not_only_the_newest() -> None:
    made = fakes.steps(1, 20_000)

    scores = after(Reading(events=[made])).scores

    real, fake = scores.windows(1, 20_000)
    assert np.array_equal(real.single, made.real_score)
    assert np.array_equal(fake.single, made.fake_score)


def test_a_rollback_takes_scores_and_losses_back() -> None:
    back = events.RolledBack(time=fakes.START, step=40, branch=1)

    run = after(Reading(events=[fakes.steps(1, 100), back]))

    assert (run.scores.last_step, run.run.losses.last_step) == (40, 40)


def test_a_log_that_begins_anew_forgets_what_was_read() -> None:
    run = after(
        Reading(events=story(500, fds=[(100, 3.0)])), Reading(events=story(20), restarted=True)
    )

    assert figures_of(run).step == 20
    assert basis_of(run) is None


def test_distances_of_other_data_are_not_comparable() -> None:
    one, other = (
        after(Reading(events=story(fds=[(100, 3.0)], fingerprint=sha))) for sha in ("e" * 64, "f")
    )

    assert is_quality_comparable([one, one])
    assert not is_quality_comparable([one, other])


def test_notes_name_the_run_of_each_trouble() -> None:
    lost = replace(NOTHING, troubles=("config.json is lost.",))
    run = read(ComparedRun(description=lost), Reading(troubles=("the log is lost.",)))

    found = notes([after(Reading()), run])

    assert found == ("B: config.json is lost.", "B: the log is lost.")
