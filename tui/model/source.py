"""Where the dashboard's events come from and its commands go.

The one seam between the screen and a run: of this process, as in `LiveSource`, or of another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.commands import Command
    from gan.events import Event, Images
    from gan.export.request import ExportRequest
    from gan.readings import WorkerReading
    from gan.run_facts.sighting import Viewing


class Source(Protocol):
    """A run as the dashboard sees it."""

    def earlier(self) -> list[Event]:
        """Events from before the screen came that were found since the last call, oldest first.

        They come before those of `drain`, and nothing rings for them. Never waits.
        """

    def drain(self) -> list[Event]:
        """Every event since the last call, oldest first. Never waits."""

    def send(self, command: Command) -> None:
        """Ask something of the run. Never waits; an event reports when it has happened."""

    def viewing(self) -> Viewing | None:
        """What is known of the process that trains; `None` if it is this one."""

    def machines(self) -> tuple[WorkerReading, ...]:
        """What the machines of all workers are doing; empty for one process. Never waits."""

    def has_asked(self, message_id: str) -> bool:
        """Whether a message to the run was sent from this screen."""

    def output(self) -> list[str]:
        """What native libraries have printed since the last call. It may wait for the disk."""

    def read_grid(self, path: str) -> Images:
        """A grid of the run, 16 x 28 x 28, from its picture's path. It may wait for the disk.

        Raises:
            GanTuiError: It cannot be read.
        """

    def export(self, request: ExportRequest) -> str:
        """Write a file for people and return its path. It may take long.

        Raises:
            GanTuiError: It cannot be written.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSource:
    """A run in this process, as callables; each is described at `Source`."""

    earlier: Callable[[], list[Event]]
    drain: Callable[[], list[Event]]
    send: Callable[[Command], None]
    output: Callable[[], list[str]]
    read_grid: Callable[[str], Images]
    export: Callable[[ExportRequest], str]
    viewing: Callable[[], Viewing | None] = lambda: None
    machines: Callable[[], tuple[WorkerReading, ...]] = tuple
    has_asked: Callable[[str], bool] = lambda message_id: False  # noqa: ARG005 - none is sent
