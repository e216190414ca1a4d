"""Writes a run as an event file for TensorBoard: every step, the evaluations, the grids.

tensorboardX has the protocol buffers, and needs no TensorFlow. One folder holds one run, as
TensorBoard expects it; folders side by side are compared there.
"""

from __future__ import annotations

import contextlib
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gan.disk.files import fsync_directory, write_new
from gan.disk.leftovers import temporary_path
from gan.disk.os_errors import storage_errors
from gan.disk.permissions import mode_of_new_file
from gan.errors import StorageError, UsageError
from gan.events import SeriesLogged, StepsCompleted
from gan.export.event_file import first_record, framed, framed_steps
from gan.export.named_files import quiet
from gan.export.pictures import grid_png, thinned
from gan.export.tracked import (
    SPEED_TAG,
    Entries,
    Note,
    Picture,
    Scalars,
    Settings,
    Steps,
    config_table,
)
from gan.export.up_to_step import end_in_words, last_step_of, logged_events, newest_step
from gan.run.samples import read_samples, sample_path, sample_steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from gan.events import Event, Images
    from gan.export.tracked import Entry
    from gan.run.directory import RunDirectory
    from gan.run.reference import At

EVENT_FILES: Final = "*tfevents*"
"""What TensorBoard takes for an event file."""

GRID_SCALE: Final = 2
"""How many times as large grids of samples are."""

_MAX_GRIDS: Final = 1000


def write_tensorboard(
    run: RunDirectory,
    at: At,
    destination: Path,
    *,
    force: bool = False,
    report: Callable[[str], None] = quiet,
) -> list[Path]:
    """Write the run's event file into a folder, which is made if it is missing.

    Every step is in it: `losses/...` and `scores/...`; `quality/...` and `census/...` of each
    evaluation; `speed/...`; `samples`, at most a thousand grids; `config` and `marks`, as text. See
    `gan.export.named_files` for the arguments. With `force`, other event files in the folder itself
    are removed.

    Raises:
        UsageError: The folder holds event files, and `force` is false; or it is no folder.
        CheckpointError: The run has no such step.
        StorageError: The run can't be read, has no step yet, or the disk refused.
    """
    last_step = last_step_of(run, at)
    total = newest_step(run) if last_step is None else last_step
    if not total:
        raise StorageError(f"{run.log_path} holds no steps{end_in_words(last_step)} yet.")
    before = _event_files(destination)
    if before and not force:
        raise UsageError(
            f"{destination} holds an event file, {before[0].name}. Replace it with --force, or "
            "name a folder of its own for each run."
        )
    with storage_errors("write to", destination), _folder(destination):
        path = _written(
            run, last_step, destination, lambda step: report(f"step {step:,} of {total:,}")
        )
    for other in before:
        if other != path:
            with storage_errors("remove", other):
                other.unlink()
    return [path]


@contextlib.contextmanager
def _folder(path: Path) -> Iterator[None]:
    """Make a folder if it is missing; if the block fails, it is removed again."""
    is_new = not path.exists()
    path.mkdir(exist_ok=True)
    try:
        yield
    except BaseException:
        if is_new:
            # Report the first failure; an empty folder is harmless.
            with contextlib.suppress(OSError):
                path.rmdir()
        raise


def _event_files(folder: Path) -> list[Path]:
    """The event files in a folder, not in those below it; empty if there is no folder.

    Raises:
        UsageError: It is no folder.
    """
    with storage_errors("read", folder):
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"{folder} is a file, expected a folder. Name another.")
        return sorted(path for path in folder.glob(EVENT_FILES) if path.is_file())


def _written(
    run: RunDirectory, last_step: int | None, folder: Path, reached: Callable[[int], None]
) -> Path:
    """Write the file under another name, which TensorBoard ignores, and rename it.

    Raises:
        OSError: The disk refused.
        StorageError: The run can't be read.
    """
    logged = iter(logged_events(run, last_step))
    first = next(logged)
    path, temporary = folder / event_file_name(first.time), temporary_path(folder / "export")
    pieces = _pieces(run, last_step, chain([first], logged), reached)
    try:
        write_new(
            temporary, chain([framed(first_record(first.time))], pieces), mode=mode_of_new_file()
        )
        temporary.replace(path)
        fsync_directory(folder)
    except BaseException:
        # Report the first failure; a leftover file is harmless.
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    return path


def event_file_name(created: float) -> str:
    """The name of an event file.

    Args:
        created: When its first record was made, in seconds since the Unix epoch.
    """
    return f"events.out.tfevents.{int(created):010d}.gan-tui"


def _pieces(
    run: RunDirectory,
    last_step: int | None,
    logged: Iterable[Event],
    reached: Callable[[int], None],
) -> Iterator[bytes]:
    """A run's records, in the order of its log."""
    grids = _grids(run, last_step)
    entries = Entries(lambda drawn: _images(run, drawn.step) if drawn.step in grids else None)
    for event in logged:
        for entry in entries.of(event):
            yield pieces_of(entry)
        if isinstance(event, (StepsCompleted, SeriesLogged)):
            reached(event.last_step)


def pieces_of(entry: Entry) -> bytes:
    """What an entry is in an event file."""
    if isinstance(entry, Steps):
        return _steps(entry)
    from tensorboardX.proto import event_pb2

    return framed(event_pb2.Event(wall_time=entry.time, step=entry.step, summary=_summary(entry)))


def _steps(entry: Steps) -> bytes:
    """A record for each step, and one for the speed of all."""
    each = framed_steps(entry.step, entry.times, entry.columns)
    if not entry.seconds:
        return each
    speed = {SPEED_TAG: np.array([len(entry.times) / entry.seconds], np.float32)}
    return each + framed_steps(entry.last_step, [entry.time], speed)


def _summary(entry: Entry) -> Any:
    from tensorboardX import summary
    from tensorboardX.proto import summary_pb2

    if isinstance(entry, Picture):
        return _picture(entry)
    if isinstance(entry, Note):
        return summary.text(entry.tag, entry.text)
    if isinstance(entry, Settings):
        return summary.text(entry.tag, config_table(entry.config))
    if not isinstance(entry, Scalars):
        raise TypeError(f"received {type(entry).__name__}, expected an entry of another kind")
    values = [
        summary_pb2.Summary.Value(tag=tag, simple_value=value)
        for tag, value in entry.values.items()
    ]
    return summary_pb2.Summary(value=values)


def _picture(entry: Picture) -> Any:
    from tensorboardX.proto import summary_pb2

    side = 4 * entry.images.shape[1] * GRID_SCALE
    image = summary_pb2.Summary.Image(
        height=side,
        width=side,
        colorspace=1,
        encoded_image_string=grid_png(entry.images, GRID_SCALE),
    )
    return summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag=entry.tag, image=image)])


def _images(run: RunDirectory, step: int) -> Images:
    return read_samples(run, sample_path(run, step))


def _grids(run: RunDirectory, last_step: int | None) -> set[int]:
    """The steps of which the grids are written: all on disk, or more of the early ones."""
    steps = [step for step in sample_steps(run) if last_step is None or step <= last_step]
    return {steps[number] for number in thinned(len(steps), _MAX_GRIDS)}
