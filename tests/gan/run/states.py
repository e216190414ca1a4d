"""Small states whose values are their step, and checkpoints that hold them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan.run.checkpoints.manifest import ResumePoint
from gan.run.checkpoints.store import CheckpointStore

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from gan.disk.arrays import Array
    from gan.disk.files import Files
    from gan.run.checkpoints.reading import Checkpoint
    from gan.run.directory import RunDirectory
    from gan.run.recorder import Recorder, Written


def state(value: float) -> dict[str, Array]:
    """A small state in which every number is `value`."""
    return {
        "generator/0": np.full((4, 3), value, np.float32),
        "generator_optimizer/0": np.array(int(value), np.int64),
    }


def point(step: int, *, draw: int = 0, log_offset: int = 0) -> ResumePoint:
    """What a checkpoint of a step needs besides the arrays."""
    return ResumePoint(
        fingerprint="f" * 64, step=step, draw=draw, train_seconds=1.5, log_offset=log_offset
    )


def prepare(
    recorder: Recorder,
    step: int,
    arrays: Mapping[str, Array],
    *,
    draw: int = 0,
    requested: bool = False,
) -> Callable[[], Written]:
    """Prepare a checkpoint of a step of the run's first branch."""
    return recorder.checkpoints.prepare(
        arrays, step=step, branch=0, draw=draw, train_seconds=1.5, requested=requested
    )


def store_of(run: RunDirectory, *, keep: int = 3, files: Files | None = None) -> CheckpointStore:
    return CheckpointStore(run, keep=keep, files=files)


def saved(run: RunDirectory, *steps: int) -> CheckpointStore:
    store = store_of(run)
    for step in steps:
        store.save(state(step), point(step))
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
    """The id of no process: greater than any that a system assigns."""
    return 999_999_999
