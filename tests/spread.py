"""How `pytest -n 2` spreads the suite over processes.

Tests are handed out by lane, and a lane stays in one process. A file is a lane, so the processes
that its tests share are started once. All tests that train with the shared programs are one lane,
so each program is compiled once. It takes nearly half of the fast part's time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

COMPILING: Final = tuple(f"tests/gan/{folder}/" for folder in ("headless", "session", "training"))
"""Folders whose tests train in the test's own process, with the programs that they share."""

LONG: Final = (
    *COMPILING,
    "tests/end_to_end/",
    "tests/pty/",
    "tests/tui/app/",
    "tests/gan/models/",
    "tests/test_import_hygiene.py",
    "tests/tui/test_snapshots.py",
)
"""What starts first, the longest at the front, so that short files fill the gaps at the end."""


def lane_of(nodeid: str) -> str:
    """The lane of a test, by its node id."""
    return "compiling" if nodeid.startswith(COMPILING) else nodeid.partition("::")[0]


def place_of(nodeid: str) -> int:
    """When the lane of a test starts, relative to others: 0 is first."""
    places = (place for place, start in enumerate(LONG) if nodeid.startswith(start))
    return next(places, len(LONG))


class Lanes(LoadScopeScheduling):
    """Hands out whole lanes, long ones first."""

    def _split_scope(self, nodeid: str) -> str:
        return lane_of(nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        waiting = self.workqueue
        # Of equal lanes, the one with the most tests: xdist has sorted them.
        first = min(waiting, key=lambda lane: place_of(next(iter(waiting[lane]))))
        waiting.move_to_end(first, last=False)
        super()._assign_work_unit(node)
