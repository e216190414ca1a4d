"""Writes a run as an event file for TensorBoard: every step, the evaluations, the grids.

tensorboardX has the protocol buffers, and needs no TensorFlow. One folder holds one run, as
TensorBoard expects it; folders side by side are compared there.
"""

from __future__ import annotations

import contextlib
import re
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gan.disk.files import fsync_directory, write_new
from gan.disk.leftovers import remove_leftovers_of, temporary_path
from gan.disk.os_errors import storage_errors
from gan.disk.permissions import mode_of_new_file
from gan.errors import StorageError, UsageError
from gan.events import SeriesLogged, StepsCompleted
from gan.export.destination import made_folder, require_folder
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
from gan.export.up_to_step import end_in_words, logged_events
from gan.run.samples import read_samples, sample_path, sample_steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from gan.events import Event, Images
    from gan.export.snapshot import Snapshot
    from gan.export.tracked import Entry
    from gan.run.directory import RunDirectory

EVENT_FILES: Final = "*tfevents*"
"""What TensorBoard takes for an event file."""

GRID_SCALE: Final = 2
"""How many times as large grids of samples are."""

_MAX_GRIDS: Final = 1000
_TEMPORARY: Final = "export"
"""What the file is called while it is written, but for what `temporary_path` adds."""

_EXPORTED: Final = re.compile(r"events\.out\.tfevents\.[0-9]{10,}\.gan-tui")


def write_tensorboard(
    of: Snapshot,
    destination: Path,
    *,
    force: bool = False,
    report: Callable[[str], None] = quiet,
) -> list[Path]:
    """Write the run's event file into a folder, which is made if it is missing.

    Every step is in it: `losses/...` and `scores/...`; `quality/...` and `census/...` of each
    evaluation; `speed/...`; `samples`, at most a thousand grids; `config` and `marks`, as text. See
    `gan.export.named_files` for the arguments. With `force`, other event files of exports in the
    folder itself are removed.

    Raises:
        UsageError: As `require_free_for_events`.
        StorageError: The run can't be read, has no step yet, or the disk refused.
    """
    if not of.last_step:
        raise StorageError(f"{of.run.log_path} holds no steps{end_in_words(of.asked_step)} yet.")
    before = require_free_for_events(destination, force=force)
    with made_folder(destination):
        remove_leftovers_of(destination / _TEMPORARY)
        with storage_errors("write to", destination):
            path = _written(
                of, destination, lambda step: report(f"step {step:,} of {of.last_step:,}")
            )
    for other in before:
        if other != path:
            with storage_errors("remove", other):
                other.unlink()
    return [path]


def require_free_for_events(folder: Path, *, force: bool) -> list[Path]:
    """Refuse a folder that has event files, as TensorBoard would take all for one run.

    Args:
        folder: The folder itself matters, not those below it; it may be missing.
        force: Whether those of other exports may be replaced; never another program's.

    Returns:
        Those to replace.

    Raises:
        UsageError: It has event files that may not be replaced, or is no folder.
        StorageError: It can't be looked at.
    """
    require_folder(folder)
    with storage_errors("read", folder):
        found = sorted(path for path in folder.glob(EVENT_FILES) if path.is_file())
    foreign = [path for path in found if not _EXPORTED.fullmatch(path.name)]
    if foreign:
        raise UsageError(
            f"{folder} holds {_listed(foreign)}, which no export made. Name a folder of its own "
            "for each run."
        )
    if found and not force:
        raise UsageError(
            f"{folder} holds {_listed(found)}. Give --force to replace what an export put there, "
            "or name a folder of its own for each run."
        )
    return found


def _listed(files: list[Path]) -> str:
    """The first of some event files, and how many more there are."""
    more = f" and {len(files) - 1:,} more" if len(files) > 1 else ""
    return f"the event file {files[0].name!r:.80}{more}"


def _written(of: Snapshot, folder: Path, reached: Callable[[int], None]) -> Path:
    """Write the file under another name, which TensorBoard ignores, and rename it.

    Raises:
        OSError: The disk refused.
        StorageError: The run can't be read.
    """
    logged = iter(logged_events(of.run, of.last_step))
    first = next(logged)
    path, temporary = folder / event_file_name(first.time), temporary_path(folder / _TEMPORARY)
    pieces = _pieces(of, chain([first], logged), reached)
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
    of: Snapshot, logged: Iterable[Event], reached: Callable[[int], None]
) -> Iterator[bytes]:
    """A run's records, in the order of its log."""
    grids = _grids(of)
    entries = Entries(lambda drawn: _images(of.run, drawn.step) if drawn.step in grids else None)
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


def _grids(of: Snapshot) -> set[int]:
    """The steps of which the grids are written: all on disk, or more of the early ones."""
    steps = [step for step in sample_steps(of.run) if step <= of.last_step]
    return {steps[number] for number in thinned(len(steps), _MAX_GRIDS)}
