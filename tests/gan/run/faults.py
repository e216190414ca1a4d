"""A file layer that fails at one chosen operation: the disk, or the whole process."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from gan.disk.files import Files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Killed(BaseException):
    """The process is gone; nothing in it may catch this."""


def disk_full() -> OSError:
    """What the system says when the disk is full."""
    return OSError(errno.ENOSPC, "No space left on device")


class FaultyFiles(Files):
    """Counts operations that change the disk, and fails the one that is asked for.

    A write that fails has written half of its data. After `Killed` every operation fails: a dead
    process tidies nothing up.
    """

    def __init__(
        self, fail_at: int | None = None, error: Callable[[], BaseException] = Killed
    ) -> None:
        self.operations = 0
        self._fail_at = fail_at
        self._error = error
        self._dead = False

    def make_directory(self, path: Path) -> None:
        self._operate()
        super().make_directory(path)

    def write(self, path: Path, data: bytes | memoryview) -> None:
        try:
            self._operate()
        except BaseException:
            path.write_bytes(data[: len(data) // 2])
            raise
        super().write(path, data)

    def sync_directory(self, path: Path) -> None:
        self._operate()
        super().sync_directory(path)

    def rename(self, source: Path, target: Path) -> None:
        self._operate()
        super().rename(source, target)

    def remove_tree(self, path: Path) -> None:
        try:
            self._operate()
        except BaseException:
            for file in sorted(path.iterdir())[:1]:
                file.unlink()
            raise
        super().remove_tree(path)

    def _operate(self) -> None:
        self.operations += 1
        if self._dead or self.operations == self._fail_at:
            error = self._error()
            self._dead = self._dead or isinstance(error, Killed)
            raise error
