"""What one export is of: a run up to one step, settled once, so that all its files agree.

A run may be training: its log grows, and checkpoints come and go while files are written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gan.export.up_to_step import last_step_of, newest_step
from gan.run.config_file import read_config
from gan.run.recorded import require_networks
from gan.run.reference import load_checkpoint

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.config import RunConfig
    from gan.run.checkpoints.reading import Checkpoint
    from gan.run.directory import RunDirectory
    from gan.run.reference import At


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Snapshot:
    """A run up to one step."""

    run: RunDirectory

    last_step: int
    """The last step that is shown of the run; 0 before the first."""

    is_whole: bool = False
    """Whether it is all that the run had made."""

    @property
    def asked_step(self) -> int | None:
        """The last step, for words that say where a part of a run ends; `None` for all of it."""
        return None if self.is_whole else self.last_step


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CheckpointSnapshot(Snapshot):
    """A run up to the step of a checkpoint, which is in memory: it may be gone from the disk."""

    checkpoint: Checkpoint
    config: RunConfig


def snapshot(run: RunDirectory, at: At) -> Snapshot:
    """A run as far as its log reaches now, or up to a step.

    Args:
        run: The run.
        at: The step, that of the best evaluation, or `None` for all.

    Raises:
        CheckpointError: The run has not come so far, or was never evaluated.
        StorageError: The log can't be read.
    """
    last_step = last_step_of(run, at)
    if last_step is None:
        return Snapshot(run=run, last_step=newest_step(run), is_whole=True)
    return Snapshot(run=run, last_step=last_step)


def checkpoint_snapshot(
    run: RunDirectory, at: At, report: Callable[[str], None] = lambda _: None
) -> CheckpointSnapshot:
    """A run up to the step of one of its checkpoints.

    Args:
        run: The run.
        at: Which checkpoint, as `load_checkpoint` takes it.
        report: Told which checkpoints can't be used.

    Raises:
        CheckpointError: There is no such checkpoint, or it can't be used, or the run was recorded.
        StorageError: The run can't be read.
    """
    require_networks(run, "export")
    checkpoint = load_checkpoint(run, at, report)
    is_whole = at is None and checkpoint.step >= newest_step(run)
    return CheckpointSnapshot(
        run=run,
        last_step=checkpoint.step,
        is_whole=is_whole,
        checkpoint=checkpoint,
        config=read_config(run),
    )
