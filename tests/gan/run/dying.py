"""A program that saves checkpoints until it kills itself with SIGKILL at one chosen file operation.

`python -m tests.gan.run.dying RUN OPERATION` prints each save once it has returned. What counts is
every system call of a save that could change what is on disk; a write is cut in half.
"""

from __future__ import annotations

import os
import signal
import sys
from functools import wraps
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gan.disk.files import Files
from gan.run.checkpoints.store import CheckpointStore
from gan.run.directory import RunDirectory
from tests.gan.run.states import point

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gan.disk.arrays import Array

KEEP = 2
BEFORE = [(1, 0), (2, 0)]
"""The saves that the run holds when this program starts: step and draw."""

Save = tuple[int, int]


def saves() -> Iterator[Save]:
    """What is saved, for ever: a new step, which displaces an older one; then the same step anew.

    The steps are made so that every operation of both kinds of save comes within fifty.
    """
    for step in count(3):
        yield step, 0
        yield step, 1


def state(save: Save) -> dict[str, Array]:
    """A state that no other save has, large enough to be cut in half."""
    draw = np.random.default_rng(save)
    return {
        "generator/0": draw.standard_normal((64, 128), np.float32),
        "generator_optimizer/0": np.array(save, np.int64),
    }


class Death:
    """Kills this process at the n-th operation."""

    def __init__(self, operation: int) -> None:
        self._left = operation

    def is_due(self) -> bool:
        """Count an operation, and say whether it is the last one."""
        self._left -= 1
        return self._left == 0

    def before(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """A system call that is never made when death is due."""

        @wraps(call)
        def counted(*args: Any, **options: Any) -> Any:
            if self.is_due():
                kill()
            return call(*args, **options)

        return counted

    def halfway(self, write: Callable[[int, memoryview], int]) -> Callable[[int, memoryview], int]:
        """A write that is cut in half when death is due."""

        def counted(descriptor: int, data: memoryview) -> int:
            if self.is_due():
                write(descriptor, data[: len(data) // 2])
                kill()
            return write(descriptor, data)

        return counted


class DyingFiles(Files):
    """The two operations that Python's paths do not make through a name that can be replaced."""

    def __init__(self, death: Death) -> None:
        self.make_directory = death.before(super().make_directory)  # type: ignore[method-assign]
        self.rename = death.before(super().rename)  # type: ignore[method-assign]


def kill() -> None:
    """End this process as `kill -9` does."""
    os.kill(os.getpid(), signal.SIGKILL)


def main(path: str, operation: str) -> None:
    """Save, and tell of it, until death comes."""
    death = Death(int(operation))
    store = CheckpointStore(RunDirectory(Path(path)), keep=KEEP, files=DyingFiles(death))
    tell = os.write
    for name in ("open", "fsync", "unlink", "rmdir"):
        setattr(os, name, death.before(getattr(os, name)))
    os.write = death.halfway(os.write)  # type: ignore[assignment]
    for save in saves():
        step, draw = save
        store.save(state(save), point(step, draw=draw))
        tell(1, f"{step} {draw}\n".encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
