"""The folder of runs: what is tried, and what is said of disks that nobody here has."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gan.disk.file_system import Mount
from gan.doctor import disk_trial
from gan.doctor.disk_trial import (
    StorageFacts,
    existing,
    lock_exclusion,
    replacements,
    room_in,
    try_folder,
)
from gan.doctor.storage import ENOUGH_FOR_CACHE, cache_row, folder_row, rows

if TYPE_CHECKING:
    from gan.doctor.row import Row

GOOD: dict[str, Any] = {
    "folder": "/home/ann/runs",
    "mount": Mount("ext4", ("rw", "relatime")),
    "free": 50_000_000_000,
    "free_files": 1_000_000,
    "sync_seconds": 0.004,
    "replace_seconds": 0.0001,
    "reads": 800,
    "lock": "excludes",
}


def found(**facts: Any) -> dict[str, Row]:
    return {row.name: row for row in rows(StorageFacts(**GOOD | facts))}


def test_a_usual_disk_is_ok_throughout() -> None:
    assert {name: row.verdict for name, row in found().items()} == dict.fromkeys(
        ("runs folder", "file system", "fsync", "rename", "lock", "file clock"), "ok"
    )


def test_a_folder_that_can_not_be_written_to_fails_and_nothing_else_is_said() -> None:
    seen = found(error="Read-only file system")

    assert list(seen) == ["runs folder"]
    assert seen["runs folder"].verdict == "fail"
    assert seen["runs folder"].text == "/home/ann/runs: Read-only file system"


@pytest.mark.parametrize(
    ("free", "verdict"), [(3_000_000_000, "ok"), (500_000_000, "warn"), (20_000_000, "fail")]
)
def test_little_room_is_named(free: int, verdict: str) -> None:
    seen = found(free=free)["runs folder"]

    assert seen.verdict == verdict
    assert seen.fix == ("" if verdict == "ok" else "du -xh /home/ann/runs | sort -h | tail")


def test_a_disk_without_room_for_files_is_named() -> None:
    assert "for 12 files only" in found(free_files=12)["runs folder"].text
    assert found(free_files=None)["runs folder"].verdict == "ok"


def test_a_cache_needs_less_room() -> None:
    facts = StorageFacts(**GOOD | {"free": 500_000_000})
    assert folder_row("cache", facts, ENOUGH_FOR_CACHE).verdict == "ok"


def test_a_shared_file_system_is_named_as_such() -> None:
    seen = found(mount=Mount("nfs4", ("rw", "vers=4.2", "local_lock=none")))

    assert seen["file system"].text == "nfs4, may be shared with other machines"
    assert seen["lock"].verdict == "ok"


@pytest.mark.parametrize("option", ["nolock", "local_lock=all", "local_lock=flock"])
def test_locks_that_hold_on_one_machine_are_told_from_the_mount(option: str) -> None:
    seen = found(mount=Mount("nfs", ("rw", "vers=3", option)))["lock"]

    assert seen.verdict == "warn"
    assert option in seen.text
    assert "claim/" in seen.fix


@pytest.mark.parametrize(
    ("lock", "words"),
    [
        ("both hold it", "two processes hold one lock"),
        ("unsupported", "has none (No locks available)"),
        ("unknown", "not known: No locks available"),
    ],
)
def test_a_lock_that_does_not_exclude_leaves_the_claim(lock: str, words: str) -> None:
    seen = found(lock=lock, lock_error="No locks available")["lock"]

    assert seen.verdict == "warn"
    assert words in seen.text
    assert "claim/" in seen.fix


def test_slow_and_torn_writes_and_a_wrong_clock_are_warned_of() -> None:
    assert found(sync_seconds=0.6)["fsync"].verdict == "warn"
    assert found(replace_seconds=0.6)["rename"].verdict == "warn"
    assert "3 of 800 reads" in found(broken_reads=3)["rename"].text
    ahead = found(skew_seconds=90.0)["file clock"]
    assert ahead.text.startswith("1 min 30 s ahead of")
    assert ahead.fix == "sudo timedatectl set-ntp true"
    assert "behind" in found(skew_seconds=-3.0)["file clock"].text


def test_a_real_folder_is_tried_and_left_as_it_was(tmp_path: Path) -> None:
    facts = try_folder(tmp_path / "runs" / "deep")

    assert facts.folder == str(tmp_path)
    assert facts.error == ""
    assert facts.lock == "excludes"
    assert facts.broken_reads == 0
    assert facts.reads > 0
    assert facts.sync_seconds > 0
    assert abs(facts.skew_seconds) < 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_real_folder_without_permission_is_an_error_in_words(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert try_folder(tmp_path).error == "Permission denied"
    assert room_in(tmp_path).error == "Permission denied"


def test_a_folder_that_may_not_be_looked_into_is_an_error_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: object, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_dir", refuse)
    monkeypatch.setattr(os, "open", refuse)

    assert existing(tmp_path / "none") == tmp_path
    assert try_folder(tmp_path / "none").error == "Permission denied"


def test_a_folder_in_which_nothing_can_be_made_is_an_error_in_words() -> None:
    facts = try_folder(Path("/proc/self"))

    assert facts.error
    assert facts.mount.type == "proc"


def test_the_nearest_folder_that_exists_is_taken(tmp_path: Path) -> None:
    assert existing(tmp_path / "a" / ".." / "b" / "c") == tmp_path
    assert room_in(tmp_path / "cache").folder == str(tmp_path)


def test_two_processes_that_both_get_the_lock_are_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where each machine, or each container, has locks of its own."""
    monkeypatch.setattr(fcntl, "flock", lambda *_: None)

    assert lock_exclusion(tmp_path / "lock") == ("both hold it", "")


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("print(37)", ("unsupported", os.strerror(37))),
        ("print(11)", ("unknown", "somebody else holds the new lock")),
        ("raise SystemExit(1)", ("unknown", "the file system gave no answer")),
    ],
    ids=["no-locks", "taken", "dies"],
)
def test_a_second_process_without_the_lock_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, expected: tuple[str, str]
) -> None:
    monkeypatch.setattr(disk_trial, "_HOLDER", program)

    assert lock_exclusion(tmp_path / "lock") == expected


def test_a_file_server_that_never_answers_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk_trial, "_HOLDER", "import time; time.sleep(60)")
    monkeypatch.setattr(disk_trial, "_CHILD_SECONDS", 0.3)

    assert lock_exclusion(tmp_path / "lock") == ("unknown", "the file system gave no answer")


def test_a_replacement_that_leaves_a_gap_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def in_two_steps(source: Path, target: Path) -> None:
        content = source.read_bytes()
        target.write_bytes(content[:4000])
        target.write_bytes(content)

    monkeypatch.setattr(Path, "replace", in_two_steps)

    assert sum(replacements(tmp_path)[0] for _ in range(5)) > 0


def test_a_file_in_the_place_of_the_folder_fails(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("nowhere")

    for folder in (tmp_path / "file", tmp_path / "file" / "runs", tmp_path / "link"):
        for facts in (try_folder(folder), room_in(folder)):
            assert facts.error == "Not a directory"
            assert Path(facts.folder).name in ("file", "link")


@pytest.mark.parametrize("facts", [{"error": "Permission denied"}, {"free": 20_000_000}])
def test_a_cache_that_can_not_be_kept_stops_nothing(facts: dict[str, Any]) -> None:
    assert cache_row(StorageFacts(**GOOD | facts)).verdict == "warn"


def test_the_place_of_the_cache_is_not_an_option_of_the_runs() -> None:
    row = cache_row(StorageFacts(**GOOD | {"error": "Permission denied"}))

    assert row.text == "/home/ann/runs: Permission denied; nothing is kept"
    assert row.fix == "export XDG_CACHE_HOME=FOLDER"
