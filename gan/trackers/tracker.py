"""What a tracker is to a run: it is opened once, told entries, and closed once, in one thread."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gan.export.tracked import Entry
    from gan.run.directory import RunDirectory


class Ending(str, Enum):
    """How a run has ended, as trackers distinguish it."""

    FINISHED = "finished"
    """It reached its end."""

    STOPPED = "stopped"
    """It was stopped before, or its process was killed."""

    FAILED = "failed"
    """An error or a loss that is not finite ended it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """A run at the start of its process."""

    run: RunDirectory
    name: str
    config: Mapping[str, Any]
    """As `RunConfig.to_json` gives it."""

    step: int
    """The step that it resumes from; 0 for a new run."""

    time: float
    """Seconds since the Unix epoch."""


class TrackerError(Exception):
    """A tracker can't go on; the message is a sentence."""


class Tracker(Protocol):
    """Takes a run's entries. Any method may raise any error, and then none is called again."""

    def open(self, beginning: Beginning) -> None:
        """Begin a run, or go on with the one that this run had there."""

    def write(self, entry: Entry) -> None:
        """Take an entry."""

    def rewind(self, step: int, time: float) -> None:
        """Note that the run went back to this step, and makes the later ones anew."""

    def close(self, ending: Ending) -> None:
        """End the run there; returns once everything is kept."""

    def abandon(self) -> str:
        """Let go of it, from another thread, because it takes too long.

        Returns:
            What becomes of it, in a sentence; empty if there is nothing to say.
        """
