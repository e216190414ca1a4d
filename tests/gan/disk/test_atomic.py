"""A file is the old one or the new one."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from gan.disk import atomic
from gan.errors import StorageError


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_the_new_content_replaces_the_old_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "status.json"

    atomic.write_bytes(path, b"a long first version")
    atomic.write_bytes(path, b"second")

    assert path.read_bytes() == b"second"
    assert names(tmp_path) == ["status.json"]


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    atomic.write_bytes(tmp_path / "x", b"1")

    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o600


@pytest.mark.parametrize("failing", ["write", "fsync", "replace"])
def test_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"old")

    def fail(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path if failing == "replace" else os, failing, fail)
    with pytest.raises(StorageError, match="No space left on device"):
        atomic.write_bytes(path, b"new")

    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["x"]


def test_content_name_and_order_reach_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The content before its name, and the name before the call returns."""
    done: list[str] = []
    real_fsync, real_replace = os.fsync, os.replace

    def fsync(descriptor: int) -> None:
        done.append("sync folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "sync file")
        real_fsync(descriptor)

    def replace(source: Path, target: Path) -> None:
        done.append("rename")
        real_replace(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr("pathlib.Path.replace", replace)

    atomic.write_bytes(tmp_path / "x", b"1")

    assert done == ["sync file", "rename", "sync folder"]


def test_what_need_not_be_durable_waits_for_no_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", pytest.fail)

    atomic.write_bytes(tmp_path / "x", b"1", durable=False)

    assert (tmp_path / "x").read_bytes() == b"1"


def test_a_missing_folder_is_a_storage_error_that_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"cannot write .*gone/x: No such file or directory"):
        atomic.write_bytes(tmp_path / "gone" / "x", b"1")


def test_data_larger_than_one_system_call_is_written_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real_write(fd, data[:3]))

    atomic.write_bytes(tmp_path / "x", b"0123456789")

    assert (tmp_path / "x").read_bytes() == b"0123456789"


def test_write_new_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"old")

    with pytest.raises(FileExistsError):
        atomic.write_new(tmp_path / "x", b"new")

    assert (tmp_path / "x").read_bytes() == b"old"


@pytest.mark.parametrize(("code", "raises"), [(errno.EINVAL, False), (errno.EIO, True)])
def test_a_file_system_that_cannot_sync_folders_is_no_error_but_a_broken_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, code: int, raises: bool
) -> None:
    def fail(_: int) -> None:
        raise OSError(code, "refused")

    monkeypatch.setattr(os, "fsync", fail)
    if raises:
        with pytest.raises(OSError, match="refused"):
            atomic.fsync_directory(tmp_path)
    else:
        atomic.fsync_directory(tmp_path)
