"""How `pytest -n 2` spreads the suite over processes.

Tests are handed out by lane, and a lane stays in one process. A file is a lane, so the processes
that its tests share are started once. All tests that train in their own process are one lane, so
each program is compiled once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

COMPILING: Final = tuple(
    f"tests/gan/{folder}/" for folder in ("bench", "headless", "models", "session", "training")
)
"""Folders whose tests train in the test's own process."""

LONG: Final = (*COMPILING, "tests/end_to_end/", "tests/pty/")
"""Folders that start first, so that short files fill the gaps at the end."""


def lane_of(nodeid: str) -> str:
    """The lane of a test, by its node id."""
    return "compiling" if nodeid.startswith(COMPILING) else nodeid.partition("::")[0]


class Lanes(LoadScopeScheduling):
    """Hands out whole lanes, long ones first."""

    def _split_scope(self, nodeid: str) -> str:
        return lane_of(nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        waiting = self.workqueue
        long = (lane for lane, tests in waiting.items() if next(iter(tests)).startswith(LONG))
        waiting.move_to_end(next(long, next(iter(waiting))), last=False)
        super()._assign_work_unit(node)
