"""`gan-tui export --svg`: the dashboard of a run, or a part of it, drawn without a terminal."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from gan.export.destination import write_whole
from gan.export.named_files import quiet
from gan.export.request import ExportRequest
from gan.export.writer import EXPORTS
from gan.options import Values
from gan.run.run_reader import RunReader
from tui.commands.whole_run import read_whole

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gan.export.snapshot import Snapshot
    from tui.choices import Glyphs, Part, ThemeName
    from tui.model.run_state import RunState

DEFAULT_SIZE: Final = "120x40"
_SIZE: Final = re.compile(r"(?P<columns>[0-9]{1,4})x(?P<rows>[0-9]{1,4})")
_SMALLEST: Final = (30, 8)
_LARGEST: Final = (1000, 500)


def size_values() -> Values:
    """Sizes of a screen in cells, such as `120x40`."""
    bounds = "x".join(map(str, _SMALLEST)), "x".join(map(str, _LARGEST))

    def allows(value: Any) -> bool:
        match = _SIZE.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            return False
        cells = int(match["columns"]), int(match["rows"])
        bounded = zip(_SMALLEST, cells, _LARGEST, strict=True)
        return all(low <= value <= high for low, value, high in bounded)

    return Values(f"columns x rows from {bounds[0]} to {bounds[1]}, such as {DEFAULT_SIZE}", allows)


def write_screen(
    of: Snapshot,
    destination: Path,
    *,
    force: bool = False,
    report: Callable[[str], None] = quiet,
    size: str = DEFAULT_SIZE,
    glyphs: Glyphs = "auto",
    theme: ThemeName = "dark",
    part: Part = "dashboard",
) -> list[Path]:
    """Write the dashboard as it shows the run, as an SVG; see `gan.export.named_files`.

    Args:
        of: The run, as far as which step.
        destination: The file.
        force: Whether to replace it.
        report: Told what is being done.
        size: Of the screen in cells, one of `size_values`.
        glyphs: What the digits are drawn with.
        theme: The colours.
        part: All of the dashboard, or what alone.
    """
    from tui.app.still import screen_svg
    from tui.model.view import View
    from tui.widgets.scene_view import Scene

    reader = RunReader(of.run)
    state = with_newest_grid(read_whole(reader, of.last_step, report).run, reader)
    columns, rows = map(int, size.split("x"))
    report(f"drawing {columns}x{rows}")
    scene = Scene(run=state, view=View(glyphs=glyphs, theme=theme))
    svg = screen_svg(scene, columns, rows, part)
    request = ExportRequest(kind="screen", step=state.progress.step, svg=svg)
    return [write_whole(destination, EXPORTS["screen"].content(of.run, request), force=force)]


def with_newest_grid(state: RunState, reader: RunReader) -> RunState:
    """The state with the images of its newest grid, which no log holds; as it is without grids.

    Raises:
        StorageError: The grid can't be read.
    """
    if not state.grids:
        return state
    newest = state.grids[-1]
    return replace(state, images=reader.grid(newest.path), images_step=newest.step)
