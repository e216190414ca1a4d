"""How the first worker gathers the others, before TensorFlow's server starts.

It listens on its own address. Who comes says who it is, and stays on that connection. Then the
address is free for TensorFlow; the connections go on beside its server.
"""

from __future__ import annotations

import queue
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from gan.errors import WorkersError
from gan.strategy import wire
from gan.strategy.hello import Hello, require_same_options, require_same_versions, token_of
from gan.strategy.ports import listener_on
from gan.strategy.wire import Closed, WireError

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator, Mapping

    from gan.strategy.cluster import Cluster
    from gan.strategy.leader import Leader

_POLL_SECONDS: Final = 0.25
_HELLO_SECONDS: Final = 5.0
"""How long somebody who connects may take to say who it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Whom to tell what while workers are awaited."""

    note: Callable[[str], None]
    waiting: Callable[[str, int], None]
    """Called several times a second with what is awaited, and how many workers are there."""

    on_wait: Callable[[], None]
    """Called several times a second; it may raise to give up."""


class _Caller(NamedTuple):
    """Somebody who has connected."""

    stream: socket.socket
    host: str
    hello: Hello | None
    """`None` if it said something else, or nothing."""


class Gathering:
    """Waits for all other workers, and refuses those that don't fit."""

    def __init__(
        self,
        cluster: Cluster,
        leader: Leader,
        telling: Telling,
        *,
        config: Mapping[str, object],
        versions: Mapping[str, object],
    ) -> None:
        """Listen to nobody yet.

        Args:
            cluster: The workers; this process is the first.
            leader: Takes the connections.
            telling: Whom to tell.
            config: The run's configuration, with which options that a worker was given are
                compared.
            versions: The version of each package that computes, in this process.
        """
        self._cluster = cluster
        self._leader = leader
        self._telling = telling
        self._config = config
        self._versions = versions
        self._token = token_of(cluster)
        self._strangers: set[str] = set()

    def wait(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Wait until all workers have come.

        Args:
            seconds: How long.
            clock: Monotonic seconds.

        Raises:
            WorkersError: Some have not come in time, one has other versions, or this process can't
                listen on its address.
            UsageError: One was given other options.
        """
        until = clock() + seconds
        with listener_on(self._cluster.address) as listener, _callers(listener) as callers:
            while missing := self._leader.missing():
                count = len(self._cluster.workers)
                names = " and ".join(self._cluster.name(worker) for worker in missing)
                self._telling.waiting(f"waiting for {names}", count - len(missing))
                self._telling.on_wait()
                if clock() >= until:
                    raise WorkersError(
                        f"{names} did not come within {seconds:.0f} s to {self._cluster.address}. "
                        "Start all workers with the same --workers, or give more --start-timeout."
                    )
                try:
                    self._meet(callers.get(timeout=_POLL_SECONDS))
                except queue.Empty:
                    continue

    def _meet(self, caller: _Caller) -> None:
        """Keep a caller that is one of the workers; another one is sent away.

        Raises:
            WorkersError: It is one, with other versions.
            UsageError: It is one, with other options.
        """
        hello = caller.hello
        if hello is None or hello.token != self._token:
            self._send_away(caller, "it is no worker of this run")
        elif not 0 < hello.worker < len(self._cluster.workers):
            self._send_away(caller, f"there is no worker {hello.worker} besides the first")
        elif self._leader.has(hello.worker):
            self._send_away(caller, f"another process is worker {hello.worker} already")
        else:
            name = self._cluster.name(hello.worker)
            # Its connection is kept first, so that it too is told why the run ends.
            self._leader.admit(hello.worker, caller.stream)
            require_same_versions(name, hello.versions, self._versions)
            require_same_options(name, hello.options, self._config)
            self._telling.note(f"{name} has come")

    def _send_away(self, caller: _Caller, why: str) -> None:
        """Close the connection, with a word to one that can read it; a note tells of each host."""
        if caller.host not in self._strangers:
            self._strangers.add(caller.host)
            self._telling.note(f"a connection from {caller.host} was refused: {why}")
        with caller.stream as stream:
            if caller.hello is not None:
                message = f"{self._cluster.name(0)} refused this process: {why}."
                try:
                    wire.send(stream, {"kind": "end", "exit_code": 1, "message": message})
                except OSError:
                    # It did not wait for the answer.
                    return


@contextmanager
def _callers(listener: socket.socket) -> Iterator[queue.SimpleQueue[_Caller]]:
    """Those who connect within the block, each once it has said who it is."""
    found: queue.SimpleQueue[_Caller] = queue.SimpleQueue()
    is_over = threading.Event()

    def accept() -> None:
        while not is_over.is_set():
            try:
                stream, address = listener.accept()
            except TimeoutError:
                continue
            arguments = (stream, str(address[0]), found)
            threading.Thread(target=_identify, args=arguments, daemon=True).start()

    listener.settimeout(_POLL_SECONDS)
    thread = threading.Thread(target=accept, name="callers", daemon=True)
    thread.start()
    try:
        yield found
    finally:
        is_over.set()
        thread.join()
        while not found.empty():
            found.get().stream.close()


def _identify(stream: socket.socket, host: str, found: queue.SimpleQueue[_Caller]) -> None:
    """Find out what somebody who has connected says of itself."""
    stream.settimeout(_HELLO_SECONDS)
    try:
        message, _ = wire.receive(stream, max_payload=0)
        found.put(_Caller(stream, host, Hello.of(message)))
    except (Closed, WireError, OSError):
        found.put(_Caller(stream, host, None))
