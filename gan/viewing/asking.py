"""The commands that a viewer has asked for, until each is answered or nobody is left to answer.

An answer may never come: a process that is killed takes the messages with it that it had read. What
it was asked then stays without an answer, whoever trains the run next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gan.run_facts.sighting import Asked, Liveness

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.disk.process import ProcessIdentity
    from gan.events import CommandAnswered
    from gan.run_facts.sighting import Sighting

GRACE_SECONDS: Final = 5.0
"""How long an answer is waited for once the process is gone. Its last lines may be seen after its
status, and one that resumes the run refuses what it finds in the mailbox."""

_DONE_SECONDS: Final = 2.0
"""How long the screen says that a command was carried out."""


@dataclass(slots=True)
class _Entry:
    """A command without an answer."""

    name: str
    at: float
    """When it was posted."""

    process: ProcessIdentity | None
    """The process that it was meant for; `None` for whichever trains."""

    gone_at: float | None = None
    """When that process was first seen to be gone."""


class Asking:
    """Kept by the viewer's thread; any thread may read it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Nothing is asked yet.

        Args:
            clock: A monotonic clock in seconds.
        """
        self._clock = clock
        self._entries: dict[str, _Entry] = {}
        self._sent: set[str] = set()
        self._done = ("", 0.0)
        """The command that was carried out last, and when its answer came."""

    @property
    def unanswered(self) -> tuple[Asked, ...]:
        """The commands without an answer, oldest first."""
        now = self._clock()
        return tuple(Asked(entry.name, now - entry.at) for entry in tuple(self._entries.values()))

    @property
    def done(self) -> str:
        """The command that was carried out last, for a moment; empty otherwise."""
        name, at = self._done
        return name if self._clock() - at < _DONE_SECONDS else ""

    def has(self, message_id: str) -> bool:
        """Whether a message was sent from here."""
        return message_id in self._sent

    def add(self, message_id: str, name: str, process: ProcessIdentity | None) -> None:
        """A message was posted.

        Args:
            message_id: Its id.
            name: Its command in words.
            process: The process that it is meant for; `None` for whichever trains the run.
        """
        self._sent.add(message_id)
        self._entries[message_id] = _Entry(name, self._clock(), process)

    def answer(self, event: CommandAnswered) -> None:
        """An answer is in the log; one to another viewer changes nothing."""
        entry = self._entries.pop(event.id, None)
        if entry is not None and event.done:
            self._done = (entry.name, self._clock())

    def take_lost(self, sighting: Sighting) -> list[str]:
        """Forget the commands that nobody is left to answer, and return their names.

        Args:
            sighting: What is known now of the process that trains.
        """
        now, lost = self._clock(), []
        for message_id, entry in tuple(self._entries.items()):
            if not _is_gone(entry.process, sighting):
                entry.gone_at = None
            elif entry.gone_at is None:
                entry.gone_at = now
            elif now - entry.gone_at >= GRACE_SECONDS:
                del self._entries[message_id]
                lost.append(entry.name)
        return lost


def _is_gone(process: ProcessIdentity | None, sighting: Sighting) -> bool:
    """Whether a process trains the run no more; for `None`, whether none does."""
    if sighting.liveness in (Liveness.ENDED, Liveness.DIED):
        return True
    if process is None or sighting.process is None:
        return False
    return not process.is_same_as(sighting.process)
