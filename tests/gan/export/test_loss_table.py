"""The losses in a log as CSV, for logs of any length and with any values."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan import events
from gan.errors import StorageError
from gan.export.loss_table import losses_csv
from gan.run.event_log import EventLog
from gan.run.follower import Follower
from tests.gan.data.making import memory_at_most

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gan.run.directory import RunDirectory


@pytest.fixture
def log(run: RunDirectory) -> Iterator[EventLog]:
    log = EventLog(run)
    yield log
    log.close()


def steps(first_step: int, *values: float) -> events.StepsCompleted:
    """Steps whose columns are different multiples of the values."""
    with np.errstate(all="ignore"):
        d_loss = np.array(values).astype(np.float32)
        return events.StepsCompleted(
            time=1.0,
            first_step=first_step,
            d_loss=d_loss,
            g_loss=2 * d_loss,
            real_score=3 * d_loss,
            fake_score=4 * d_loss,
            train_seconds=1.0,
            steps_per_execution=len(values),
        )


def table(run: RunDirectory) -> list[list[str]]:
    return list(csv.reader(io.StringIO("".join(losses_csv(run)))))


def test_every_step_is_a_line_in_order(run: RunDirectory, log: EventLog) -> None:
    for event in (
        events.Noted(time=1.0, text="a,b"),
        steps(1, 0.5, 1.5),
        events.Paused(time=1.0, step=2),
        steps(3, 2.5),
    ):
        log.append(event)

    assert table(run) == [
        ["step", "d_loss", "g_loss", "real_score", "fake_score"],
        ["1", "0.5", "1", "1.5", "2"],
        ["2", "1.5", "3", "4.5", "6"],
        ["3", "2.5", "5", "7.5", "10"],
    ]


def test_every_float32_can_be_read_back_to_the_bit(run: RunDirectory, log: EventLog) -> None:
    bits = np.random.default_rng(0).integers(0, 2**32, 5000, np.uint32)
    values = bits.view(np.float32)
    values = values[np.isfinite(values)]
    log.append(steps(1, *values.astype(np.float64)))

    parsed = np.array([float(row[1]) for row in table(run)[1:]]).astype(np.float32)

    np.testing.assert_array_equal(parsed.view(np.uint32), values.view(np.uint32))


def test_non_finite_values_are_words_that_programs_know(run: RunDirectory, log: EventLog) -> None:
    log.append(steps(1, np.nan, np.inf, -np.inf))

    assert [row[1] for row in table(run)[1:]] == ["nan", "inf", "-inf"]


@pytest.mark.parametrize("with_log", [False, True])
def test_a_run_without_steps_gives_only_the_header(
    run: RunDirectory, log: EventLog, *, with_log: bool
) -> None:
    if not with_log:
        log.close()
        run.log_path.unlink()

    assert len(table(run)) == 1


def test_a_long_log_takes_little_memory(
    run: RunDirectory, log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log is read in pieces that are as small, relative to this log, as in a real run."""
    monkeypatch.setattr("gan.run.follower._PIECE", 1 << 14)
    values = np.random.default_rng(0).normal(size=500)
    for first_step in range(1, 50_000, 500):
        log.append(steps(first_step, *values))

    size = 0
    with memory_at_most(run.log_path.stat().st_size // 4):
        for piece in losses_csv(run):
            size += len(piece)
    assert size > 1_000_000


def test_a_rollback_during_the_export_is_an_error(run: RunDirectory, log: EventLog) -> None:
    """Otherwise some steps would be in the table twice."""
    log.append(steps(1, 1.0))
    offset = log.offset
    log.append(steps(2, 2.0, 3.0))
    pieces = losses_csv(run)
    assert [next(pieces) for _ in range(3)][-1].startswith("2,2,")

    log.cut_back(offset)
    log.append(events.RolledBack(time=1.0, step=1, branch=1))
    log.append(steps(2, 9.0))

    with pytest.raises(StorageError, match=r"step 2 follows step 3\. Export it again"):
        list(pieces)


def test_an_earlier_rollback_does_not_matter(run: RunDirectory, log: EventLog) -> None:
    log.append(steps(1, 1.0))
    offset = log.offset
    log.append(steps(2, 2.0, 3.0))
    log.cut_back(offset)
    log.append(events.RolledBack(time=1.0, step=1, branch=1))
    log.append(steps(2, 9.0))

    assert [row[:2] for row in table(run)[1:]] == [["1", "1"], ["2", "9"]]


def test_a_damaged_line_loses_only_its_own_steps(run: RunDirectory, log: EventLog) -> None:
    log.append(steps(1, 1.0))
    with run.log_path.open("ab") as file:
        file.write(b'{"event":"StepsCompleted","time":1}\n')
    log.append(steps(3, 3.0))

    assert [row[0] for row in table(run)[1:]] == ["1", "3"]
    assert any(isinstance(event, events.Noted) for event in Follower(run).poll())
