"""The reader of a log: no event is lost or repeated, and damage isn't fatal."""

from __future__ import annotations

import itertools
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gan import events
from gan.errors import StorageError
from gan.run import event_json
from gan.run import follower as follower_module
from gan.run.event_log import EventLog
from gan.run.follower import Follower, read_events

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gan.events import Event
    from gan.run.directory import RunDirectory


def note(number: int) -> events.Noted:
    return events.Noted(time=float(number), text=f"note {number}")


def lines(numbers: Sequence[int]) -> bytes:
    return b"".join(event_json.to_line(note(number)).encode() + b"\n" for number in numbers)


def append(run: RunDirectory, data: bytes) -> None:
    with run.log_path.open("ab") as file:
        file.write(data)


def test_each_call_continues_where_the_last_one_ended(run: RunDirectory) -> None:
    follower = Follower(run)
    seen = []
    for number in range(3):
        append(run, lines([number]))
        seen.append(follower.poll())

    assert seen == [[note(0)], [note(1)], [note(2)]]
    assert follower.poll() == []
    assert follower.offset == run.log_path.stat().st_size


def test_without_a_log_there_are_no_events(run: RunDirectory) -> None:
    assert Follower(run).poll() == []
    assert read_events(run) == []


def test_a_torn_line_is_neither_lost_nor_fatal(run: RunDirectory) -> None:
    follower = Follower(run)
    whole = lines([1, 2])
    append(run, whole[:-7])
    assert follower.poll() == [note(1)]
    assert follower.poll() == []

    append(run, whole[-7:])

    assert follower.poll() == [note(2)]


@given(cuts=st.lists(st.integers(0, 400), max_size=8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_the_bytes_arrive_the_events_are_the_same(
    run: RunDirectory, cuts: list[int]
) -> None:
    run.log_path.write_bytes(b"")
    whole = lines(range(5))
    edges = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
    follower = Follower(run)

    seen: list[Event] = []
    for start, end in itertools.pairwise(edges):
        append(run, whole[start:end])
        seen += follower.poll()

    assert seen == [note(number) for number in range(5)]


@pytest.mark.parametrize(
    "bad", [b"garbage", b"", b'{"event":"Melted"}', b"\xff\r\x00", b"[" * 9999]
)
def test_a_line_that_is_not_an_event_becomes_a_warning(run: RunDirectory, bad: bytes) -> None:
    append(run, lines([1]) + bad + b"\n" + lines([2]))

    first, warning, second = read_events(run)

    assert (first, second) == (note(1), note(2))
    assert isinstance(warning, events.Noted)
    assert warning.warning
    assert warning.time == 1.0
    assert f"the line at byte {len(lines([1]))} is not an event" in warning.text


class TestCut:
    """A resumed run truncates its log to its checkpoint while it is being followed."""

    def test_a_truncated_log_continues_after_the_cut(self, run: RunDirectory) -> None:
        append(run, lines(range(10)))
        follower = Follower(run)
        follower.poll()

        os.truncate(run.log_path, len(lines(range(4))))
        assert follower.poll() == []
        append(run, lines([100, 101]))

        assert follower.poll() == [note(100), note(101)]

    def test_a_truncated_log_that_has_grown_gives_all_new_events(self, run: RunDirectory) -> None:
        append(run, lines(range(10)))
        follower = Follower(run)
        follower.poll()

        os.truncate(run.log_path, len(lines(range(4))))
        append(run, lines([100]))

        assert follower.poll() == [note(100)]

    def test_a_truncated_log_that_is_longer_than_before_is_noticed(self, run: RunDirectory) -> None:
        append(run, lines(range(10)))
        follower = Follower(run)
        follower.poll()

        os.truncate(run.log_path, len(lines(range(4))))
        append(run, lines(range(100, 120)))

        assert follower.poll() == [note(number) for number in range(100, 120)]

    def test_a_truncated_log_of_the_same_size_is_noticed(self, run: RunDirectory) -> None:
        append(run, lines(range(10)))
        follower = Follower(run)
        follower.poll()

        os.truncate(run.log_path, len(lines(range(8))))
        append(run, lines([3, 4]))
        os.utime(run.log_path, ns=(0, 0))

        assert follower.poll() == [note(3), note(4)]

    @pytest.mark.parametrize("remaining", range(11))
    def test_wherever_the_cut_is_nothing_is_lost_or_repeated(
        self, run: RunDirectory, remaining: int
    ) -> None:
        append(run, lines(range(10)))
        follower = Follower(run)
        follower.poll()

        os.truncate(run.log_path, len(lines(range(remaining))))
        append(run, lines([50, 51]))

        assert follower.poll() == [note(50), note(51)]

    def test_an_emptied_log_is_read_from_its_beginning(self, run: RunDirectory) -> None:
        append(run, lines(range(3)))
        follower = Follower(run)
        follower.poll()

        os.truncate(run.log_path, 0)
        append(run, lines([7]))

        assert follower.poll() == [note(7)]

    def test_a_cut_by_the_event_log_is_followed(self, run: RunDirectory) -> None:
        log = EventLog(run)
        log.append(note(1))
        offset = log.offset
        log.append(note(2))
        follower = Follower(run)
        assert follower.poll() == [note(1), note(2)]

        log.cut_back(offset)
        log.append(note(3))
        log.close()

        assert follower.poll() == [note(3)]


def test_a_long_log_is_read_in_pieces(run: RunDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower_module, "_PIECE", 200)
    append(run, lines(range(50)))

    assert len(Follower(run).poll()) < 10
    assert read_events(run) == [note(number) for number in range(50)]


def test_a_line_longer_than_a_piece_is_read_whole(
    run: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower_module, "_PIECE", 8)
    append(run, lines([1]))

    assert Follower(run).poll() == [note(1)]


def test_a_log_that_cannot_be_read_is_a_storage_error(run: RunDirectory) -> None:
    run.log_path.mkdir()

    with pytest.raises(StorageError, match=r"cannot read .*events\.jsonl"):
        Follower(run).poll()
