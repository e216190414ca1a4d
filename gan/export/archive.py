"""What a run that is going on keeps on disk, for whoever looks back at it or takes something away.

Apart from the session, because it only reads what is written already and writes beside it: the
training does not know of it. The run directory is asked for at every call, since a run has none
before it has begun.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gan.errors import StorageError
from gan.export import writer
from gan.run.directory import RunDirectory
from gan.run.samples import read_samples

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.events import Images


class RunArchive:
    """Grids to look at again, and files for people. Everything may raise `StorageError`."""

    def __init__(self, run_dir: Callable[[], str]) -> None:
        """Begin with nothing read.

        Args:
            run_dir: The run directory's path; empty while there is none.
        """
        self._run_dir = run_dir

    def grid(self, path: str) -> Images:
        """A grid, 16 x 28 x 28, from its picture's path in the run directory."""
        return read_samples(self._run(), path)

    def write_grid(self, step: int, images: Images) -> str:
        """A grid as a PNG, four pixels for one; returns its path."""
        return str(writer.write_grid(self._run(), step, images))

    def write_history(self, step: int) -> str:
        """The grids up to a step as a GIF; returns its path."""
        return str(writer.write_history(self._run(), until=step))

    def write_losses(self) -> str:
        """Every step as CSV; returns its path."""
        return str(writer.write_losses(self._run()))

    def write_screen(self, step: int, svg: str) -> str:
        """A picture of the screen as SVG; returns its path."""
        return str(writer.write_screen(self._run(), step, svg))

    def _run(self) -> RunDirectory:
        path = self._run_dir()
        if not path:
            msg = "the run has no directory yet. Wait until it trains."
            raise StorageError(msg)
        return RunDirectory(Path(path))
