"""The folder of a run's checkpoints: what is in it, and what a process that died left there.

Separate from the store, whose protocol is about what a checkpoint holds; here they are only folders
with names (`gan.run.checkpoints.names`), none of which is ever opened.
"""

from __future__ import annotations

import itertools
import os
from typing import TYPE_CHECKING

from gan.disk.process import is_alive
from gan.run.checkpoints import names

if TYPE_CHECKING:
    from pathlib import Path

    from gan.disk.files import Files
    from gan.run.checkpoints.names import Aside, AtWork


class CheckpointFolder:
    """Finds and renames checkpoints. Every method raises `OSError`."""

    def __init__(self, path: Path, files: Files) -> None:
        """Begin without touching the disk.

        Args:
            path: The folder; to look into it, it need not exist.
            files: The file operations.
        """
        self.path = path
        self._files = files

    def path_of(self, step: int) -> Path:
        """Where the checkpoint of a step is, or would be."""
        return self.path / names.name_of(step)

    def at_work(self, step: int, kind: AtWork) -> Path:
        """A path that no other process uses, for a checkpoint that is being moved."""
        return self.path / names.name_at_work(names.name_of(step), kind)

    def steps(self) -> list[int]:
        """The steps that have a checkpoint, verified or not, oldest first."""
        found = map(names.step_of, self._names())
        return sorted(step for step in found if step is not None)

    def holds_corrupt(self) -> bool:
        """Whether a checkpoint was set aside here because it did not verify."""
        return any(map(names.is_corrupt, self._names()))

    def set_aside(self, step: int, kind: Aside) -> Path:
        """Rename a checkpoint that is not to count, over nothing, and say to what."""
        path = self.path_of(step)
        for number in itertools.count(1):
            kept = self.path / names.name_aside(path.name, kind, number)
            if not os.path.lexists(kept):
                break
        self._files.rename(path, kept)
        return kept

    def restore_replaced(self) -> None:
        """Put back a checkpoint whose replacement never arrived."""
        for path, kind in self._leftovers():
            target = self.path / names.base_of(path.name)
            if kind == "replaced" and not os.path.lexists(target):
                self._files.rename(path, target)

    def remove_leftovers(self) -> None:
        """Remove what nobody is at work on any more."""
        for path, _ in self._leftovers():
            self._files.remove_tree(path)

    def _names(self) -> list[str]:
        try:
            return [path.name for path in self.path.iterdir()]
        except FileNotFoundError:
            return []

    def _leftovers(self) -> list[tuple[Path, AtWork]]:
        """What a process left that is not at work on it any more, and of which kind it is.

        Nothing of this process's is at work when this is asked. What carries its id may also be
        from an earlier process of the same id: in a container they repeat.
        """
        found = []
        for name in self._names():
            at_work = names.read_at_work(name)
            if at_work and not _is_another(at_work[1]):
                found.append((self.path / name, at_work[0]))
        return found


def _is_another(pid: int) -> bool:
    """Whether a process id is that of another process, which is alive."""
    return pid != os.getpid() and is_alive(pid)
