"""What another process knows of the one that trains a run. Records only; `gan.run` judges."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gan.disk.process import ProcessIdentity

SLOW_SECONDS: Final = 10.0
"""After this an answer is missed."""


class Liveness(Enum):
    """What is known of the process that trains a run, or has trained it."""

    UNKNOWN = "not known yet"
    """It is on another machine, and was not watched for long enough; or nothing is known of it."""

    LIVE = "live"
    """It runs."""

    SILENT = "silent"
    """Nothing was heard of it for a while: it is stopped, cut off from the disk, or dead."""

    ENDED = "ended"
    """The run has recorded its end."""

    DIED = "died"
    """Its process is gone without having recorded an end."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """What is known of a run's process at one moment."""

    liveness: Liveness
    seconds: float = 0.0
    """How long nothing has been heard of it, on the reader's clock."""

    process: ProcessIdentity | None = None
    """The process; `None` if the status names none."""

    @property
    def may_be_live(self) -> bool:
        """Whether the run may still be trained."""
        return self.liveness in (Liveness.LIVE, Liveness.SILENT, Liveness.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Asked:
    """A command that has no answer yet."""

    name: str
    seconds: float
    """How long ago it was asked."""


@dataclass(frozen=True, slots=True)
class Viewing:
    """What a viewer knows of the process that trains, at one moment."""

    may_steer: bool = True
    """Whether commands may be sent; else the run is only watched."""

    sighting: Sighting = field(default_factory=lambda: Sighting(Liveness.UNKNOWN))
    asked: tuple[Asked, ...] = ()
    """The commands without an answer, oldest first."""

    done: str = ""
    """The command that was carried out last, for a moment; empty otherwise."""

    reading: float | None = None
    """The share of a long log that was read, from 0 to 1, until all of it is; then `None`."""

    recording: str = ""
    """What a recording that is played says of itself; empty for a run."""

    obeyed: frozenset[str] = frozenset()
    """The commands that whoever plays a recording carries out, by their names."""

    @property
    def can_steer(self) -> bool:
        """Whether a command has somebody to carry it out."""
        return self.may_steer and self.sighting.may_be_live

    def obeys(self, command: str) -> bool:
        """Whether a command of this name has somebody to carry it out."""
        return self.can_steer or command in self.obeyed
