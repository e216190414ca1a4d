"""Files are replaced as a whole, and those of other programs are read with care."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from gan.disk.files import (
    Files,
    free_bytes,
    fsync_directory,
    is_in_place,
    read_plain,
    replace_file,
    write_file,
    write_new,
)
from gan.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_the_new_content_replaces_the_old_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "status.json"

    write_file(path, b"a long first version")
    write_file(path, b"second")

    assert path.read_bytes() == b"second"
    assert names(tmp_path) == ["status.json"]


@pytest.mark.parametrize(
    ("folder", "file"), [(0o700, 0o600), (0o750, 0o640), (0o755, 0o644), (0o777, 0o644)]
)
def test_a_new_file_is_as_readable_as_its_folder(tmp_path: Path, folder: int, file: int) -> None:
    tmp_path.chmod(folder)

    write_file(tmp_path / "x", b"1")

    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == file


def test_outside_of_a_run_a_new_file_is_the_owners_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)

    replace_file(tmp_path / "x", [b"1"])

    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o600


def test_a_replaced_file_keeps_its_permissions(tmp_path: Path) -> None:
    write_file(tmp_path / "x", b"1")
    (tmp_path / "x").chmod(0o640)

    write_file(tmp_path / "x", b"2")

    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o640


def test_a_file_system_without_permissions_is_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    tmp_path.chmod(0o755)
    monkeypatch.setattr(os, "fchmod", refuse)
    monkeypatch.setattr("pathlib.Path.chmod", refuse)
    Files().make_directory(tmp_path / "a")
    write_file(tmp_path / "a" / "x", b"1")

    assert (tmp_path / "a" / "x").read_bytes() == b"1"


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
        write_file(path, b"new")

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

    write_file(tmp_path / "x", b"1")

    assert done == ["sync file", "rename", "sync folder"]


def test_what_need_not_be_durable_waits_for_no_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", pytest.fail)

    write_file(tmp_path / "x", b"1", durable=False)

    assert (tmp_path / "x").read_bytes() == b"1"


def test_a_missing_folder_is_a_storage_error_that_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"cannot write .*gone/x: No such file or directory"):
        write_file(tmp_path / "gone" / "x", b"1")


def test_data_larger_than_one_system_call_is_written_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real_write(fd, data[:3]))

    write_file(tmp_path / "x", b"0123456789")

    assert (tmp_path / "x").read_bytes() == b"0123456789"


def test_write_new_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"old")

    with pytest.raises(FileExistsError):
        write_new(tmp_path / "x", [b"new"])

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
            fsync_directory(tmp_path)
    else:
        fsync_directory(tmp_path)


def test_a_file_can_be_written_piece_by_piece(tmp_path: Path) -> None:
    replace_file(tmp_path / "x", (piece for piece in (b"one,", b"two", b"")))

    assert (tmp_path / "x").read_bytes() == b"one,two"
    assert names(tmp_path) == ["x"]


def test_pieces_that_cannot_be_made_leave_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"old")

    def pieces() -> Iterator[bytes]:
        yield b"new"
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        replace_file(tmp_path / "x", pieces())

    assert (tmp_path / "x").read_bytes() == b"old"
    assert names(tmp_path) == ["x"]


def test_a_refusal_of_the_system_is_passed_on_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        replace_file(tmp_path / "gone" / "x", [b"1"])


def test_a_plain_file_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"12345")

    assert read_plain(tmp_path / "x", 5, owner=os.geteuid()) == b"12345"


def test_a_file_past_the_limit_is_refused_with_both_sizes(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"12345")

    with pytest.raises(OSError, match="it holds 5 bytes, at most 4 are expected"):
        read_plain(tmp_path / "x", 4)


def test_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"1")
    (tmp_path / "link").symlink_to("x")

    with pytest.raises(OSError, match="it is a symbolic link"):
        read_plain(tmp_path / "link", 9)


def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(OSError, match="it is not a regular file"):
        read_plain(tmp_path / "pipe", 9)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="it is not a regular file"):
        read_plain(tmp_path, 9)


def test_another_users_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"1")

    with pytest.raises(OSError, match="it belongs to user"):
        read_plain(tmp_path / "x", 9, owner=os.geteuid() + 1)


def test_a_missing_file_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_plain(tmp_path / "x", 9)


def test_folders_and_files_are_as_readable_as_the_folder_that_they_are_in(tmp_path: Path) -> None:
    files = Files()
    tmp_path.chmod(0o750)

    files.make_directory(tmp_path / "a")
    files.write(tmp_path / "a" / "x", b"1")

    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o750
    assert stat.S_IMODE((tmp_path / "a" / "x").stat().st_mode) == 0o640


def test_free_space_is_no_more_than_all_space(tmp_path: Path) -> None:
    free = free_bytes(tmp_path)

    assert free is not None
    assert 0 < free <= shutil.disk_usage(tmp_path).total


@pytest.mark.parametrize(("user", "blocks"), [(0, 3), (1000, 2)])
def test_what_is_kept_back_is_for_the_superuser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: int, blocks: int
) -> None:
    space = SimpleNamespace(f_blocks=9, f_bfree=3, f_bavail=2, f_frsize=512)
    monkeypatch.setattr(os, "statvfs", lambda _: space)
    monkeypatch.setattr(os, "geteuid", lambda: user)

    assert free_bytes(tmp_path) == blocks * 512


def test_a_file_system_that_tells_no_sizes_has_no_known_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = SimpleNamespace(f_blocks=0, f_bfree=0, f_bavail=0, f_frsize=512)
    monkeypatch.setattr(os, "statvfs", lambda _: silent)

    assert free_bytes(tmp_path) is None


def test_a_file_is_in_place_until_its_path_leads_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with path.open("wb") as file:
        assert is_in_place(file.fileno(), path)

        path.rename(tmp_path / "y")
        assert not is_in_place(file.fileno(), path)
        assert is_in_place(file.fileno(), tmp_path / "y")

        path.touch()
        assert not is_in_place(file.fileno(), path)


def test_a_file_system_that_does_not_answer_is_an_error(tmp_path: Path) -> None:
    with (tmp_path / "x").open("wb") as file, pytest.raises(NotADirectoryError):
        is_in_place(file.fileno(), tmp_path / "x" / "y")
