"""Keeps what a live run needs in its place: its directory, the folders in it, and its lock.

A run outlives what people and programs do to its directory. If it is renamed, the run follows it;
what is deleted is made again. Only the process that trains the run does so, once a second and
before each checkpoint.
"""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gan.disk.files import is_in_place, read_plain, replace_file
from gan.disk.permissions import make_folder, mode_beside, set_readable

if TYPE_CHECKING:
    from gan.run.directory import RunDirectory
    from gan.run.lock import RunLock

_FOLDER_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_MAX_CONFIG: Final = 1 << 20
_DARWIN_GETPATH: Final = 50
"""`F_GETPATH` of macOS, which Python's `fcntl` names only there."""


class RunPlace:
    """Looks after the directory of one run. Used by one thread at a time."""

    def __init__(self, run: RunDirectory, lock: RunLock | None = None) -> None:
        """Open the directory.

        Args:
            run: The run; this process holds its lock.
            lock: That lock, if it is to be looked after too.

        Raises:
            OSError: The directory can't be opened.
        """
        self._run = run
        self._lock = lock
        # Kept open, so that it can be found again, and so that the system cannot reuse its inode
        # number for another folder.
        self._folder = os.open(run.path, _FOLDER_FLAGS)
        self._config: bytes | None = None
        """The content of `config.json`, once there is one."""

        self.is_lost = False
        """Whether the directory was neither found nor made again at the last look."""

        self.lost_checkpoints = False
        """Whether the folder of checkpoints was deleted since somebody set this to `False`."""

    def check(self) -> list[str]:
        """Follow the directory if it was renamed, and make again what was deleted.

        Returns:
            A warning about each thing that was made again.

        Raises:
            OSError: Something can't be made again, or the file system does not answer.
            StorageError: The lock was deleted, and another process has locked the run.
            RunLockedError: Another process has claimed the run, so nothing may be written to it.
        """
        said: list[str] = []
        if not is_in_place(self._folder, self._run.path):
            # Until it is found, whatever is at its path belongs to somebody else.
            self.is_lost = True
            said.append(self._find())
        self.is_lost = False
        # First, because nothing is made again in a run that another process has claimed.
        missing = [] if self._lock is None else self._lock.keep()
        missing += [self._folders(), self._file()]
        return [text for text in [*said, *map(_made_again, filter(None, missing))] if text]

    def close(self) -> None:
        """Close the directory."""
        os.close(self._folder)

    def _find(self) -> str:
        """Follow the directory if it was renamed; if it was deleted, make it again and say so."""
        former = self._run.path
        path = path_of(self._folder)
        if path is not None and is_in_place(self._folder, path):
            self._run.move_to(path)
            return ""
        self._require_deleted()
        with suppress(FileExistsError):
            make_folder(former)
            set_readable(former, os.fstat(self._folder).st_mode)
        if any(former.iterdir()):
            raise OSError(
                errno.ENOENT,
                "the run's folder was deleted, and another one that isn't empty is in its place",
            )
        os.close(self._folder)
        self._folder = os.open(former, _FOLDER_FLAGS)
        return f"the run's folder {former} was deleted during the run; it has been made again."

    def _require_deleted(self) -> None:
        """Make nothing again that may still exist elsewhere, or on a disk that was unmounted."""
        status = os.fstat(self._folder)
        if _is_deleted(self._folder) and _device(self._run.path.parent) == status.st_dev:
            return
        raise OSError(errno.ENOENT, "the run's folder is missing or was replaced")

    def _folders(self) -> str:
        """Make the folders again; returns the names of those that were missing."""
        run = self._run
        missing = [path for path in run.folders if not os.path.lexists(path)]
        for path in missing:
            make_folder(path)
        self.lost_checkpoints |= run.checkpoints_path in missing
        return ", ".join(path.name for path in missing)

    def _file(self) -> str:
        """Write the configuration again if it is missing; returns its name then."""
        path = self._run.config_path
        if os.path.lexists(path):
            if self._config is None:
                self._config = read_plain(path, _MAX_CONFIG)
        elif self._config is not None:
            replace_file(path, [self._config], mode=mode_beside(path))
            return path.name
        return ""


def path_of(descriptor: int) -> Path | None:
    """Where an open folder is now, or `None` if the system does not say."""
    try:
        if sys.platform == "darwin":
            import fcntl

            found = fcntl.fcntl(descriptor, _DARWIN_GETPATH, bytes(1024))
            return Path(os.fsdecode(found.rstrip(b"\0")))
        return Path(f"/proc/self/fd/{descriptor}").readlink()
    except OSError:
        return None


def _is_deleted(descriptor: int) -> bool:
    """Whether an open folder is known to have no name any more."""
    path = path_of(descriptor)
    return os.fstat(descriptor).st_nlink == 0 or (path is not None and not path.exists())


def _device(path: Path) -> int | None:
    """The number of the disk that a folder is on, or `None` if there is no such folder."""
    try:
        return path.stat().st_dev
    except FileNotFoundError:
        return None


def _made_again(what: str) -> str:
    return f"{what}: deleted during the run; made again."
