"""How the suite is spread over processes by `pytest -n 2`, and why not test by test.

A lane is what stays in one process: a file, so that what its tests share is started once; and all
that trains in the test's own process, so that TensorFlow is loaded and a program compiled once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

COMPILING: Final = tuple(
    f"tests/gan/{folder}/" for folder in ("bench", "headless", "models", "session", "training")
)
"""Where TensorFlow is loaded into the test's own process."""

LONG: Final = (*COMPILING, "tests/end_to_end/", "tests/pty/")
"""What begins first, so that short files fill up the time at the end."""


def lane_of(nodeid: str) -> str:
    """The lane of a test, by its node id: the file's path, or its first folders."""
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
