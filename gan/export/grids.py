"""The grids that a run has on disk, as far as one step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gan.errors import StorageError
from gan.run.recorded import recorded_program
from gan.run.samples import sample_steps

if TYPE_CHECKING:
    from gan.run.directory import RunDirectory


def grids_up_to(run: RunDirectory, last_step: int) -> list[int]:
    """The steps that have a grid, ascending: at least one.

    After a rollback, grids beyond the run's newest step belong to the branch that was left.

    Raises:
        StorageError: There is none, or the folder can't be read.
    """
    found = sample_steps(run)
    steps = [step for step in found if step <= last_step]
    if steps:
        return steps
    if found:
        raise StorageError(
            f"{run.samples_path} holds no grids up to step {last_step:,}: the first is of step "
            f"{found[0]:,}."
        )
    if program := recorded_program(run):
        raise StorageError(f"{run.samples_path} holds no grids: {program} has recorded no images.")
    raise StorageError(
        f"{run.samples_path} holds no grids; --sample-every sets how often they are written."
    )
