"""The log is deleted, replaced or moved away from under its writer."""

from __future__ import annotations

import errno
import shutil
import stat
from typing import TYPE_CHECKING

import pytest

from gan import events
from gan.disk.os_errors import error_number
from gan.errors import StorageError
from gan.run.creation import create_run
from gan.run.event_log import CHECK_SECONDS, EventLog
from gan.run.follower import read_events

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gan.run.directory import RunDirectory


class FakeClock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def note(text: str) -> events.Noted:
    return events.Noted(time=1.0, text=text)


def refuse_full(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def log(run: RunDirectory, clock: FakeClock) -> Iterator[EventLog]:
    log = EventLog(run, clock)
    log.append(note("first"))
    yield log
    log.close()


def test_a_deleted_log_is_whole_again_within_a_second_and_it_is_told(
    run: RunDirectory, log: EventLog, clock: FakeClock
) -> None:
    run.log_path.chmod(0o640)
    run.log_path.unlink()
    assert log.append(note("second")) == ""

    clock.now += CHECK_SECONDS
    warning = log.append(note("third"))

    assert warning == "events.jsonl was deleted during the run; it has been restored."
    assert read_events(run) == [note("first"), note("second"), note("third")]
    assert stat.S_IMODE(run.log_path.stat().st_mode) == 0o640
    assert log.offset == run.log_path.stat().st_size


def test_a_log_that_was_put_back_is_written_to(
    run: RunDirectory, log: EventLog, clock: FakeClock
) -> None:
    for text in ("second", "third"):
        run.log_path.unlink()
        clock.now += CHECK_SECONDS
        assert log.append(note(text))

    assert log.append(note("fourth")) == ""
    assert read_events(run) == [note(text) for text in ("first", "second", "third", "fourth")]
    assert {path.name for path in run.path.glob("events*")} == {"events.jsonl"}


@pytest.mark.parametrize("how", ["file", "link"])
def test_what_took_its_place_is_kept_beside_it(run: RunDirectory, log: EventLog, how: str) -> None:
    run.log_path.unlink()
    if how == "file":
        run.log_path.write_bytes(b"of an editor")
    else:
        run.log_path.symlink_to("elsewhere")

    warning = log.sync()

    kept = run.path / "events.jsonl.replaced-1"
    assert kept.is_symlink() if how == "link" else kept.read_bytes() == b"of an editor"
    assert "kept as events.jsonl.replaced-1" in warning
    assert read_events(run) == [note("first")]


def test_a_checkpoint_waits_for_a_log_that_others_can_read(
    run: RunDirectory, log: EventLog
) -> None:
    run.log_path.unlink()

    assert log.sync()

    assert log.offset == run.log_path.stat().st_size


def test_a_folder_that_is_renamed_is_followed(
    run: RunDirectory, log: EventLog, clock: FakeClock
) -> None:
    former, moved = run.path, run.path.with_name("moved")
    former.rename(moved)
    clock.now += CHECK_SECONDS

    assert log.append(note("second")) == ""

    assert run.path == moved
    assert read_events(run) == [note("first"), note("second")]
    assert not former.exists()


def test_a_folder_that_is_renamed_back_is_followed_too(
    run: RunDirectory, log: EventLog, clock: FakeClock
) -> None:
    former, moved = run.path, run.path.with_name("moved")
    for source, target in ((former, moved), (moved, former)):
        source.rename(target)
        clock.now += CHECK_SECONDS
        log.append(note("again"))

    assert run.path == former
    assert read_events(run) == [note("first"), note("again"), note("again")]


def test_a_folder_that_is_deleted_is_made_again_with_all_of_the_log(
    run: RunDirectory, log: EventLog, clock: FakeClock
) -> None:
    run.config_path.write_bytes(b"{}")
    log.check_in_place()
    shutil.rmtree(run.path)
    clock.now += CHECK_SECONDS

    warning = log.append(note("second"))

    assert f"the run's folder {run.path} was deleted during the run" in warning
    assert "samples, checkpoints, mailbox, leases: deleted during the run; made again." in warning
    assert run.config_path.read_bytes() == b"{}"
    assert read_events(run) == [note("first"), note("second")]


def test_a_folder_is_not_made_again_where_another_one_is(
    run: RunDirectory, log: EventLog, clock: FakeClock
) -> None:
    shutil.rmtree(run.path)
    create_run(run.path)
    clock.now += CHECK_SECONDS

    for _ in range(2):
        with pytest.raises(StorageError, match="another one that isn't empty") as raised:
            log.append(note("lost"))

    assert error_number(raised.value) == errno.ENOENT
    assert not run.log_path.exists()


def test_a_folder_is_not_made_again_on_another_disk(
    run: RunDirectory, log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When a disk is unmounted, the folder that it was mounted on is empty."""
    shutil.rmtree(run.path)
    monkeypatch.setattr("gan.run.place._device", lambda _path: -1)

    with pytest.raises(StorageError, match="the run's folder is missing"):
        log.check_in_place()

    assert not run.path.exists()


def test_a_log_that_cannot_be_put_back_leaves_nothing_half_there_and_is_tried_again(
    run: RunDirectory, log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.log_path.unlink()
    for failing in ("os.fsync", "pathlib.Path.rename"):
        with monkeypatch.context() as patched:
            patched.setattr(failing, refuse_full)
            with pytest.raises(StorageError, match="No space left on device"):
                log.check_in_place()
        assert not list(run.path.glob("events*"))

    assert log.check_in_place()
    assert read_events(run) == [note("first")]


def test_looking_costs_nothing_between_seconds(
    log: EventLog, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[object] = []

    def look(*where: object) -> bool:
        looks.append(where)
        return True

    monkeypatch.setattr("gan.run.event_log.is_in_place", look)

    for _ in range(100):
        clock.now += CHECK_SECONDS / 50
        log.append(note("again"))

    assert 1 <= len(looks) <= 2
