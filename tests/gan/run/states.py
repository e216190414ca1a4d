"""Small states that tell which step they are of, and the checkpoints that hold them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan.run.checkpoints.store import Checkpoint, CheckpointStore

if TYPE_CHECKING:
    from pathlib import Path

    from gan.disk.arrays import Array
    from gan.disk.files import Files
    from gan.run.directory import RunDirectory


def state(value: float) -> dict[str, Array]:
    """A small state in which every number tells which one it is."""
    return {
        "generator/0": np.full((4, 3), value, np.float32),
        "generator_optimizer/0": np.array(int(value), np.int64),
    }


def store_of(run: RunDirectory, *, keep: int = 3, files: Files | None = None) -> CheckpointStore:
    return CheckpointStore(run, keep=keep, files=files)


def saved(run: RunDirectory, *steps: int) -> CheckpointStore:
    store = store_of(run)
    for step in steps:
        store.save(step, state(step), {"draw": 0})
    return store


def value_of(checkpoint: Checkpoint | None) -> float:
    assert checkpoint is not None
    values = np.unique(checkpoint.arrays["generator/0"])
    assert len(values) == 1
    return float(values[0])


def names(run: RunDirectory) -> list[str]:
    return sorted(path.name for path in run.checkpoints_path.iterdir())


def refuse_rejection(path: str, reason: str) -> None:
    pytest.fail(f"{path} was rejected: {reason}")


def copy(run: RunDirectory, path: Path) -> RunDirectory:
    shutil.copytree(run.path, path)
    return type(run)(path)


def dead_pid() -> int:
    """The id of no process: past the largest that a system gives out."""
    return 999_999_999
