"""Alerts: the events that raise a toast, and what they do to the bell and the window title."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from gan import events
from gan.events import Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.events import Event
    from gan.progress import RunProgress


@dataclass(frozen=True, slots=True)
class Alert:
    """A message to show at once."""

    title: str
    message: str

    severity: Literal["information", "warning", "error"]
    """As Textual's toasts name it."""

    @property
    def rings(self) -> bool:
        """Whether the bell rings for it."""
        return self.severity != "information"


_SIGNS: Final = {
    "classes_missing": "Classes missing",
    "variety_falling": "Variety falling",
    "copies": "Copies of training images",
    events.GPU_IDLE: "GPU not used",
    events.STALLED: "No steps",
}
"""Titles of the signs of failure that have one of their own, by the name of the alert."""

_ALERTS: Final[dict[type[Event], Callable[[Any], tuple[str, str]]]] = {
    events.Diverged: lambda event: ("Diverged", event.message),
    events.AlertRaised: lambda event: (_SIGNS.get(event.name, "Alert"), event.message),
    events.StorageFaulted: lambda event: (
        "Disk access failed",
        f"{event.what}: {event.message}",
    ),
    events.StorageRecovered: lambda event: ("Disk works again", f"{event.what} works again"),
    events.RunMoved: lambda event: ("Folder renamed", f"The run goes on in {event.run_dir}"),
    events.CheckpointRejected: lambda event: (
        "Checkpoint damaged",
        f"{event.path}: {event.reason}",
    ),
    events.CheckpointSaved: lambda event: ("Saved", event.path),
}
"""Title and message of each kind of event that raises an alert."""

_TOASTS: Final[dict[Severity, Literal["information", "warning", "error"]]] = {
    Severity.NOTICE: "information",
    Severity.WARNING: "warning",
    Severity.ERROR: "error",
}


def alert_of(event: Event) -> Alert | None:
    """The event as an alert; `None` if it only goes to the log.

    A checkpoint raises one only if a person asked for it.
    """
    words = _ALERTS.get(type(event))
    if words is None or event.severity not in _TOASTS:
        return None
    title, message = words(event)
    return Alert(title, message, _TOASTS[event.severity])


def window_title(progress: RunProgress) -> str:
    """The title of the terminal's window: the run, its progress, and any trouble."""
    name = progress.name or "gan-tui"
    if progress.diverged_step is not None:
        return f"! {name}: diverged at step {progress.diverged_step:,}"
    if progress.faults and not progress.ended:
        return f"! {name}: disk access failed"
    if not progress.total_steps:
        step = f" at step {progress.step:,}" if progress.step else ""
        return f"{name}: {progress.phase.value}{step}"
    share = int(100 * progress.step / progress.total_steps)
    return f"{name}: {progress.phase.value} {share}%"
