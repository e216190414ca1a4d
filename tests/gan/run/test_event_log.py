"""The log of a run: whole lines, one writer, and nothing that was cut is lost."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan import events
from gan.errors import StorageError
from gan.run.event_log import EventLog, is_logged
from gan.run.follower import read_events

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gan.events import Event
    from gan.run.directory import RunDirectory


@pytest.fixture
def log(run: RunDirectory) -> Iterator[EventLog]:
    log = EventLog(run)
    yield log
    log.close()


def note(text: str) -> events.Noted:
    return events.Noted(time=1.0, text=text)


def samples(path: str | None) -> Event:
    return events.SamplesDrawn(time=1.0, step=1, images=np.zeros((16, 28, 28), np.uint8), path=path)


def test_what_is_appended_can_be_read_at_once(run: RunDirectory, log: EventLog) -> None:
    log.append(note("first"))
    log.append(note("second"))

    assert read_events(run) == [note("first"), note("second")]
    assert log.offset == run.log_path.stat().st_size
    assert stat.S_IMODE(run.log_path.stat().st_mode) == 0o600


def test_glances_are_not_logged(run: RunDirectory, log: EventLog) -> None:
    progress = events.ProgressMade(time=1.0, what="x", done=1, total=2, unit="images")

    log.append(progress)
    log.append(samples(None))

    assert run.log_path.read_bytes() == b""
    assert not is_logged(progress)
    assert is_logged(samples("samples/000001.png"))
    assert is_logged(note("x"))


def test_a_second_writer_goes_on_at_the_end(run: RunDirectory, log: EventLog) -> None:
    log.append(note("first"))

    again = EventLog(run)
    again.append(note("second"))
    again.close()

    assert read_events(run) == [note("first"), note("second")]


def test_a_torn_last_line_does_not_swallow_the_next(run: RunDirectory) -> None:
    run.log_path.write_bytes(b'{"event":"Noted","ti')

    log = EventLog(run)
    log.append(note("after"))
    log.close()

    torn, after = read_events(run)
    assert isinstance(torn, events.Noted)
    assert torn.warning
    assert after == note("after")


def test_a_last_line_that_lacks_only_its_newline_is_kept(run: RunDirectory, log: EventLog) -> None:
    log.append(note("whole"))
    run.log_path.write_bytes(run.log_path.read_bytes()[:-1])

    EventLog(run).close()

    assert read_events(run) == [note("whole")]


class TestFullDisk:
    def test_a_line_that_does_not_fit_is_taken_back(
        self, run: RunDirectory, log: EventLog, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        log.append(note("before"))
        with monkeypatch.context() as patched:
            patched.setattr(os, "write", half_then_full())
            with pytest.raises(StorageError, match=r"cannot write .*events\.jsonl: No space left"):
                log.append(note("lost"))

        log.append(note("after"))

        assert read_events(run) == [note("before"), note("after")]

    def test_a_line_that_cannot_even_be_taken_back_stands_alone(
        self, run: RunDirectory, log: EventLog, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(_: int) -> int:
            raise OSError(errno.EIO, "Input/output error")

        class CannotCut:
            def __init__(self, file: object) -> None:
                self._file = file

            def fileno(self) -> int:
                return int(self._file.fileno())  # type: ignore[attr-defined]

            truncate = staticmethod(refuse)

        with monkeypatch.context() as patched:
            patched.setattr(os, "write", half_then_full())
            patched.setattr(log, "_file", CannotCut(log._file))
            with pytest.raises(StorageError):
                log.append(note("torn"))

        log.append(note("after"))

        torn, after = read_events(run)
        assert isinstance(torn, events.Noted)
        assert torn.warning
        assert after == note("after")


class TestCutBack:
    def test_what_is_cut_is_kept_beside_the_log(self, run: RunDirectory, log: EventLog) -> None:
        log.append(note("kept"))
        offset = log.offset
        log.append(note("cut"))
        whole = run.log_path.read_bytes()

        beside = log.cut_back(offset)

        assert beside == run.path / "events.jsonl.cut-1"
        assert beside.read_bytes() == whole[offset:]
        assert run.log_path.read_bytes() == whole[:offset]
        assert stat.S_IMODE(beside.stat().st_mode) == 0o600

    def test_the_next_event_follows_the_cut(self, run: RunDirectory, log: EventLog) -> None:
        log.append(note("kept"))
        offset = log.offset
        log.append(note("a long line that is cut"))
        log.cut_back(offset)

        log.append(note("next"))

        assert read_events(run) == [note("kept"), note("next")]

    def test_an_earlier_cut_is_not_overwritten(self, run: RunDirectory, log: EventLog) -> None:
        for text in ("one", "two"):
            log.append(note(text))
            log.cut_back(0)

        assert b"one" in (run.path / "events.jsonl.cut-1").read_bytes()
        assert b"two" in (run.path / "events.jsonl.cut-2").read_bytes()

    @pytest.mark.parametrize("past", [0, 1000])
    def test_with_nothing_to_cut_nothing_happens(
        self, run: RunDirectory, log: EventLog, past: int
    ) -> None:
        log.append(note("kept"))

        assert log.cut_back(log.offset + past) is None
        assert read_events(run) == [note("kept")]
        assert not list(run.path.glob("*.cut-*"))

    def test_the_copy_is_on_disk_before_the_log_is_cut(
        self, run: RunDirectory, log: EventLog, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        log.append(note("precious"))
        before = run.log_path.read_bytes()

        def fail(_: int) -> None:
            raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(StorageError):
            log.cut_back(0)

        assert run.log_path.read_bytes() == before

    def test_a_cut_inside_a_line_leaves_a_line_of_its_own(
        self, run: RunDirectory, log: EventLog
    ) -> None:
        log.append(note("damaged"))
        log.cut_back(10)

        log.append(note("after"))

        assert read_events(run)[-1] == note("after")


def test_sync_waits_for_the_disk(log: EventLog, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)

    log.sync()

    assert synced == [log._file.fileno()]


def test_a_link_in_place_of_the_log_is_refused(run: RunDirectory) -> None:
    run.log_path.symlink_to(run.path / "elsewhere")

    with pytest.raises(StorageError, match="cannot open"):
        EventLog(run)


def half_then_full() -> object:
    """A write that takes half of what it is given, and then finds the disk full."""
    real_write, calls = os.write, []

    def write(descriptor: int, data: bytes) -> int:
        calls.append(data)
        if len(calls) > 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real_write(descriptor, data[: len(data) // 2])

    return write
