"""Reading what somebody else could have written."""

from __future__ import annotations

import os
import shutil
import stat
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from gan.disk.files import Files, free_bytes, is_in_place, read_plain

if TYPE_CHECKING:
    from pathlib import Path


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


def test_folders_and_files_are_the_owners_alone(tmp_path: Path) -> None:
    files = Files()

    files.make_directory(tmp_path / "a")
    files.write(tmp_path / "a" / "x", b"1")

    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "a" / "x").stat().st_mode) == 0o600


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
