"""A file that a person has named: nothing else is lost for it, and it is whole or not there."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from gan.errors import StorageError, UsageError
from gan.export.destination import require_free, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def test_a_file_is_its_pieces(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    assert write_whole(path, [b"one ", b"two"], force=False) == path
    assert path.read_bytes() == b"one two"


def test_a_file_that_exists_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"mine")
    with pytest.raises(UsageError, match=r"a\.csv exists\. Replace it with --force"):
        write_whole(path, [b"new"], force=False)
    assert path.read_bytes() == b"mine"


def test_force_replaces_it_and_keeps_who_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"mine")
    path.chmod(0o640)
    write_whole(path, [b"new"], force=True)
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_force_replaces_a_link_and_not_what_it_leads_to(tmp_path: Path) -> None:
    target, path = tmp_path / "target", tmp_path / "a.csv"
    target.write_bytes(b"mine")
    path.symlink_to(target)
    write_whole(path, [b"new"], force=True)
    assert (target.read_bytes(), path.read_bytes()) == (b"mine", b"new")


def test_a_link_that_leads_nowhere_exists_too(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.symlink_to(tmp_path / "gone")
    with pytest.raises(UsageError, match="exists"):
        require_free(path, force=False)


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_or_a_pipe_is_never_replaced(tmp_path: Path, *, force: bool) -> None:
    folder, pipe = tmp_path / "folder.csv", tmp_path / "pipe.csv"
    folder.mkdir()
    os.mkfifo(pipe)
    with pytest.raises(UsageError, match=r"folder\.csv is a folder, expected the path of a file"):
        require_free(folder, force=force)
    with pytest.raises(UsageError, match=r"pipe\.csv is a pipe or a socket, expected"):
        require_free(pipe, force=force)


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"there is no folder {tmp_path}/out. Make it first"):
        require_free(tmp_path / "out" / "a.csv", force=False)


def test_what_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise StorageError("cannot read events.jsonl: input/output error.")

    with pytest.raises(StorageError, match=r"cannot read events\.jsonl"):
        write_whole(tmp_path / "a.csv", broken(), force=False)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_of_it_is_removed(tmp_path: Path, gone_pid: int) -> None:
    left, at_work = (tmp_path / f".a.csv.tmp-{pid}-0a1b2c3d" for pid in (gone_pid, os.getpid()))
    other = tmp_path / f".b.csv.tmp-{gone_pid}-0a1b2c3d"
    for path in (left, at_work, other):
        path.write_bytes(b"half")
    write_whole(tmp_path / "a.csv", [b"new"], force=False)
    assert sorted(tmp_path.iterdir()) == sorted([at_work, other, tmp_path / "a.csv"])


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_new_file_is_as_readable_as_the_umask_says(tmp_path: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        write_whole(tmp_path / "a.csv", [b""], force=False)
        assert os.umask(umask) == umask
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.csv").stat().st_mode) == mode
