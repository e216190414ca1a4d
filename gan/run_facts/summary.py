"""What a list of runs says of each: a record, without code that reads anything."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from gan.run_facts.sighting import Liveness

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """One run as it stood at one look. What is unknown is `None`, or empty in a text."""

    name: str
    """The directory's name, as it is: not yet safe to show."""

    path: Path
    """The directory's absolute path."""

    state: str
    """What it is doing or how it ended, in words: `training`, `finished`, `died`, `damaged`."""

    liveness: Liveness

    phase: str = ""
    """The phase in its status; of a process that is gone, its last one."""

    program: str = ""
    """The program whose loop is recorded; empty for a run that gan-tui trains."""

    preset: str = ""
    data: str = ""
    """Short name of the data set, or the `--data` of the run if it hasn't loaded any yet."""

    step: int | None = None
    total_steps: int | None = None

    images_per_second: float | None = None
    """Real images used per second; only while it trains, and its batch size is known."""

    steps_per_second: float | None = None
    """Only while it trains."""

    d_loss: float | None = None
    g_loss: float | None = None
    """The last step's losses; `None` also if they aren't finite."""

    fd: float | None = None
    """The Frechet distance of the newest evaluation."""

    best_fd: float | None = None
    best_fd_step: int | None = None

    heard_at: float | None = None
    """When its status was written, or without one when it was created; seconds since the Unix
    epoch, on the clock of the host that trained it."""

    age_seconds: float | None = None
    """How long ago that was. For people to read: two hosts' clocks may differ."""

    size_bytes: int | None = None
    """What it takes on disk; `None` if that wasn't measured yet, or a folder can't be read."""

    exit_code: int | None = None
    exit_reason: str = ""
    error: str = ""
    """One line, if an error ended the run."""

    problems: tuple[str, ...] = ()
    """What is wrong with its files or its disk, each in a clause."""

    @property
    def note(self) -> str:
        """The problems and the error in one line, not yet safe to show; usually empty."""
        return "; ".join(text for text in (*self.problems, self.error) if text)

    @property
    def is_live(self) -> bool:
        """Whether it is known that a process trains it."""
        return self.liveness is Liveness.LIVE

    @property
    def has_ended(self) -> bool:
        """Whether it is known that no process trains it."""
        return self.liveness in (Liveness.ENDED, Liveness.DIED)

    def to_json(self) -> dict[str, Any]:
        """A dictionary of JSON values, one entry per field."""
        return {
            **asdict(self),
            "path": str(self.path),
            "liveness": self.liveness.value,
            "problems": list(self.problems),
        }
