"""The log is cut, or written to, by something else while the run trains; and what a resume does."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan import events
from gan.errors import StorageError
from gan.run import event_json
from gan.run.coverage import Coverage, in_words
from gan.run.event_log import EventLog
from gan.run.follower import read_events
from gan.run.log_parts import end_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gan.run.directory import RunDirectory


def steps(first: int, count: int = 1) -> events.StepsCompleted:
    values = np.ones(count, np.float32)
    return events.StepsCompleted(
        time=1.0,
        first_step=first,
        d_loss=values,
        g_loss=values,
        real_score=values,
        fake_score=values,
        train_seconds=1.0,
        steps_per_execution=1,
    )


def first_steps(run: RunDirectory) -> list[int]:
    return [e.first_step for e in read_events(run) if isinstance(e, events.StepsCompleted)]


@pytest.fixture
def log(run: RunDirectory) -> Iterator[EventLog]:
    log = EventLog(run)
    for step in range(1, 6):
        log.append(steps(step))
    yield log
    log.close()


def test_a_log_that_is_cut_is_said_with_the_next_line(run: RunDirectory, log: EventLog) -> None:
    size = log.offset
    os.truncate(run.log_path, 0)

    warning = log.append(steps(6))

    assert f"events.jsonl was cut from {size:,} to 0 bytes during the run" in warning
    assert log.append(steps(7)) == ""
    assert first_steps(run) == [6, 7]


def test_a_log_that_is_cut_during_a_pause_is_said_at_the_next_look(
    run: RunDirectory, log: EventLog
) -> None:
    os.truncate(run.log_path, 10)

    assert "was cut from" in log.check_in_place()
    assert log.check_in_place() == ""


def test_a_line_after_a_cut_within_a_line_is_whole(run: RunDirectory, log: EventLog) -> None:
    os.truncate(run.log_path, log.offset - 7)

    log.append(steps(6))

    assert first_steps(run) == [1, 2, 3, 4, 6]


def test_what_something_else_writes_is_said(run: RunDirectory, log: EventLog) -> None:
    with run.log_path.open("ab") as other:
        other.write(b"hello")

    warning = log.append(steps(6))

    assert "events.jsonl grew by 5 bytes during the run that the run did not write" in warning
    assert first_steps(run) == [1, 2, 3, 4, 5, 6]


class TestTheEndOfAStep:
    """Where a log is cut back to when its run resumes from a checkpoint."""

    def test_it_is_the_offset_of_the_checkpoint(self, log: EventLog) -> None:
        offset = log.offset
        log.append(steps(6))

        assert end_of(log.path, 5, offset) == offset

    def test_after_a_cut_it_is_before_the_first_later_step(
        self, run: RunDirectory, log: EventLog
    ) -> None:
        offset = log.offset
        os.truncate(run.log_path, 0)
        log.append(events.Noted(time=1.0, text="still of step 5"))
        kept = log.offset
        for step in range(6, 20):
            log.append(steps(step))

        assert end_of(log.path, 5, offset) == kept

    def test_in_a_log_of_later_steps_only_it_is_the_beginning(
        self, run: RunDirectory, log: EventLog
    ) -> None:
        offset = log.offset
        os.truncate(run.log_path, 0)
        for step in range(6, 20):
            log.append(steps(step))

        assert end_of(log.path, 5, offset) == 0

    def test_a_shorter_log_ends_there_too(self, run: RunDirectory, log: EventLog) -> None:
        offset = log.offset
        os.truncate(run.log_path, 0)
        log.append(steps(6))

        assert end_of(log.path, 5, offset) == 0

    def test_it_is_not_within_a_line(self, run: RunDirectory, log: EventLog) -> None:
        offset = log.offset
        os.truncate(run.log_path, 0)
        log.append(events.Noted(time=1.0, text="x" * 10))
        start = log.offset
        log.append(events.Noted(time=1.0, text="y" * offset))

        assert end_of(log.path, 5, offset) == start

    def test_a_damaged_number_ends_nothing(self, run: RunDirectory, log: EventLog) -> None:
        log.append(steps(6))
        text = run.log_path.read_text().replace('"first_step":3', '"first_step":3000000000')
        run.log_path.write_text(text)
        log.check_in_place()

        assert end_of(log.path, 6, log.offset) == log.offset


class TestCoverage:
    def test_a_whole_log_lacks_nothing(self) -> None:
        coverage = Coverage(10)

        assert coverage.add(steps(1, 4))
        assert coverage.add(steps(5, 6))
        assert coverage.missing() == []

    def test_it_names_what_is_missing_wherever_that_is(self) -> None:
        coverage = Coverage(20)
        for event in (steps(3, 2), steps(8), steps(10, 5)):
            coverage.add(event)

        assert coverage.missing() == [(1, 2), (5, 7), (9, 9), (15, 20)]
        assert in_words(coverage.missing()) == "1 to 2, 5 to 7, 9, 15 to 20"

    @pytest.mark.parametrize("first", [0, 11, 41_000_000_000])
    def test_steps_that_the_run_has_not_made_are_refused(self, first: int) -> None:
        coverage = Coverage(10)

        assert not coverage.add(steps(first))
        assert coverage.missing() == [(1, 10)]

    def test_only_a_few_stretches_are_named(self) -> None:
        stretches = [(step, step) for step in range(1, 20, 2)]

        assert in_words(stretches) == "1, 3, 5, 7, 9, and 5 more stretches"


@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_a_log_that_is_no_file_is_refused_at_once(run: RunDirectory, kind: str) -> None:
    os.mkfifo(run.log_path) if kind == "pipe" else run.log_path.mkdir()

    with pytest.raises(StorageError, match=r"cannot open .*events\.jsonl"):
        EventLog(run)


def test_a_line_that_is_not_an_event_costs_no_other(run: RunDirectory) -> None:
    good = event_json.to_line(steps(1)).encode() + b"\n"
    run.log_path.write_bytes(good + b"\0" * 4096 + b"\n" + good)
    log = EventLog(run)

    assert end_of(log.path, 1, log.offset) == log.offset
    log.close()
