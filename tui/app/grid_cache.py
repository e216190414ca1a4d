"""The run's earlier grids, read back when somebody looks at them again, and kept a while.

Apart from the application because it is the one part of looking back that waits for a disk: it does
so in another thread, and a film that was played once plays again from memory.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from tui.model.view import Picture

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.events import Images
    from tui.model.run_state import Grid, RunState

_MOST_KEPT: Final = 256
"""Grids of 12.5 kB each: a few megabytes."""


class GridCache:
    """Opens grids by their place in the run."""

    def __init__(self, read: Callable[[str], Images]) -> None:
        """Begin with nothing kept.

        Args:
            read: A grid's images from its path; it may wait, and raise `GanTuiError`.
        """
        self._read = read
        self._kept: OrderedDict[Grid, Images] = OrderedDict()

    async def open(self, run: RunState, place: int) -> Picture:
        """The grid at this place of `run.grids`.

        Raises:
            GanTuiError: It cannot be read.
        """
        grid, count = run.grids[place], len(run.grids)
        if grid not in self._kept:
            self._keep(grid, await asyncio.to_thread(self._read, grid.path))
        words = f"step {grid.step:,}, grid {place + 1} of {count}"
        return Picture(images=self._kept[grid], words=words, step=grid.step)

    def forget(self) -> None:
        """Read everything anew: after a roll back other grids are drawn at the same steps."""
        self._kept.clear()

    def _keep(self, grid: Grid, images: Images) -> None:
        self._kept[grid] = images
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
