"""Which file system a folder is on, and whether it belongs to this machine alone.

On a file system of one machine a lock of the kernel keeps every other process out. On a shared one,
such as NFS, it may hold between the processes of one machine only.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

LOCAL: Final = frozenset(
    (
        # Linux
        *("ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "zfs", "bcachefs", "jfs", "reiserfs"),
        *("nilfs2", "tmpfs", "ramfs", "overlay", "aufs", "ecryptfs"),
        # macOS
        *("apfs", "hfs", "ufs"),
        # removable disks
        *("vfat", "msdos", "exfat", "ntfs", "ntfs3", "fuseblk", "hfsplus", "udf"),
    )
)
"""The types of file systems that belong to one machine. Every other type may be shared."""

_MOUNTS: Final = Path("/proc/self/mountinfo")
_DESCRIPTORS: Final = Path("/proc/self/fdinfo")
_MOUNT_PROGRAM: Final = "/sbin/mount"
_MOUNT_SECONDS: Final = 5.0


class Mount(NamedTuple):
    """How a file system is mounted."""

    type: str = ""
    """Such as `ext4` or `nfs4`; empty if the system does not say."""

    options: tuple[str, ...] = ()
    """Such as `ro` or `local_lock=none`: those of the mount, and those of the file system."""


def file_system_of(folder: Path) -> str:
    """The type of the file system that a folder is on, such as `ext4` or `nfs4`.

    Empty if the system does not say.

    Raises:
        OSError: The folder can't be opened.
    """
    return mount_of(folder).type


def mount_of(folder: Path) -> Mount:
    """How the file system that a folder is on is mounted. On macOS the options are not known.

    Raises:
        OSError: The folder can't be opened.
    """
    if sys.platform == "darwin":
        return Mount(type_at(_mounts_of_macos(), folder.resolve()))
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return _mount_of(descriptor)
    finally:
        os.close(descriptor)


def _mount_of(descriptor: int) -> Mount:
    """By the number of the mount, because btrfs and overlay give their files other devices."""
    try:
        about = (_DESCRIPTORS / str(descriptor)).read_text(encoding="ascii")
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        # Without /proc, as in some sandboxes.
        return Mount()
    number = re.search(r"^mnt_id:\s*([0-9]+)$", about, re.MULTILINE)
    return mount_of_number(mounts.splitlines(), number[1]) if number else Mount()


def mount_of_number(mounts: Iterable[str], number: str) -> Mount:
    """The mount of this number in `/proc/self/mountinfo`; proc(5). Empty if missing."""
    for line in mounts:
        before, _, after = line.partition(" - ")
        if before.split(" ", 1)[0] == number and after:
            about_mount, about_system = before.split(), after.split()
            options = [*about_mount[5:6], *about_system[2:3]]
            return Mount(about_system[0], tuple(",".join(options).split(",")))
    return Mount()


def type_at(mounts: Iterable[str], path: Path) -> str:
    """The type at a path according to what `mount` prints on macOS. Empty if it does not say.

    A line is such as `/dev/disk3s5 on /System/Volumes/Data (apfs, local, journaled)`.
    """
    found, depth = "", -1
    for line in mounts:
        match = re.fullmatch(r".+ on (?P<path>/.*) \((?P<type>[^,)]+).*\)", line)
        if match is None:
            continue
        mounted = Path(match["path"])
        if path.is_relative_to(mounted) and len(mounted.parts) >= depth:
            found, depth = match["type"], len(mounted.parts)
    return found


def _mounts_of_macos() -> list[str]:
    # Imported here, because it takes time and only macOS needs it.
    import subprocess

    try:
        printed = subprocess.run(  # noqa: S603 - a constant
            [_MOUNT_PROGRAM], capture_output=True, check=True, timeout=_MOUNT_SECONDS, text=True
        )
    except (OSError, subprocess.SubprocessError):
        # The type is unknown then, and the file system counts as shared.
        return []
    return printed.stdout.splitlines()
