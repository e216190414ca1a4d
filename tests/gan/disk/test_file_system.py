"""Which file system a folder is on."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gan.disk import file_system
from gan.disk.file_system import LOCAL, file_system_of, mount_of_number, type_at

MOUNTS = """\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda rw,discard
31 27 0:40 / /home\\040of rw,relatime - nfs4 server:/home rw,vers=4.2,local_lock=none
32 27 0:40 / /damaged
""".splitlines()

MOUNTS_OF_MACOS = """\
/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)
devfs on /dev (devfs, local, nobrowse)
/dev/disk3s5 on /System/Volumes/Data (apfs, local, journaled, nobrowse)
//ann@server/digits on /Volumes/digits on it (smbfs, nodev, nosuid, mounted by ann)
map auto_home on /System/Volumes/Data/home (autofs, automounted, nobrowse)
""".splitlines()


@pytest.mark.parametrize(
    ("number", "expected"), [("27", "ext4"), ("31", "nfs4"), ("2", ""), ("32", ""), ("99", "")]
)
def test_the_type_is_that_of_the_mount(number: str, expected: str) -> None:
    assert mount_of_number(MOUNTS, number).type == expected


def test_the_options_are_those_of_the_mount_and_of_the_file_system() -> None:
    assert mount_of_number(MOUNTS, "27").options == ("rw", "relatime", "rw", "discard")
    assert "local_lock=none" in mount_of_number(MOUNTS, "31").options
    assert mount_of_number(MOUNTS, "99").options == ()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/Users/ann/runs", "apfs"),
        ("/Volumes/digits on it/runs", "smbfs"),
        ("/Volumes/digits", "apfs"),
        ("/System/Volumes/Data/home/ann", "autofs"),
    ],
)
def test_on_macos_it_is_that_of_the_deepest_mount(path: str, expected: str) -> None:
    assert type_at(MOUNTS_OF_MACOS, Path(path)) == expected


def test_without_mounts_nothing_is_known() -> None:
    assert type_at([], Path("/Users")) == ""
    assert type_at(["nonsense"], Path("/Users")) == ""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_system_says_it_of_a_folder() -> None:
    assert file_system_of(Path("/proc")) == "proc"


def test_a_system_that_does_not_say_counts_as_shared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_system, "_MOUNTS", tmp_path / "missing")

    assert file_system_of(tmp_path) == ""
    assert "" not in LOCAL


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "lustre", "gpfs", "ceph", "9p"])
def test_a_file_system_of_several_machines_is_not_local(kind: str) -> None:
    assert kind not in LOCAL


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        file_system_of(tmp_path / "missing")
