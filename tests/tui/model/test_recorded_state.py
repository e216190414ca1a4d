"""The state of a recorded run, live and for whoever comes late."""

from __future__ import annotations

import itertools
from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan import events
from gan.exchange.event_buffer import EventBuffer, ShownAnew, condensed
from gan.progress import RunProgress
from gan.progress import apply as progressed
from gan.run.creation import create_run
from gan.run.event_writer import EventWriter
from gan.viewing.run_log import RunLog
from tests import recorded_runs
from tests.fakes import START, floats
from tests.recorded_runs import gan_steps, logged
from tests.tui.model.test_followed_state import known
from tui.model.catching_up import CatchingUp
from tui.model.run_state import RunState, apply

if TYPE_CHECKING:
    from pathlib import Path

    from gan.events import Event
    from gan.run.directory import RunDirectory
    from tui.series.named import NamedSeries


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return create_run(tmp_path / "run")


def all_values(series: NamedSeries) -> dict[str, list[str]]:
    """Every value of every series, comparable also where it is NaN."""
    return {
        name: [f"{value:.9g}" for value in column.newest(len(column)).tolist()]
        for name, column in series.columns.items()
    }


def everything(state: RunState) -> dict[str, object]:
    """A state in comparable values, as `known`, with its series."""
    found = known(state)
    losses = repr(found.pop("losses"))
    last = state.series.last_step
    return {**found, "losses": losses, "series": all_values(state.series), "last": last}


STATE = reduce(apply, recorded_runs.gan_story(), RunState())


def test_losses_and_other_series_are_over_the_same_steps() -> None:
    assert set(STATE.series.columns) == {"d_loss", "g_loss", "gradient_penalty", "wasserstein"}
    assert {len(column) for column in STATE.series.columns.values()} == {1200}
    assert STATE.progress.step == STATE.history.last_step == 1200


def test_scores_that_the_loop_does_not_log_are_no_series() -> None:
    assert "real_score" not in STATE.series.columns


def test_scores_that_it_logs_are() -> None:
    steps = gan_steps(1201, 1)[0]
    assert isinstance(steps, events.StepsCompleted)

    state = apply(STATE, replace(steps, real_score=floats(0.7), fake_score=floats(0.2)))

    assert state.series.columns["real_score"].newest(1).tolist() == [np.float32(0.7)]


def test_a_run_of_our_own_has_no_such_series() -> None:
    state = apply(RunState(), gan_steps(1, 5)[0])

    assert not state.series.columns
    assert state.history is state.losses


def test_the_speed_is_that_of_steps_where_nobody_says_how_many_images_they_take() -> None:
    story = [
        *recorded_runs.begun(),
        logged(1, {"loss": floats(*[1.0] * 10)}, seconds=1.0),
        logged(11, {"loss": floats(*[1.0] * 10)}, seconds=2.0),
    ]

    state = reduce(apply, story, RunState())

    assert state.speed.values.tolist() == [10, 10]
    assert state.progress.images_per_second == 0


def test_a_step_that_comes_in_two_events_counts_once() -> None:
    story = [*recorded_runs.begun(batch_size=2), *gan_steps(1, 10, seconds=1.0)]

    state = reduce(apply, story, RunState())

    assert len(state.speed) == 1
    assert state.progress.steps_per_second == pytest.approx(10)


def test_a_rollback_takes_all_series_back() -> None:
    state = apply(STATE, events.RolledBack(time=START, step=700, branch=1))

    assert state.series.last_step == 700
    assert {len(column) for column in state.series.columns.values()} == {700}


def test_a_run_that_is_shown_anew_begins_without_series() -> None:
    assert len(apply(STATE, ShownAnew(time=START)).series) == 0


def _happening(rng: np.random.Generator) -> list[Event]:
    """A run as a loop may make it: gaps, series that come late or seldom, pauses, images."""
    told, step = recorded_runs.begun(total_steps=5000, batch_size=8), 1
    is_gan = bool(rng.integers(2))
    for _ in range(int(rng.integers(5, 40))):
        count = int(rng.integers(1, 60))
        if is_gan:
            told += gan_steps(step, count, seconds=step / 100)
        names = [name for name in ("loss", "lr", "val_loss", "名前") if rng.random() < 0.7]
        if names or not is_gan:
            series = {
                name: np.where(rng.random(count) < 0.8, rng.normal(size=count), np.nan).astype(
                    np.float32
                )
                for name in names or ["loss"]
            }
            told.append(logged(step, series, seconds=step / 100))
        step += count
        kind = rng.integers(6)
        if kind == 0:
            told += [
                events.Paused(time=START, step=step - 1),
                events.Unpaused(time=START, step=step - 1),
            ]
        elif kind == 1:
            told.append(recorded_runs.drawn(step - 1))
        elif kind == 2:
            step += int(rng.integers(1, 50))
    return told


def _screen_of(buffer: EventBuffer) -> RunState:
    state = CatchingUp(lambda: 0.0).take(RunState(), buffer.earlier())
    return reduce(apply, buffer.drain(), state)


def _in_time(told: list[Event]) -> list[Event]:
    seconds = itertools.count()
    return [replace(event, time=START + next(seconds)) for event in told]


@pytest.mark.parametrize("seed", range(12))
def test_whoever_comes_late_sees_what_a_screen_from_the_beginning_sees(
    seed: int, tmp_path: Path
) -> None:
    told = _in_time(_happening(np.random.default_rng(seed)))
    run = recorded_runs.write_run(tmp_path / "run", told, ended=False)
    told = [recorded_runs.in_run(event, run) for event in told]
    live = reduce(apply, told, RunState())
    late, buffer = RunLog(run), EventBuffer()

    buffer.show_anew(late.read().events)

    assert everything(_screen_of(buffer)) == everything(live)


@pytest.mark.parametrize("seed", range(6))
def test_so_it_is_for_one_that_follows_and_for_one_whose_events_wait(
    seed: int, run: RunDirectory
) -> None:
    rng = np.random.default_rng(seed)
    told = _in_time(_happening(rng))
    told = [recorded_runs.in_run(event, run) for event in told]
    writer, log = EventWriter([].append), RunLog(run)
    writer.open(run, cut_at=None)
    buffer, followed, progress = EventBuffer(), RunState(), RunProgress()
    for event in told:
        progress = progressed(progress, event)
        writer.add(event, progress)
        writer.write_all()
        if rng.random() < 0.3:
            followed = _followed(log, buffer, followed)
    followed = _followed(log, buffer, followed)
    writer.close()

    live = reduce(apply, told, RunState())
    waited = reduce(apply, condensed(told), RunState())
    assert everything(followed) == everything(live)
    assert all_values(waited.series) == all_values(live.series)
    assert waited.progress.series == pytest.approx(live.progress.series, nan_ok=True)


def _followed(log: RunLog, buffer: EventBuffer, state: RunState) -> RunState:
    reading = log.read()
    if reading.is_anew:
        buffer.show_anew(reading.events)
        return _screen_of(buffer)
    for event in reading.events:
        buffer(event)
    return reduce(apply, buffer.drain(), state)
