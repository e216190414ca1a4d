"""The log of a run: whole lines, one writer, and nothing that was cut is lost."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import pytest

from gan import events
from gan.disk.os_errors import error_number
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


def steps(first_step: int) -> Event:
    one = np.ones(1, np.float32)
    return events.StepsCompleted(
        time=1.0,
        first_step=first_step,
        d_loss=one,
        g_loss=one,
        real_score=one,
        fake_score=one,
        train_seconds=1.0,
        steps_per_execution=1,
    )


def samples(path: str | None) -> Event:
    return events.SamplesDrawn(time=1.0, step=1, images=np.zeros((16, 28, 28), np.uint8), path=path)


def test_what_is_appended_can_be_read_at_once(run: RunDirectory, log: EventLog) -> None:
    log.append(note("first"))
    log.append(note("second"))

    assert read_events(run) == [note("first"), note("second")]
    assert log.offset == run.log_path.stat().st_size


def test_glances_are_not_logged(run: RunDirectory, log: EventLog) -> None:
    progress = events.ProgressMade(time=1.0, what="x", done=1, total=2, unit="images")

    frames = np.zeros((2, 16, 28, 28), np.uint8)
    log.append(progress)
    log.append(samples(None))
    log.append(events.LatentsInterpolated(time=1.0, step=1, frames=frames))

    assert run.log_path.read_bytes() == b""
    assert not is_logged(progress)
    assert is_logged(samples("samples/000001.png"))
    assert is_logged(note("x"))
    assert is_logged(events.AlertRaised(time=1.0, step=1, name="d_loss_near_zero", message="x"))


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

    @pytest.mark.parametrize("go_on", ["append", "sync"])
    def test_a_line_that_cannot_be_taken_back_at_once_is_taken_back_later(
        self, run: RunDirectory, log: EventLog, monkeypatch: pytest.MonkeyPatch, go_on: str
    ) -> None:
        """A checkpoint keeps the log's length: no half line may be in it."""
        log.append(note("before"))
        whole = run.log_path.read_bytes()
        with monkeypatch.context() as patched:
            patched.setattr(os, "write", half_then_full())
            patched.setattr(log, "_file", CannotCut(log._file))
            with pytest.raises(StorageError, match="No space left on device"):
                log.append(note("torn"))
        assert len(run.log_path.read_bytes()) > len(whole)

        if go_on == "sync":
            log.sync()
            assert log.offset == len(whole)
        log.append(note("after"))

        assert read_events(run) == [note("before"), note("after")]

    @pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO])
    def test_the_caller_can_tell_what_the_disk_said(
        self, log: EventLog, monkeypatch: pytest.MonkeyPatch, code: int
    ) -> None:
        def refuse(*_: object) -> int:
            raise OSError(code, os.strerror(code))

        monkeypatch.setattr(os, "write", refuse)
        with pytest.raises(StorageError, match=os.strerror(code)) as raised:
            log.append(note("lost"))

        assert error_number(raised.value) == code


class TestCutBack:
    def test_what_is_cut_is_kept_beside_the_log(self, run: RunDirectory, log: EventLog) -> None:
        log.append(note("kept"))
        offset = log.offset
        log.append(steps(1))
        whole = run.log_path.read_bytes()
        run.log_path.chmod(0o640)

        beside = log.cut_back(offset)

        assert beside == run.path / "events.jsonl.cut-1"
        assert beside.read_bytes() == whole[offset:]
        assert run.log_path.read_bytes() == whole[:offset]
        assert stat.S_IMODE(beside.stat().st_mode) == 0o640

    def test_the_mere_end_of_a_run_is_not_worth_keeping(
        self, run: RunDirectory, log: EventLog
    ) -> None:
        """Every resume of a finished run cuts one off."""
        log.append(steps(1))
        offset = log.offset
        log.append(note("finished"))

        assert log.cut_back(offset) is None
        assert log.offset == offset
        assert not list(run.path.glob("*.cut-*"))

    def test_the_next_event_follows_the_cut(self, run: RunDirectory, log: EventLog) -> None:
        log.append(note("kept"))
        offset = log.offset
        log.append(note("a long line that is cut"))
        log.cut_back(offset)

        log.append(note("next"))

        assert read_events(run) == [note("kept"), note("next")]

    def test_an_earlier_cut_is_not_overwritten(self, run: RunDirectory, log: EventLog) -> None:
        for first_step in (101, 202):
            log.append(steps(first_step))
            log.cut_back(0)

        assert b"101" in (run.path / "events.jsonl.cut-1").read_bytes()
        assert b"202" in (run.path / "events.jsonl.cut-2").read_bytes()

    @pytest.mark.parametrize("past", [0, 1000])
    def test_with_nothing_to_cut_nothing_happens(
        self, run: RunDirectory, log: EventLog, past: int
    ) -> None:
        log.append(note("kept"))

        assert log.cut_back(log.offset + past) is None
        assert read_events(run) == [note("kept")]
        assert not list(run.path.glob("*.cut-*"))

    def test_the_copy_and_its_name_are_on_disk_before_the_log_is_cut(
        self, log: EventLog, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        log.append(steps(1))
        whole = log.offset
        synced: list[tuple[str, int]] = []

        def sync(descriptor: int) -> None:
            is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
            synced.append(("folder" if is_folder else "file", log.offset))

        monkeypatch.setattr(os, "fsync", sync)
        log.cut_back(0)

        assert synced == [("file", whole), ("folder", whole), ("file", 0)]

    def test_a_disk_that_refuses_the_copy_leaves_the_log_whole(
        self, run: RunDirectory, log: EventLog, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        log.append(steps(1))
        before = run.log_path.read_bytes()

        def fail(_: int) -> None:
            raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(StorageError):
            log.cut_back(0)

        assert run.log_path.read_bytes() == before
        assert not list(run.path.glob("*.cut-*"))

    def test_a_cut_inside_a_line_leaves_a_line_of_its_own(
        self, run: RunDirectory, log: EventLog
    ) -> None:
        log.append(note("damaged"))
        log.cut_back(10)

        log.append(note("after"))

        assert read_events(run)[-1] == note("after")


def test_sync_waits_for_the_disk(log: EventLog, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_ino))

    log.sync()

    assert synced == [os.fstat(log._file.fileno()).st_ino]


def test_closing_twice_is_closing_once(run: RunDirectory) -> None:
    before = open_descriptors()
    log = EventLog(run)

    log.close()
    log.close()

    assert open_descriptors() == before


def test_a_log_that_cannot_be_opened_leaves_nothing_open(run: RunDirectory) -> None:
    run.log_path.mkdir()
    before = open_descriptors()

    with pytest.raises(StorageError, match="Is a directory"):
        EventLog(run)

    assert open_descriptors() == before


def test_a_link_in_place_of_the_log_is_refused(run: RunDirectory) -> None:
    run.log_path.symlink_to(run.path / "elsewhere")

    with pytest.raises(StorageError, match="cannot open"):
        EventLog(run)


def open_descriptors() -> int:
    return len(list(Path("/dev/fd").iterdir()))


class CannotCut:
    """A file that cannot be made shorter."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def fileno(self) -> int:
        return self._file.fileno()

    def truncate(self, _: int) -> int:
        raise OSError(errno.EIO, "Input/output error")


def half_then_full() -> object:
    """A write that takes half of what it is given, and then finds the disk full."""
    real_write, calls = os.write, []

    def write(descriptor: int, data: bytes) -> int:
        calls.append(data)
        if len(calls) > 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real_write(descriptor, data[: len(data) // 2])

    return write
