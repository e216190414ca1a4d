"""The first worker's end of the links: what it has the others do, and the end if one is gone.

It alone decides what is done, so none waits in a collective for something that another doesn't do.
"""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Final

from gan import readings
from gan.errors import GanTuiError, WorkerLostError, WorkersError
from gan.strategy.answers import KINDS, Answers
from gan.strategy.link import Link
from gan.strategy.wire import WireError, field

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence

    from gan.readings import MachineReading
    from gan.strategy.cluster import Cluster
    from gan.strategy.wire import Message

VERDICT_SECONDS: Final = 3.0
"""How long a failed collective waits for a link to say which worker is gone."""

_SILENT_SECONDS: Final = 2.0
"""A silence from which on a worker may be why a collective failed."""

_WAIT_SECONDS: Final = 0.25

_PREAMBLE: Final = re.compile(
    r"Graph execution error|Detected at node|<stack traces|Stack trace|\s"
)
"""How lines begin that TensorFlow puts before what has happened in a graph."""


class Leader:
    """The links to all other workers. Threads may use it at the same time."""

    def __init__(self, cluster: Cluster, *, silence_seconds: float) -> None:
        """Begin without a link.

        Args:
            cluster: The workers; this process is the first.
            silence_seconds: How long a worker may be silent, until `allow_silence`.
        """
        self._cluster = cluster
        self._silence_seconds = silence_seconds
        self._links: dict[int, Link] = {}
        self._answers = Answers()
        self._changed = threading.Condition()
        self._has_begun = self._has_ended = False
        self._on_lost: Callable[[WorkersError], None] = lambda _: None
        self._on_command: Callable[[str, int], None] = lambda _, __: None
        self.on_reading: Callable[[int, MachineReading], None] = lambda _, __: None
        """Called with a worker and what its machine is doing, in its link's thread."""

        self.lost: WorkersError | None = None
        """Why the run can't go on; `None` while all workers are there."""

    def admit(self, worker: int, stream: socket.socket) -> None:
        """Keep a connection to a worker that has come."""
        link = Link(
            stream,
            silence_seconds=self._silence_seconds,
            on_message=lambda message, _: self._receive(worker, message),
            on_lost=lambda why: self._lose(worker, why),
        )
        with self._changed:
            self._links[worker] = link
        link.start()

    def has(self, worker: int) -> bool:
        """Whether a worker is there."""
        return worker in self._links

    def missing(self) -> list[int]:
        """The workers that have not come yet, or have gone again."""
        return [n for n in range(1, len(self._cluster.workers)) if n not in self._links]

    def begin(
        self,
        on_lost: Callable[[WorkersError], None],
        on_command: Callable[[str, int], None],
        welcome: Message,
    ) -> None:
        """Begin with the workers that are there. From here on the loss of one ends the run.

        Args:
            on_lost: Called with why the run can't go on, once, in a thread of its own.
            on_command: Called with what a worker was asked to do: `stop` with an exit code, or
                `save` with 0.
            welcome: Sent to all.

        Raises:
            WorkersError: One has gone meanwhile.
        """
        self._on_lost, self._on_command = on_lost, on_command
        with self._changed:
            self._has_begun = True
            missing = self.missing()
        if missing:
            raise WorkersError(f"{self._names(missing)} has gone before the run began.")
        self.broadcast(welcome)

    def allow_silence(self, seconds: float) -> None:
        """From here on each worker may be silent for so long."""
        for link in self._links.values():
            link.allow_silence(seconds)

    def require(self) -> None:
        """See to it that all workers are there.

        Raises:
            WorkersError: One is gone.
        """
        if self.lost is not None:
            raise self.lost

    def broadcast(self, message: Message, payload: bytes | memoryview = b"") -> None:
        """Send a message to all workers.

        Raises:
            WorkersError: One is gone.
        """
        self.require()
        for worker, link in sorted(self._links.items()):
            if not link.send(message, payload):
                raise self._found_lost(worker)

    def collect(
        self, kind: str, on_wait: Callable[[list[int]], None], seconds: float | None = None
    ) -> dict[int, Message]:
        """Wait until every worker has reported something.

        Args:
            kind: `facts` or `compiled`.
            on_wait: Called with those that haven't, several times a second; it may raise to give
                up.
            seconds: How long to wait; `None` for as long as they live.

        Raises:
            WorkersError: A worker is gone, or doesn't report in time.
        """

        def waiting(left: list[int], waited: float) -> None:
            if seconds is not None and waited >= seconds:
                raise WorkersError(f"{self._names(left)} did not get ready in {seconds:.0f} s.")
            on_wait(left)

        others = range(1, len(self._cluster.workers))
        return self._answers.of(kind, others, require=self.require, on_wait=waiting)

    def verdict(self, error: Exception) -> WorkersError:
        """Which worker is to blame for a collective that failed.

        Args:
            error: The collective's.
        """
        with self._changed:
            self._changed.wait_for(lambda: self.lost is not None, VERDICT_SECONDS)
        if self.lost is not None:
            return self.lost
        silence, worker = max((link.silence, worker) for worker, link in self._links.items())
        if silence >= _SILENT_SECONDS:
            self._lose(worker, f"it has been silent for {silence:.0f} s")
        else:
            self._give_up(
                WorkerLostError(f"the workers have lost each other: {first_line(error)}.")
            )
        return self.lost or WorkerLostError(first_line(error))

    def end(self, exit_code: int, message: str) -> None:
        """Tell all workers how the run has ended, and close the links; once is enough.

        Args:
            exit_code: What they are to return.
            message: Why, if that is an error. One that names no worker is of this one: they are
                told so.
        """
        if message and not any(name in message for name in self._all_names()):
            message = f"{self._cluster.name(0)}: {message}"
        with self._changed:
            if self._has_ended:
                return
            self._has_ended = True
            links = list(self._links.values())
        self._tell_end(links, exit_code, message)
        for link in links:
            link.join(_WAIT_SECONDS)
            link.close()

    def _receive(self, worker: int, message: Message) -> None:
        """A message of a worker, in its link's thread.

        Raises:
            WireError: It is none that a worker sends.
        """
        kind = message["kind"]
        if kind in KINDS:
            self._answers.put(worker, message)
        elif kind == "command":
            self._on_command(field(message, "command", str), field(message, "exit_code", int))
        elif kind == "reading":
            self.on_reading(worker, _reading_in(message))
        elif kind == "failed":
            text, code = field(message, "message", str), field(message, "exit_code", int)
            self._fail(error_of(f"{self._cluster.name(worker)}: {text}", code))
        else:
            raise WireError(f"received a message {kind!r}, which no worker sends")

    def _found_lost(self, worker: int) -> WorkersError:
        """The error of a worker that could not be sent anything."""
        with self._changed:
            self._changed.wait_for(lambda: self.lost is not None, VERDICT_SECONDS)
        return self.lost or WorkerLostError(f"{self._cluster.name(worker)} was lost.")

    def _lose(self, worker: int, why: str) -> None:
        with self._changed:
            if not self._has_begun:
                self._links.pop(worker, None)
                return
        self._fail(WorkerLostError(f"{self._cluster.name(worker)} was lost: {why}."))

    def _fail(self, error: WorkersError) -> None:
        """Give up, tell the others at once, and whoever waits for it."""
        if self._give_up(error):
            self._tell_end(list(self._links.values()), error.exit_code, str(error))
            threading.Thread(
                target=self._on_lost, args=(error,), name="lost-worker", daemon=True
            ).start()

    def _give_up(self, error: WorkersError) -> bool:
        """Note why the run can't go on; returns whether that is news."""
        with self._changed:
            if self.lost is not None or self._has_ended:
                return False
            self.lost = error
            self._changed.notify_all()
        self._answers.wake()
        return True

    def _tell_end(self, links: Sequence[Link], exit_code: int, message: str) -> None:
        for link in links:
            # One that can't be told is gone, or knows already.
            link.send({"kind": "end", "exit_code": exit_code, "message": message})

    def _all_names(self) -> list[str]:
        return [self._cluster.name(worker) for worker in range(len(self._cluster.workers))]

    def _names(self, workers: Sequence[int]) -> str:
        return " and ".join(self._cluster.name(worker) for worker in workers)


def _reading_in(message: Message) -> MachineReading:
    """What a worker's machine is doing.

    Raises:
        WireError: The message has no such thing.
    """
    try:
        return readings.from_json(message.get("machine"))
    except ValueError as error:
        raise WireError(f"received a reading that is none: {error}") from None


def first_line(error: Exception) -> str:
    """The first line of an error's message that says something, without a full stop."""
    lines = [line for line in str(error).splitlines() if line and not _PREAMBLE.match(line)]
    return lines[0].rstrip(". ") if lines else type(error).__name__


class _OthersError(WorkersError):
    """What ended the run in another process."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def error_of(message: str, exit_code: int) -> WorkersError:
    """What ended the run in another process, with the exit code that it has there.

    Args:
        message: What happened.
        exit_code: Any; one that no process has, or that says that all is well, counts as an error.
    """
    if exit_code == WorkerLostError.exit_code:
        return WorkerLostError(message)
    usable = 0 < exit_code < 256  # noqa: PLR2004 - what a process can return
    return _OthersError(message, exit_code if usable else GanTuiError.exit_code)
