"""Leases: previews for whoever watches, and for nobody else."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from gan.errors import StorageError
from gan.run.creation import create_run
from gan.run.leases import (
    EXPIRE_SECONDS,
    MAX_PREVIEW_SECONDS,
    MIN_PREVIEW_SECONDS,
    RENEW_SECONDS,
    Lease,
    Leases,
)

if TYPE_CHECKING:
    from pathlib import Path

    from gan.run.directory import RunDirectory


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return create_run(tmp_path / "run")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def leases(run: RunDirectory, clock: Clock) -> Leases:
    """Those of a run that nobody watched when it was looked at first."""
    made = Leases(run, clock)
    assert made.look() is None
    return made


def test_a_viewer_that_comes_is_seen_at_once(run: RunDirectory, leases: Leases) -> None:
    Lease(run, 0.5).renew()

    assert leases.look() == 0.5


def test_the_fastest_viewer_decides(run: RunDirectory, leases: Leases) -> None:
    for seconds in (1.0, 0.25, 2.0):
        Lease(run, seconds).renew()

    assert leases.look() == 0.25


def test_a_lease_that_is_renewed_lasts(run: RunDirectory, leases: Leases, clock: Clock) -> None:
    lease = Lease(run, 0.5)

    for _ in range(20):
        lease.renew()
        assert leases.look() == 0.5
        clock.now += RENEW_SECONDS


def test_one_that_is_not_renewed_expires_within_ten_seconds_and_is_removed(
    run: RunDirectory, leases: Leases, clock: Clock
) -> None:
    Lease(run, 0.5).renew()
    leases.look()

    clock.now += EXPIRE_SECONDS
    assert EXPIRE_SECONDS + RENEW_SECONDS < 10
    assert leases.look() is None
    assert list(run.leases_path.iterdir()) == []


def test_one_that_was_there_before_counts_once_it_changes(run: RunDirectory, clock: Clock) -> None:
    """It may be that of a viewer that was killed."""
    lease = Lease(run, 0.5)
    lease.renew()
    leases = Leases(run, clock)

    assert leases.look() is None
    clock.now += 1
    assert leases.look() is None
    lease.renew()
    assert leases.look() == 0.5


def test_a_viewer_that_leaves_takes_its_lease_along(run: RunDirectory, leases: Leases) -> None:
    lease = Lease(run, 0.5)
    lease.renew()
    leases.look()

    lease.release()
    lease.release()

    assert leases.look() is None


def test_the_end_of_a_run_leaves_no_lease(run: RunDirectory, leases: Leases) -> None:
    Lease(run, 0.5).renew()

    leases.clear()

    assert list(run.leases_path.iterdir()) == []


@pytest.mark.parametrize("what", ["look", "clear"])
def test_what_a_killed_viewer_was_writing_is_removed(
    run: RunDirectory, leases: Leases, what: str
) -> None:
    old = run.leases_path / ".7-ab.json.tmp-7-0123abcd"
    new = run.leases_path / ".8-ab.json.tmp-8-0123abcd"
    for path in (old, new):
        path.write_text("{")
    os.utime(old, (1e9, 1e9))

    getattr(leases, what)()

    assert list(run.leases_path.iterdir()) == [new]


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (1e-9, MIN_PREVIEW_SECONDS),
        (1e300, MAX_PREVIEW_SECONDS),
        ("0.5", 0.5),
        ("NaN", MAX_PREVIEW_SECONDS),
        (None, MAX_PREVIEW_SECONDS),
        ([], MAX_PREVIEW_SECONDS),
        (10**400, MAX_PREVIEW_SECONDS),
    ],
)
def test_nobody_gets_previews_more_often_than_training_bears(
    run: RunDirectory, leases: Leases, asked: object, given: float
) -> None:
    (run.leases_path / "1-a.json").write_text(json.dumps({"preview_seconds": asked}))

    assert leases.look() == given


@pytest.mark.parametrize("content", [b"", b"\xff", b"[1]", b"{" * 4000])
def test_what_is_no_lease_asks_for_the_least(
    run: RunDirectory, leases: Leases, content: bytes
) -> None:
    (run.leases_path / "1-a.json").write_bytes(content)

    assert leases.look() == MAX_PREVIEW_SECONDS


def test_a_folder_or_a_large_file_is_no_lease(run: RunDirectory, leases: Leases) -> None:
    (run.leases_path / "1-a.json").mkdir()
    (run.leases_path / "1-b.json").write_bytes(bytes(10_000))
    (run.leases_path / "1-c.json").symlink_to(run.lock_path)

    assert leases.look() is None


def test_without_the_folder_nobody_watches_and_nobody_can(
    run: RunDirectory, leases: Leases
) -> None:
    run.leases_path.rmdir()

    assert leases.look() is None
    with pytest.raises(StorageError):
        Lease(run, 0.5).renew()
