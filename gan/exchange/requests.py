"""Requests: commands on their way to the trainer, who waits for an answer, and the answers.

A command of this process has no answer: its own events say what it did. One that another process
has sent carries a ticket, by which the answer in the log names it.

Any thread puts requests into a queue. At the trainer's end repeats are one, and a stop comes first:
a key that is held, or a mailbox full of messages, asks for the same thing faster than it can be
done. What is asked again while it waits is done once, so a few commands wait at most. The one that
is done answers all that it stands for; what another command makes pointless is refused.
"""

from __future__ import annotations

import queue
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from gan.commands import (
    COMMANDS,
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
from gan.errors import StorageError
from gan.events import CommandAnswered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from gan.events import Listener

ENDED: Final = "the run has ended"
"""Why a command that comes too late is refused."""

_NAMES: Final = {command: name for name, command in COMMANDS.items()}

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


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the answer to a message names."""

    id: str
    """The message's own."""

    sender: str
    """Who sent it, such as `ann@host (pid 123)`; empty if the message does not say."""

    def answer(self, command: str, step: int, refusal: str = "") -> CommandAnswered:
        """The answer to the message.

        Args:
            command: The name of its command.
            step: Steps completed.
            refusal: Why it was not carried out; empty if it was.
        """
        return CommandAnswered(
            time=time.time(),
            id=self.id,
            command=command,
            sender=self.sender,
            step=step,
            done=not refusal,
            reason=refusal,
        )


@dataclass(frozen=True, slots=True)
class Request:
    """A command, and who waits for its answer."""

    command: Command
    tickets: tuple[Ticket, ...] = ()
    """Of the message that it came in, and of those that it stands for; empty for a command of this
    process."""

    def answer(self, emit: Listener, step: int, refusal: str = "") -> None:
        """Answer each ticket.

        Args:
            emit: Called with every answer.
            step: Steps completed.
            refusal: Why it was not carried out; empty if it was.
        """
        for ticket in self.tickets:
            emit(ticket.answer(name_of(self.command), step, refusal))


class RequestQueue:
    """Requests from everywhere to the trainer, in order. Safe to use from every thread."""

    def __init__(self) -> None:
        # A queue of Python's own, because a signal handler may put something into it at any moment.
        self._arrivals: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self._delivering = threading.Lock()
        self._is_closed = False
        self._read: Callable[[], Iterable[Request]] = tuple
        self.stop: Stop | None = None
        """The last stop that was asked for, whether it was taken or still waits."""

    def put(self, request: Request) -> None:
        """Add a request, without ever waiting: a signal handler may call it."""
        if isinstance(request.command, Stop):
            self.stop = request.command
        self._arrivals.put(request)

    def deliver(self, read: Callable[[], Iterable[Request]]) -> None:
        """Add what `read` returns, which is not called once the queue is closed."""
        with self._delivering:
            if not self._is_closed:
                self._read = read
                for request in read():
                    self.put(request)

    def close(self) -> None:
        """Have no more delivered: what is in the queue now is all that must be answered.

        What has come since the last delivery is delivered once more.
        """
        with self._delivering:
            if not self._is_closed:
                self._is_closed = True
                # A mailbox that can't be read was reported while the run went on.
                with suppress(StorageError):
                    for request in self._read():
                        self.put(request)

    def get(self, *, block: bool, timeout: float | None = None) -> Request:
        """The next request.

        Args:
            block: Whether to wait until there is one.
            timeout: Seconds to wait at most; `None` for ever.

        Raises:
            queue.Empty: There is none.
        """
        return self._arrivals.get(block=block, timeout=timeout)

    def drain(self) -> list[Request]:
        """All requests that wait."""
        return list(self._waiting())

    def _waiting(self) -> Iterator[Request]:
        with suppress(queue.Empty):
            while True:
                yield self.get(block=False)


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


def name_of(command: Command) -> str:
    """The name of a command, as a message gives it."""
    match command:
        case Stop():
            return "stop"
        case Watch():
            return "watch"
        case Abandon():
            return "abandon"
        case _:
            return _NAMES[command]
