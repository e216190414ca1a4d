"""What must not be missed: which events are told with a toast, the bell and the window's name.

Pure, and apart from the application, so that what is loud is one list.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from gan import events
from gan.text.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.events import Event
    from gan.progress import RunProgress


@dataclass(frozen=True, slots=True)
class Alert:
    """Something to be told at once."""

    title: str
    message: str

    severity: Literal["information", "warning", "error"]

    @property
    def rings(self) -> bool:
        """Whether the bell rings for it."""
        return self.severity != "information"


_ALERTS: Final[dict[type[Event], Callable[[Any], Alert]]] = {
    events.Diverged: lambda event: Alert("Diverged", event.message, "error"),
    events.AlertRaised: lambda event: Alert("Alert", event.message, "warning"),
    events.StorageFaulted: lambda event: Alert(
        "The disk fails", f"{event.what}: {event.message}", "error"
    ),
    events.StorageRecovered: lambda event: Alert(
        "The disk works", f"{event.what} is written again", "information"
    ),
    events.CheckpointRejected: lambda event: Alert(
        "Checkpoint damaged", f"{event.path}: {event.reason}", "warning"
    ),
    events.CheckpointSaved: lambda event: Alert("Saved", event.path, "information"),
}


def alert_of(event: Event) -> Alert | None:
    """The event as an alert; none for what the log alone tells."""
    make = _ALERTS.get(type(event))
    is_routine = isinstance(event, events.CheckpointSaved) and not event.requested
    if make is None or is_routine:
        return None
    alert = make(event)
    return replace(alert, message=safe_text(alert.message))


def window_title(progress: RunProgress) -> str:
    """What the terminal's window is called: how far which run is, and what troubles it."""
    name = progress.name or "gan-tui"
    if progress.diverged_step is not None:
        return f"! {name}: diverged at step {progress.diverged_step:,}"
    if progress.faults and not progress.ended:
        return f"! {name}: the disk fails"
    if not progress.total_steps:
        return f"{name}: {progress.phase.value}"
    share = int(100 * progress.step / progress.total_steps)
    return f"{name}: {progress.phase.value} {share}%"
