"""Writes a run as an event file for TensorBoard: every step, the evaluations, the grids.

The file is written by tensorboardX, which needs no TensorFlow. One folder holds one run, as
TensorBoard expects it; folders side by side are compared there.
"""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING, Any, Final

from gan.disk.files import fsync_directory
from gan.disk.leftovers import temporary_path
from gan.disk.os_errors import storage_errors
from gan.errors import StorageError, UsageError
from gan.events import (
    Event,
    QualityMeasured,
    RunStarted,
    SamplesDrawn,
    SeriesLogged,
    StepsCompleted,
)
from gan.export.named_files import quiet
from gan.export.pictures import grid_png, thinned
from gan.export.quality_table import FIGURES
from gan.export.series_table import values_of
from gan.export.up_to_step import end_in_words, last_step_of, logged_events, newest_step
from gan.run.samples import read_samples, sample_path, sample_steps
from gan.text.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator
    from pathlib import Path

    from gan.run.directory import RunDirectory
    from gan.run.reference import At

    Record = Any
    """TensorBoard's own `Event`, a protocol buffer; tensorboardX publishes no types."""

LOSSES: Final = {
    "losses/d_loss": "d_loss",
    "losses/g_loss": "g_loss",
    "scores/real_score": "real_score",
    "scores/fake_score": "fake_score",
}
"""The tags of the values of a step, and their names in `StepsCompleted`."""

SAMPLES_TAG: Final = "samples"
CONFIG_TAG: Final = "config"

_NAME: Final = "events.out.tfevents.{created:010d}.gan-tui"
_EVENT_FILES: Final = "*tfevents*"
"""What TensorBoard takes for an event file."""

_MAX_GRIDS: Final = 1000
_SCALE: Final = 2
_VERSION: Final = "brain.Event:2"
"""What the first record of an event file says."""


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
    evaluation; `samples`, at most a thousand grids; `config`, as text. See `gan.export.named_files`
    for the arguments. With `force`, other event files in the folder itself are removed.

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
        return sorted(path for path in folder.glob(_EVENT_FILES) if path.is_file())


def _written(
    run: RunDirectory, last_step: int | None, folder: Path, reached: Callable[[int], None]
) -> Path:
    """Write the file under another name, which TensorBoard ignores, and rename it.

    Raises:
        OSError: The disk refused.
        StorageError: The run can't be read.
    """
    from tensorboardX import RecordWriter

    temporary, created = temporary_path(folder / "export"), None
    try:
        writer = RecordWriter(str(temporary))
        try:
            for record in records(run, last_step, reached):
                created = record.wall_time if created is None else created
                writer.write(record.SerializeToString())
            writer.flush()
        finally:
            writer.close()
        path = folder / _NAME.format(created=int(created or 0))
        temporary.replace(path)
        fsync_directory(folder)
    except BaseException:
        # Report the first failure; a leftover file is harmless.
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    return path


def records(
    run: RunDirectory, last_step: int | None, reached: Callable[[int], None]
) -> Iterator[Record]:
    """The records of a run's event file, in the order of its log.

    Args:
        run: The run.
        last_step: The last step; `None` for all.
        reached: Told the step that was reached.

    Raises:
        StorageError: The run can't be read.
    """
    from tensorboardX.proto import event_pb2

    grids, clock, series_clock = _grids(run, last_step), StepClock(), StepClock()
    is_first = True
    for event in logged_events(run, last_step):
        if is_first:
            yield event_pb2.Event(wall_time=event.time, file_version=_VERSION)
            is_first = False
        if isinstance(event, StepsCompleted):
            yield from _of_steps(event, clock.times(event))
            reached(event.last_step)
        elif isinstance(event, SeriesLogged):
            yield from _of_series(event, series_clock.times(event))
            reached(event.last_step)
        else:
            yield from _of_event(event, run, grids)


class StepClock:
    """When each step was finished, of which the log has only the last of several."""

    def __init__(self) -> None:
        self._train_seconds = 0.0

    def times(self, event: StepsCompleted | SeriesLogged) -> list[float]:
        """Seconds since the Unix epoch, one for each step of the next event of a log."""
        count = event.last_step - event.first_step + 1
        # Not since the event before: between two there may be a pause, or the night of a resume.
        spent, self._train_seconds = event.train_seconds - self._train_seconds, event.train_seconds
        each = max(spent, 0.0) / max(count, 1)
        return [event.time - (count - 1 - place) * each for place in range(count)]


def _of_steps(event: StepsCompleted, times: list[float]) -> Iterator[Record]:
    """One record for each step with all its values, but for scores that a loop doesn't log."""
    logged = values_of(event)
    columns = {tag: logged[name] for tag, name in LOSSES.items() if name in logged}
    for place, values in enumerate(zip(*(one.tolist() for one in columns.values()), strict=True)):
        yield _scalars(columns, values, event.first_step + place, times[place])


def _of_series(event: SeriesLogged, times: list[float]) -> Iterator[Record]:
    """One record for each step at which something was logged."""
    columns = [safe_text(name) for name in event.series]
    rows = zip(*(values.tolist() for values in event.series.values()), strict=True)
    for place, row in enumerate(rows):
        logged = {tag: one for tag, one in zip(columns, row, strict=True) if not math.isnan(one)}
        if logged:
            yield _scalars(logged, logged.values(), event.first_step + place, times[place])


def _scalars(tags: Iterable[str], values: Iterable[float], step: int, at: float) -> Record:
    from tensorboardX.proto import event_pb2, summary_pb2

    pairs = zip(tags, values, strict=True)
    scalars = [summary_pb2.Summary.Value(tag=tag, simple_value=one) for tag, one in pairs]
    return event_pb2.Event(wall_time=at, step=step, summary=summary_pb2.Summary(value=scalars))


def _of_event(event: Event, run: RunDirectory, grids: Container[int]) -> Iterator[Record]:
    """What any other event is in TensorBoard: nothing, for most."""
    from tensorboardX.proto import event_pb2

    summary = None
    if isinstance(event, QualityMeasured):
        summary = _quality(event)
    elif isinstance(event, SamplesDrawn) and event.path is not None and event.step in grids:
        summary = _grid(run, event.step)
    elif isinstance(event, RunStarted):
        summary = _config(event)
    if summary is not None:
        step = getattr(event, "step", 0)
        yield event_pb2.Event(wall_time=event.time, step=step, summary=summary)


def _quality(event: QualityMeasured) -> Any:
    """The figures and the census, without those that the data don't allow."""
    from tensorboardX.proto import summary_pb2

    figures = {f"quality/{name}": getattr(event, name) for name in FIGURES}
    labels = event.classes or range(len(event.census))
    shares = {
        f"census/class_{label}": share
        for label, share in zip(labels, event.census.tolist(), strict=False)
    }
    return summary_pb2.Summary(
        value=[
            summary_pb2.Summary.Value(tag=tag, simple_value=value)
            for tag, value in {**figures, **shares}.items()
            if math.isfinite(value)
        ]
    )


def _grid(run: RunDirectory, step: int) -> Any:
    from tensorboardX.proto import summary_pb2

    images = read_samples(run, sample_path(run, step))
    side = 4 * images.shape[1] * _SCALE
    image = summary_pb2.Summary.Image(
        height=side, width=side, colorspace=1, encoded_image_string=grid_png(images, _SCALE)
    )
    return summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag=SAMPLES_TAG, image=image)])


def _config(event: RunStarted) -> Any:
    """The configuration as a table in Markdown, which TensorBoard shows as text."""
    from tensorboardX import summary

    rows = [f"| {_cell(name)} | {_cell(value)} |" for name, value in event.config.items()]
    return summary.text(CONFIG_TAG, "\n".join(["| option | value |", "|---|---|", *rows]))


def _cell(value: object) -> str:
    return safe_text("not set" if value is None else str(value)).replace("|", r"\|")


def _grids(run: RunDirectory, last_step: int | None) -> set[int]:
    """The steps of which the grids are written: all on disk, or more of the early ones."""
    steps = [step for step in sample_steps(run) if last_step is None or step <= last_step]
    return {steps[number] for number in thinned(len(steps), _MAX_GRIDS)}
