"""Exports on disk: whole files in the run's `exports` folder, under names that say what they are.

The only module of `gan.export` that writes. A file of the same name is replaced.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gan.disk.files import replace_file
from gan.disk.os_errors import storage_errors
from gan.errors import StorageError
from gan.export.loss_table import losses_csv
from gan.export.pictures import grid_png, history_gif, thinned
from gan.run.samples import read_samples, sample_path, sample_steps

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gan.events import Images
    from gan.run.directory import RunDirectory


def write_grid(run: RunDirectory, step: int, images: Images) -> Path:
    """Write sixteen images as `grid-000500.png`.

    Args:
        run: The run.
        step: The step that they were drawn at.
        images: 16 x 28 x 28, uint8.

    Returns:
        The file's path.

    Raises:
        StorageError: The disk refused.
    """
    return _write(run, f"grid-{step:06d}.png", [grid_png(images)])


def write_history(run: RunDirectory, *, until: int | None = None) -> Path:
    """Write the run's grids as `history.gif`. Only the grids that it shows are read.

    Args:
        run: The run.
        until: The run's current step; after a rollback, later grids belong to the abandoned
            branch. `None` for all grids.

    Returns:
        The file's path.

    Raises:
        StorageError: There is no grid, one cannot be read, or the disk refused.
    """
    steps = [step for step in sample_steps(run) if until is None or step <= until]
    if not steps:
        raise StorageError(
            f"{run.samples_path} holds no grids; --sample-every sets how often they are written."
        )
    shown = [steps[number] for number in thinned(len(steps))]
    frames = [read_samples(run, sample_path(run, step)) for step in shown]
    return _write(run, "history.gif", [history_gif(frames)])


def write_losses(run: RunDirectory) -> Path:
    """Write the losses of every step in the run's log as `losses.csv`, in constant memory.

    Returns:
        The file's path.

    Raises:
        StorageError: The log cannot be read, or the disk refused.
    """
    return _write(run, "losses.csv", (lines.encode("ascii") for lines in losses_csv(run)))


def write_screen(run: RunDirectory, step: int, svg: str) -> Path:
    """Write a picture of the screen as `screen-000500.svg`.

    Args:
        run: The run.
        step: The step that it shows.
        svg: The picture.

    Returns:
        The file's path.

    Raises:
        StorageError: The disk refused.
    """
    return _write(run, f"screen-{step:06d}.svg", [svg.encode()])


def _write(run: RunDirectory, name: str, pieces: Iterable[bytes]) -> Path:
    path = run.exports_path / name
    with storage_errors("write", path):
        run.exports_path.mkdir(mode=0o700, exist_ok=True)
        replace_file(path, pieces)
    return path
