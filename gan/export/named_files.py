"""Exports to a file that a person names: a grid, the film of all grids, the tables.

Every `write_...` of `gan.export` is called alike, so that a list of formats can hold them: with
what is exported (`gan.export.snapshot`), the destination, whether to replace what is there
(`force`), and whom to tell in a few words what is being done (`report`). Each returns the files
that it wrote, and raises

    UsageError: The destination exists, and `force` is false.
    StorageError: The run can't be read, has nothing of the kind, or the disk refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gan.export.destination import write_whole
from gan.export.grids import grids_up_to
from gan.export.request import ExportRequest
from gan.export.writer import EXPORTS
from gan.run.samples import read_samples, sample_path
from gan.text import units

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from gan.export.request import ExportKind
    from gan.export.snapshot import Snapshot

    Report = Callable[[str], None]


def quiet(words: str) -> None:
    """A report that nobody reads."""
    del words


def write_grid(
    of: Snapshot, destination: Path, *, force: bool = False, report: Report = quiet
) -> list[Path]:
    """Write the newest grid as a PNG, four times as large."""
    step = grids_up_to(of.run, of.last_step)[-1]
    report(f"the grid of step {step:,}")
    images = read_samples(of.run, sample_path(of.run, step))
    request = ExportRequest(kind="grid", step=step, images=images)
    return [_write(of, request, destination, force=force, report=report)]


def remark_on_grid(of: Snapshot) -> str:
    """Of which step the grid is, if it is not the last; may raise `StorageError`."""
    step = grids_up_to(of.run, of.last_step)[-1]
    if step == of.last_step:
        return ""
    return f"the grid of step {step:,}, the newest up to step {of.last_step:,}"


def write_film(
    of: Snapshot, destination: Path, *, force: bool = False, report: Report = quiet
) -> list[Path]:
    """Write the run's grids as an animated GIF, twice as large, with more of the early ones."""
    request = ExportRequest(kind="film", step=of.last_step)
    return [_write(of, request, destination, force=force, report=report)]


def write_losses(
    of: Snapshot, destination: Path, *, force: bool = False, report: Report = quiet
) -> list[Path]:
    """Write the losses and scores of every step as CSV, or all series of a recorded run."""
    return [_write_table(of, "losses", destination, force=force, report=report)]


def write_quality(
    of: Snapshot, destination: Path, *, force: bool = False, report: Report = quiet
) -> list[Path]:
    """Write every evaluation as CSV."""
    return [_write_table(of, "quality", destination, force=force, report=report)]


def _write_table(
    of: Snapshot, kind: ExportKind, destination: Path, *, force: bool, report: Report
) -> Path:
    request = ExportRequest(kind=kind, step=0, last_step=of.last_step)
    return _write(of, request, destination, force=force, report=report)


def _write(
    of: Snapshot, request: ExportRequest, path: Path, *, force: bool, report: Report
) -> Path:
    pieces = EXPORTS[request.kind].content(of.run, request)
    return write_whole(path, _reported(pieces, report), force=force)


def _reported(pieces: Iterable[bytes], report: Report) -> Iterator[bytes]:
    done = 0
    for piece in pieces:
        yield piece
        done += len(piece)
        report(units.byte_size(done))
