"""Commands that wait for the trainer: repeats are one, and a stop comes first.

A key that is held, or a mailbox full of messages, asks for the same thing faster than it can be
done. What is asked again while it waits is done once, so a few commands wait at most.
"""

from __future__ import annotations

import queue
from typing import TYPE_CHECKING, Final

from gan.commands import (
    Abandon,
    Command,
    Interpolate,
    Pause,
    Resample,
    RestoreLatents,
    RollBack,
    SaveCheckpoint,
    ShowGenerator,
    Stop,
    Unpause,
    Watch,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_REPLACES: Final[dict[type, tuple[type, ...]]] = {
    Pause: (Pause, Unpause),
    Unpause: (Pause, Unpause),
    SaveCheckpoint: (SaveCheckpoint,),
    Resample: (Resample, RestoreLatents),
    RestoreLatents: (Resample, RestoreLatents),
    ShowGenerator: (ShowGenerator,),
    Interpolate: (Interpolate,),
    # A rollback undoes these. A checkpoint that was asked for before is what it goes back to.
    RollBack: (Pause, Unpause, Resample, RestoreLatents, Interpolate),
    Watch: (Watch,),
    Stop: (Stop,),
    Abandon: (Abandon,),
}
"""The waiting commands that a newer one makes pointless, by its kind."""


class WaitingCommands:
    """The trainer's end of the queue of commands. Used by the trainer thread only."""

    def __init__(self, arrivals: queue.SimpleQueue[Command]) -> None:
        """Begin with nothing waiting.

        Args:
            arrivals: Where commands arrive. It is emptied at every look, so that a stop is seen
                however many commands came before it. (A queue of Python's own, because a signal
                handler may put something into it at any moment.)
        """
        self._arrivals = arrivals
        self._waiting: list[Command] = []

    def __contains__(self, kind: type[Command]) -> bool:
        """Whether a command of this kind waits."""
        self._look()
        return any(isinstance(command, kind) for command in self._waiting)

    def take(self, *, no_save: bool = False) -> Command | None:
        """The next command, or `None` if none waits.

        Args:
            no_save: Whether a checkpoint that is asked for has to wait. It doesn't if a rollback
                waits too, because then it would be another one.
        """
        self._look()
        waiting = [c for c in self._waiting if not (no_save and isinstance(c, SaveCheckpoint))]
        if any(isinstance(command, RollBack) for command in self._waiting):
            waiting = self._waiting
        place = next_place(waiting)
        if place is None:
            return None
        command = waiting[place]
        # By identity: the same may wait before and after a rollback.
        self._waiting = [other for other in self._waiting if other is not command]
        return command

    def wait(self) -> None:
        """Wait until there is a command."""
        if not self._waiting:
            self._waiting = [self._arrivals.get(block=True)]

    def _look(self) -> None:
        while True:
            try:
                command = self._arrivals.get(block=False)
            except queue.Empty:
                return
            self._waiting = merged(self._waiting, command)


def merged(waiting: Sequence[Command], command: Command) -> list[Command]:
    """The waiting commands with one more, without those that it makes pointless.

    A checkpoint that is asked for before a rollback is not the one that is asked for after it, so
    only a stop replaces something before one. A second rollback would undo what came after the
    first.
    """
    if isinstance(command, Stop) and command.when != "now" and _stops_now(waiting):
        return list(waiting)
    rollbacks = [place for place, other in enumerate(waiting) if isinstance(other, RollBack)]
    first = rollbacks[-1] + 1 if rollbacks and not isinstance(command, Stop) else 0
    pointless = _REPLACES[type(command)]
    if isinstance(command, RollBack) and rollbacks:
        undone = (*pointless, SaveCheckpoint)
        return [*waiting[:first], *_without(undone, waiting[first:])]
    return [*waiting[:first], *_without(pointless, waiting[first:]), command]


def _without(kinds: tuple[type, ...], commands: Sequence[Command]) -> list[Command]:
    return [command for command in commands if not isinstance(command, kinds)]


def next_place(waiting: Sequence[Command]) -> int | None:
    """The index of the next command to carry out: a stop overtakes everything but a rollback.

    A run that is rolled back and stopped must not be saved as it was before. A run that belongs to
    another process must not be changed at all.
    """
    for place, command in enumerate(waiting):
        if isinstance(command, Abandon):
            return place
    for place, command in enumerate(waiting):
        if isinstance(command, RollBack):
            break
        if isinstance(command, Stop):
            return place
    if any(isinstance(command, Stop) for command in waiting):
        return next(n for n, command in enumerate(waiting) if isinstance(command, RollBack))
    return 0 if waiting else None


def _stops_now(waiting: Sequence[Command]) -> bool:
    return any(isinstance(command, Stop) and command.when == "now" for command in waiting)
