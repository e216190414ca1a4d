"""Writes the exports of the dashboard: whole files in the run's `exports` folder.

They are named after what they are, and a file of the same name is replaced.
`gan.export.named_files` writes where a person says.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from gan.disk import permissions
from gan.disk.files import replace_file
from gan.disk.os_errors import storage_errors
from gan.errors import StorageError
from gan.export.grids import grids_up_to
from gan.export.loss_table import losses_csv
from gan.export.pictures import grid_png, history_gif, thinned
from gan.export.quality_table import quality_csv
from gan.export.request import NO_SAMPLES
from gan.export.series_table import series_csv
from gan.run.recorded import recorded_program
from gan.run.samples import read_samples, sample_path
from gan.text.safe_text import safe_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from gan.export.request import ExportKind, ExportRequest
    from gan.run.directory import RunDirectory


_WEB_FONT: Final = re.compile(r"\s*@font-face\s*\{[^}]*\}")
"""A rule that has a browser fetch a font from another host."""

_FONT_NAME: Final = "Fira Code, "
"""The name of that font in a picture of Rich, before `monospace`."""


def export(run: RunDirectory, request: ExportRequest, folder: Path | None = None) -> Path:
    """Write one file and return its path.

    Args:
        run: The run.
        request: What to write.
        folder: Where to; `None` for the run's own folder of exports. In another one the file's name
            begins with that of the run.

    Raises:
        StorageError: The run's files cannot be read, there is nothing to export, or the disk
            refused.
    """
    kind = EXPORTS[request.kind]
    name = kind.file_name.format(step=request.step)
    if folder is None:
        return _write(run.exports_path / name, kind.content(run, request), makes_folder=True)
    path = folder / f"{run.name}-{name}"
    return _write(path, kind.content(run, request), makes_folder=False)


def _grid(run: RunDirectory, request: ExportRequest) -> Iterable[bytes]:
    """The sixteen images that are shown, as a PNG."""
    del run
    if request.images is None:
        raise StorageError(NO_SAMPLES)
    return [grid_png(request.images)]


def _film(run: RunDirectory, request: ExportRequest) -> Iterable[bytes]:
    """The run's grids up to the requested step, as a GIF. Reads only those that it shows.

    After a rollback, grids beyond that step belong to the branch that was left.
    """
    steps = grids_up_to(run, request.step)
    shown = [steps[number] for number in thinned(len(steps))]
    return [history_gif([read_samples(run, sample_path(run, step)) for step in shown])]


def _losses(run: RunDirectory, request: ExportRequest) -> Iterable[bytes]:
    """Every step of the run's log as CSV, streamed in little memory."""
    if recorded_program(run):
        return (lines.encode() for lines in series_csv(run, request.last_step))
    return (lines.encode("ascii") for lines in losses_csv(run, request.last_step))


def _quality(run: RunDirectory, request: ExportRequest) -> Iterable[bytes]:
    """Every evaluation in the run's log as CSV."""
    lines_of = quality_csv(run, request.last_step)
    return (lines.encode("ascii", "backslashreplace") for lines in lines_of)


def _screen(run: RunDirectory, request: ExportRequest) -> Iterable[bytes]:
    """A picture of the screen as SVG, in the viewer's own font: it loads nothing."""
    del run
    svg = _WEB_FONT.sub("", request.svg).replace(_FONT_NAME, "")
    return [safe_lines(svg).encode()]


class _Export(NamedTuple):
    """A kind of export."""

    file_name: str
    """May contain `{step}`."""

    content: Callable[[RunDirectory, ExportRequest], Iterable[bytes]]
    """The file in pieces. May raise `StorageError`, before the first piece or between two."""


EXPORTS: Final[dict[ExportKind, _Export]] = {
    "grid": _Export("grid-{step:06d}.png", _grid),
    "film": _Export("history.gif", _film),
    "losses": _Export("losses.csv", _losses),
    "quality": _Export("quality.csv", _quality),
    "screen": _Export("screen-{step:06d}.svg", _screen),
}
"""Every kind of export, by name."""


def _write(path: Path, pieces: Iterable[bytes], *, makes_folder: bool) -> Path:
    with storage_errors("write", path):
        mode = permissions.OWNER_ONLY
        if makes_folder:
            permissions.make_folder(path.parent, exist_ok=True)
            mode = permissions.mode_beside(path)
        replace_file(path, pieces, mode=mode)
    return path
