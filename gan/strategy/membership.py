"""Another worker's end of its link to the first: it comes, does what it is told, and ends."""

from __future__ import annotations

import queue
import socket
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gan.errors import WorkerLostError, WorkersError
from gan.strategy import wire
from gan.strategy.addresses import host_and_port
from gan.strategy.leader import VERDICT_SECONDS, first_line
from gan.strategy.link import Link
from gan.strategy.ports import require_free_port
from gan.strategy.wire import field

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.strategy.cluster import Cluster
    from gan.strategy.gathering import Telling
    from gan.strategy.hello import Hello
    from gan.strategy.wire import Message

_POLL_SECONDS: Final = 0.25
_CONNECT_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class End:
    """How the run ended, as the first worker says, or as its silence shows."""

    exit_code: int
    message: str
    """Why, if that is an error; empty otherwise."""


class RunEnded(Exception):  # noqa: N818 - not an error: it ends a worker's loop
    """There is nothing more to do."""

    def __init__(self, end: End) -> None:
        super().__init__(end.message)
        self.end = end


class Membership:
    """The link to the first worker."""

    def __init__(
        self,
        stream: socket.socket,
        chief: str,
        *,
        silence_seconds: float,
        on_end: Callable[[End], None],
    ) -> None:
        """Begin to listen.

        Args:
            stream: The connection.
            chief: The first worker, as messages name it.
            silence_seconds: How long it may be silent, until `allow_silence`.
            on_end: Called once with the run's end, in a thread of its own.
        """
        self._chief = chief
        self._on_end = on_end
        self._inbox: queue.SimpleQueue[tuple[Message, bytes] | None] = queue.SimpleQueue()
        self._ended = threading.Condition()
        self._end: End | None = None
        self._link = Link(
            stream,
            silence_seconds=silence_seconds,
            on_message=self._receive,
            on_lost=lambda why: self._finish(
                End(WorkerLostError.exit_code, f"{chief} was lost: {why}.")
            ),
        )
        self._link.start()

    def wait(self, on_wait: Callable[[], None] = lambda: None) -> tuple[Message, bytes]:
        """The next thing to do.

        An end in order comes after all that was to be done before; any other one at once.

        Args:
            on_wait: Called several times a second meanwhile; it may raise to give up.

        Raises:
            RunEnded: There is none.
        """
        while self._end is None or not self._end.message:
            try:
                received = self._inbox.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                on_wait()
                continue
            if received is not None:
                return received
            # For whoever asks again.
            self._inbox.put(None)
            break
        assert self._end is not None  # noqa: S101 - it was set before its mark
        raise RunEnded(self._end)

    def allow_silence(self, seconds: float) -> None:
        """From here on the first worker may be silent for so long."""
        self._link.allow_silence(seconds)

    def tell(self, message: Message) -> None:
        """Send something to the first worker.

        Raises:
            RunEnded: It is gone.
        """
        if not self._link.send(message):
            raise RunEnded(self.verdict("its connection is closed"))

    def verdict(self, why: str) -> End:
        """The run's end, which a failed collective or a closed link has shown before it was told.

        Args:
            why: What has been seen.
        """
        with self._ended:
            self._ended.wait_for(lambda: self._end is not None, VERDICT_SECONDS)
        return self._end or End(WorkerLostError.exit_code, f"{self._chief} was lost: {why}.")

    def blame(self, error: Exception) -> End:
        """The run's end after a collective has failed."""
        return self.verdict(first_line(error))

    def close(self) -> None:
        """Leave the run."""
        self._link.close()

    def _receive(self, message: Message, payload: bytes) -> None:
        if message["kind"] == "end":
            self._finish(End(field(message, "exit_code", int), field(message, "message", str)))
        else:
            self._inbox.put((message, payload))

    def _finish(self, end: End) -> None:
        with self._ended:
            if self._end is not None:
                return
            self._end = end
            self._ended.notify_all()
        self._inbox.put(None)
        threading.Thread(target=self._on_end, args=(end,), name="run-ended", daemon=True).start()


def join(
    cluster: Cluster,
    hello: Hello,
    telling: Telling,
    *,
    start_seconds: float,
    silence_seconds: float,
    on_end: Callable[[End], None],
) -> Membership:
    """Go to the first worker and say who this is; its welcome comes through the membership.

    Args:
        cluster: The workers; this process is another than the first.
        hello: What is said.
        telling: Whom to tell what.
        start_seconds: How long the first worker is awaited.
        silence_seconds: How long it may be silent afterwards.
        on_end: As in `Membership`.

    Raises:
        WorkersError: It did not come, or this process's own port is in use.
    """
    require_free_port(cluster.address)
    stream = _connected(cluster, telling, start_seconds)
    try:
        wire.send(stream, hello.to_message())
    except OSError as error:
        stream.close()
        raise WorkersError(
            f"{cluster.name(0)} closed the connection ({error.strerror}): another program may use "
            "its port."
        ) from None
    return Membership(stream, cluster.name(0), silence_seconds=silence_seconds, on_end=on_end)


def _connected(cluster: Cluster, telling: Telling, seconds: float) -> socket.socket:
    until = time.monotonic() + seconds
    address = host_and_port(cluster.workers[0])
    while True:
        telling.waiting(f"waiting for {cluster.name(0)}", 1)
        telling.on_wait()
        try:
            return socket.create_connection(address, timeout=_CONNECT_SECONDS)
        except OSError as error:
            why = error.strerror or str(error)
        if time.monotonic() >= until:
            raise WorkersError(
                f"{cluster.name(0)} was not there within {seconds:.0f} s ({why}). Start it too, or "
                "give more --start-timeout."
            )
        time.sleep(_POLL_SECONDS)
