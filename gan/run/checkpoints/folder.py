"""The folder of a run's checkpoints: the names in it, and how a checkpoint gets and loses its name.

There is no pointer to the newest checkpoint and no list of them. The names are the only record, and
this module is the only one that makes and reads them. What is in a checkpoint is up to the store.

    step-00000500                       a checkpoint: state.npz and manifest.json
    step-00000500.tmp-<pid>-<hex>       being written, or being removed
    step-00000500.replaced-<pid>-<hex>  making room for a new one of the same step
    step-00000500.corrupt[-<n>]         failed verification; kept for inspection, not used
    step-00000500.abandoned[-<n>]       the run resumed from an earlier step; kept, not used
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import secrets
from typing import TYPE_CHECKING, Final, Literal

from gan.disk.process import is_alive

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gan.disk.files import Bytes, Files

InProgress = Literal["tmp", "replaced"]
"""Why a process has given a checkpoint a temporary name."""

Aside = Literal["corrupt", "abandoned"]
"""Why a checkpoint is kept under a name that is not used."""

_NAME: Final = re.compile(r"step-(?P<step>[0-9]{8}|[1-9][0-9]{8,12})(?P<rest>\..+)?")
_IN_PROGRESS: Final = re.compile(r"\.(?P<kind>tmp|replaced)-(?P<pid>[0-9]{1,9})-[0-9a-f]+")


class CheckpointFolder:
    """Writes, finds and renames checkpoints. Every method may raise `OSError`."""

    def __init__(self, path: Path, files: Files) -> None:
        """Begin without touching the disk.

        Args:
            path: The folder; it need not exist for it to be listed.
            files: The file operations.
        """
        self.path = path
        self._files = files

    def path_of(self, step: int) -> Path:
        """The path of a step's checkpoint, whether it exists or not."""
        return self.path / name_of(step)

    def steps(self) -> list[int]:
        """The steps that have a checkpoint, verified or not, in ascending order."""
        found = map(step_of, self._names())
        return sorted(step for step in found if step is not None)

    def holds_corrupt(self) -> bool:
        """Whether a checkpoint in this folder has failed verification."""
        return any(map(is_corrupt, self._names()))

    def put(self, step: int, contents: Mapping[str, Bytes]) -> None:
        """Write a checkpoint; one of the same step that exists is replaced and never missing.

        The new one is written next to its path, synced, and renamed into place. The one it replaces
        stays under a temporary name until `remove_leftovers`, or until `restore_replaced` finds
        that the new one was set aside.

        Args:
            step: Its step.
            contents: Its files by name, written in this order.
        """
        temporary = self._temporary_path(step, "tmp")
        try:
            self._files.make_directory(temporary)
            for name, data in contents.items():
                self._files.write(temporary / name, data)
            self._files.sync_directory(temporary)
            target = self.path_of(step)
            if os.path.lexists(target):
                self._files.rename(target, self._temporary_path(step, "replaced"))
            self._files.rename(temporary, target)
            self._files.sync_directory(self.path)
        except BaseException:
            # Report the first failure; the next save cleans up what is left.
            with contextlib.suppress(OSError):
                self.restore_replaced()
                self._files.remove_tree(temporary)
            raise

    def discard(self, step: int) -> None:
        """Rename a checkpoint so that `remove_leftovers` removes it.

        Under its own name, a checkpoint is always complete.
        """
        self._files.rename(self.path_of(step), self._temporary_path(step, "tmp"))

    def set_aside(self, step: int, kind: Aside) -> Path:
        """Rename a checkpoint so that it is no longer used; returns its new path.

        Nothing is overwritten.
        """
        path = self.path_of(step)
        for number in itertools.count(1):
            kept = self.path / aside_name(path.name, kind, number)
            if not os.path.lexists(kept):
                break
        self._files.rename(path, kept)
        return kept

    def restore_replaced(self) -> None:
        """Put back each checkpoint whose replacement was never completed."""
        for path, kind in self._leftovers():
            target = self.path / base_of(path.name)
            if kind == "replaced" and not os.path.lexists(target):
                self._files.rename(path, target)

    def remove_leftovers(self) -> None:
        """Remove the temporary folders that no process is working on any more."""
        for path, _ in self._leftovers():
            self._files.remove_tree(path)

    def _temporary_path(self, step: int, kind: InProgress) -> Path:
        return self.path / temporary_name(name_of(step), kind)

    def _names(self) -> list[str]:
        try:
            return [path.name for path in self.path.iterdir()]
        except FileNotFoundError:
            return []

    def _leftovers(self) -> list[tuple[Path, InProgress]]:
        """The temporary folders that no process is working on any more, and their kinds.

        This process is not working on any when it asks. A folder with this process's own id comes
        from an earlier process: in a container, ids repeat.
        """
        found = []
        for name in self._names():
            temporary = read_temporary(name)
            if temporary and not _is_another(temporary[1]):
                found.append((self.path / name, temporary[0]))
        return found


def name_of(step: int) -> str:
    """The name of a step's checkpoint."""
    return f"step-{step:08d}"


def step_of(name: str) -> int | None:
    """The step of a checkpoint, or `None` for every other name."""
    match = _NAME.fullmatch(name)
    return int(match["step"]) if match and not match["rest"] else None


def temporary_name(name: str, kind: InProgress) -> str:
    """A name that no other process uses, for a checkpoint that is being moved."""
    return f"{name}.{kind}-{os.getpid()}-{secrets.token_hex(4)}"


def read_temporary(name: str) -> tuple[InProgress, int] | None:
    """The kind of a temporary name and the process that made it, or `None` for other names."""
    match = _NAME.fullmatch(name)
    temporary = _IN_PROGRESS.fullmatch(match["rest"] or "") if match else None
    if temporary is None:
        return None
    return ("tmp" if temporary["kind"] == "tmp" else "replaced"), int(temporary["pid"])


def aside_name(name: str, kind: Aside, number: int) -> str:
    """The n-th name to keep an unused checkpoint under; `number` starts at 1."""
    return f"{name}.{kind}" if number == 1 else f"{name}.{kind}-{number}"


def is_corrupt(name: str) -> bool:
    """Whether a name is that of a checkpoint that failed verification."""
    return _NAME.fullmatch(name) is not None and ".corrupt" in name


def base_of(name: str) -> str:
    """The name that a checkpoint has, or had, when no process is working on it."""
    return name.partition(".")[0]


def _is_another(pid: int) -> bool:
    """Whether a process id belongs to another process that is alive."""
    return pid != os.getpid() and is_alive(pid)
