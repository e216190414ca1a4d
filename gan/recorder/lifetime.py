"""How long a recorder records: to its end, to that of its program, and not in a forked process."""

from __future__ import annotations

import atexit
import os
import sys
import weakref
from typing import TYPE_CHECKING

from gan.recorder.ending import Ending

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.run.directory import RunDirectory


class Lifetime:
    """Says whether a run may still be logged to, and ends it once."""

    def __init__(self, run: RunDirectory, end: Callable[[Ending], None]) -> None:
        """Begin the run's life in this process.

        Args:
            run: The run.
            end: Ends it; called once at most.
        """
        self._run, self._end = run, end
        self.refusal = ""
        """Why nothing can be logged any more; empty while the run goes on."""

        atexit.register(self._exit)
        os.register_at_fork(after_in_child=_refusing(self, os.getpid()))

    def require(self) -> None:
        """Refuse what comes after the end.

        Raises:
            RuntimeError: The run has ended, or is that of another process.
        """
        if self.refusal:
            raise RuntimeError(self.refusal)

    def end(self, ending: Ending) -> None:
        """End the run; does nothing if it has ended, or is that of another process."""
        if not self.refusal:
            self.refusal = f"the run {self._run.path} has ended; open another Recorder"
            atexit.unregister(self._exit)
            self._end(ending)

    def leave_to(self, pid: int) -> None:
        """Record nothing in this process, which was forked from the one with number `pid`."""
        self.refusal = (
            f"the run {self._run.path} is recorded by process {pid}, from which this one was "
            "forked; log there, or open a Recorder here"
        )

    def _exit(self) -> None:
        """End the run of a program that ends without `close`, by what has ended the program."""
        error = None if hasattr(sys, "ps1") else getattr(sys, "last_value", None)
        self.end(Ending(is_stopped=True, error=error))


def _refusing(lifetime: Lifetime, pid: int) -> Callable[[], None]:
    """What a forked process calls first: it has none of the recorder's threads."""
    reference = weakref.ref(lifetime)

    def refuse() -> None:
        forked = reference()
        if forked is not None:
            forked.leave_to(pid)

    return refuse
