"""Requests: commands on their way to the trainer, who waits for an answer, and the answers.

A command of this process has no answer: its own events say what it did. One that another process
has sent carries a ticket, by which the answer in the log names it.
"""

from __future__ import annotations

import queue
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gan.commands import COMMANDS, Abandon, Command, Stop, Watch
from gan.errors import StorageError
from gan.events import CommandAnswered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gan.events import Listener

ENDED: Final = "the run has ended"
"""Why a command that comes too late is refused."""

_NAMES: Final = {command: name for name, command in COMMANDS.items()}


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
