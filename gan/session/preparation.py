"""From a plan to an open run: a new directory, or an old one at a checkpoint that can be used.

Apart from the session, because it is about files and refusals, and the session is about a thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gan.errors import CheckpointError, DataError, UsageError
from gan.run.checkpoints.store import Checkpoint, CheckpointStore
from gan.run.directory import RunDirectory

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from gan.config import RunConfig
    from gan.data import ImageSet


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """What a session is to do."""

    config: RunConfig
    runs: Path
    """The folder that a new run's numbered directory is made in."""

    run_dir: Path | None = None
    """The directory of a new run, where one was named."""

    resume: RunDirectory | None = None
    """The run to go on with; none for a new one."""

    resume_step: int | None = None
    """The checkpoint to go on from, and no other; none for the newest that verifies."""

    command_line: Sequence[str] = ()
    """The arguments of this process, for the record."""


def create_run(plan: RunPlan, data_name: str) -> RunDirectory:
    """The directory of a new run: the one that was named, or the next number.

    Raises:
        UsageError: Something is there already.
        StorageError: It could not be made.
    """
    if plan.run_dir is not None:
        return RunDirectory.create(plan.run_dir)
    return RunDirectory.create_numbered(plan.runs, f"{plan.config.preset}-{data_name}")


def checkpoint_to_resume(
    plan: RunPlan, run: RunDirectory, images: ImageSet, on_rejected: Callable[[str, str], None]
) -> Checkpoint:
    """The checkpoint that a run goes on from; what is later than it is set aside.

    Args:
        plan: Which one, and how far the run is to go.
        run: The run, whose lock this process holds.
        images: What it will train on.
        on_rejected: Told of each damaged one: where it is kept now, and why it was rejected.

    Raises:
        CheckpointError: There is none that can be used.
        DataError: It was trained on other images.
        UsageError: The run is further than it is to go.
        StorageError: The disk failed.
    """
    store, step = CheckpointStore(run, keep=plan.config.keep), plan.resume_step
    checkpoint = store.newest(on_rejected) if step is None else store.load(step)
    if checkpoint is None:
        msg = f"{run.path} has no checkpoint to go on from. Start a new run."
        raise CheckpointError(msg)
    _require_same_images(checkpoint, run, images)
    _require_not_past_the_end(checkpoint, plan, images)
    store.abandon_after(checkpoint.step)
    return checkpoint


def _require_same_images(checkpoint: Checkpoint, run: RunDirectory, images: ImageSet) -> None:
    expected = checkpoint.manifest["extra"]["fingerprint"]
    if images.fingerprint != expected:
        msg = (
            f"--data: {images.name} is not what {run.name} was trained on "
            f"(SHA-256 {images.fingerprint[:12]}, expected {expected[:12]}). "
            "Name the same images with --data."
        )
        raise DataError(msg)


def _require_not_past_the_end(checkpoint: Checkpoint, plan: RunPlan, images: ImageSet) -> None:
    total = plan.config.total_steps(len(images) // plan.config.batch_size)
    if checkpoint.step > total:
        msg = (
            f"--epochs or --steps: the run would end at step {total:,}, and its checkpoint is of "
            f"step {checkpoint.step:,}. Give a larger total, or resume RUN@STEP."
        )
        raise UsageError(msg)
