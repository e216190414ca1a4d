"""Commands that wait for the trainer: repeats are one, and a stop comes first.

A key that is held, or a mailbox full of messages, asks for the same thing faster than it can be
done. What is asked again while it waits is done once, so a few commands wait at most. The one that
is done answers all that it stands for; what another command makes pointless is refused.
"""

from __future__ import annotations

import queue
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from gan.commands import (
    Abandon,
    Command,
    Evaluate,
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
from gan.exchange.requests import name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gan.exchange.requests import Request, RequestQueue

_REPLACES: Final[dict[type, tuple[type, ...]]] = {
    Pause: (Pause, Unpause),
    Unpause: (Pause, Unpause),
    SaveCheckpoint: (SaveCheckpoint,),
    Resample: (Resample, RestoreLatents),
    RestoreLatents: (Resample, RestoreLatents),
    ShowGenerator: (ShowGenerator,),
    Interpolate: (Interpolate,),
    Evaluate: (Evaluate,),
    # A rollback undoes these. A checkpoint that was asked for before is what it goes back to.
    RollBack: (Pause, Unpause, Resample, RestoreLatents, Interpolate, Evaluate),
    Watch: (Watch,),
    Stop: (Stop,),
    Abandon: (Abandon,),
}
"""The waiting commands that a newer one makes pointless, by its kind."""


class WaitingCommands:
    """The trainer's end of the queue of commands. Used by the trainer thread only."""

    def __init__(self, arrivals: RequestQueue, refuse: Callable[[Request, str], None]) -> None:
        """Begin with nothing waiting.

        Args:
            arrivals: Where commands arrive. It is emptied at every look, so that a stop is seen
                however many commands came before it.
            refuse: Called with what won't be carried out, because another command came, and why.
        """
        self._arrivals = arrivals
        self._refuse = refuse
        self._waiting: list[Request] = []

    def __bool__(self) -> bool:
        """Whether a command waits."""
        self._look()
        return bool(self._waiting)

    def take(self, *, no_save: bool = False) -> Request | None:
        """The next command, or `None` if none waits.

        Args:
            no_save: Whether a checkpoint that is asked for has to wait. It doesn't if a rollback
                waits too, because then it would be another one.
        """
        self._look()
        waiting = self._waiting
        if no_save and not _of_kinds((RollBack,), waiting):
            waiting = _without((SaveCheckpoint,), waiting)
        place = next_place(waiting)
        if place is None:
            return None
        request = waiting[place]
        # By identity: the same may wait before and after a rollback.
        self._waiting = [other for other in self._waiting if other is not request]
        return request

    def take_all(self, kind: type[Command]) -> list[Request]:
        """All that wait for one kind of command."""
        self._look()
        taken = _of_kinds((kind,), self._waiting)
        self._waiting = _without((kind,), self._waiting)
        return taken

    def wait(self, seconds: float | None = None) -> None:
        """Wait until there is a command, or so many seconds at most."""
        if not self._waiting:
            with suppress(queue.Empty):
                self._waiting = [self._arrivals.get(block=True, timeout=seconds)]

    def close(self) -> None:
        """Have no more messages delivered: what waits now is all that must be answered."""
        self._arrivals.close()

    def _look(self) -> None:
        while True:
            try:
                request = self._arrivals.get(block=False)
            except queue.Empty:
                return
            found = merged(self._waiting, request)
            self._waiting = found.waiting
            for pointless in found.pointless:
                self._refuse(pointless, f"another command replaced it: {name_of(request.command)}")


class Merged(NamedTuple):
    """What waits after one more command."""

    waiting: list[Request]
    pointless: list[Request]
    """What is not carried out, because of another command."""


def merged(waiting: Sequence[Request], request: Request) -> Merged:
    """The waiting commands with one more, without those that it makes pointless.

    A checkpoint that is asked for before a rollback is not the one that is asked for after it, so
    only a stop replaces something before one. A second rollback would undo what came after the
    first. The tickets of a repeated command move on to the one that is carried out.
    """
    command = request.command
    if isinstance(command, Stop) and command.when != "now" and _stops_now(waiting):
        return Merged(list(waiting), [request])
    rollbacks = [n for n, other in enumerate(waiting) if isinstance(other.command, RollBack)]
    first = rollbacks[-1] + 1 if rollbacks and not isinstance(command, Stop) else 0
    before, after = [*waiting[:first]], waiting[first:]
    kinds = _REPLACES[type(command)]
    if isinstance(command, RollBack) and rollbacks:
        kinds = (*kinds, SaveCheckpoint)
        before[-1] = replace(before[-1], tickets=(*before[-1].tickets, *request.tickets))
        return Merged([*before, *_without(kinds, after)], _of_kinds(kinds, after))
    replaced = _of_kinds(kinds, after)
    repeated = [other for other in replaced if _is_repeated(other.command, command)]
    pointless = [other for other in replaced if not _is_repeated(other.command, command)]
    tickets = [ticket for other in (*repeated, request) for ticket in other.tickets]
    request = replace(request, tickets=tuple(tickets))
    return Merged([*before, *_without(kinds, after), request], pointless)


def _is_repeated(command: Command, later: Command) -> bool:
    if isinstance(command, Stop) and isinstance(later, Stop):
        return command.when == later.when
    return command == later


def _of_kinds(kinds: tuple[type, ...], requests: Sequence[Request]) -> list[Request]:
    return [request for request in requests if isinstance(request.command, kinds)]


def _without(kinds: tuple[type, ...], requests: Sequence[Request]) -> list[Request]:
    return [request for request in requests if not isinstance(request.command, kinds)]


def next_place(waiting: Sequence[Request]) -> int | None:
    """The index of the next command to carry out: a stop overtakes everything but a rollback.

    A run that is rolled back and stopped must not be saved as it was before. A run that belongs to
    another process must not be changed at all.
    """
    commands = [request.command for request in waiting]
    for place, command in enumerate(commands):
        if isinstance(command, Abandon):
            return place
    for place, command in enumerate(commands):
        if isinstance(command, RollBack):
            break
        if isinstance(command, Stop):
            return place
    if any(isinstance(command, Stop) for command in commands):
        return next(n for n, command in enumerate(commands) if isinstance(command, RollBack))
    return 0 if commands else None


def _stops_now(waiting: Sequence[Request]) -> bool:
    commands = [request.command for request in waiting]
    return any(isinstance(command, Stop) and command.when == "now" for command in commands)
