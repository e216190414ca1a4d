"""Workers of one process, each in a thread, on ports of this machine."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from gan.strategy.cluster import Cluster
from gan.strategy.gathering import Gathering, Telling
from gan.strategy.hello import Hello, token_of
from gan.strategy.leader import Leader
from gan.strategy.membership import End, Membership, join

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SOON = 10.0
"""Seconds after which what should have happened has not."""

LONG = 3600.0
VERSIONS = {"tensorflow": "2.21.0"}
CONFIG = {"batch_size": 256, "seed": 0}


def free_addresses(count: int) -> tuple[str, ...]:
    """Addresses on the loopback that were free a moment ago."""
    with ExitStack() as held:
        streams = [held.enter_context(socket.socket()) for _ in range(count)]
        for stream in streams:
            stream.bind(("127.0.0.1", 0))
        return tuple(f"127.0.0.1:{stream.getsockname()[1]}" for stream in streams)


class Told:
    """What somebody was told while they waited."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.waited: list[str] = []
        self.given_up: BaseException | None = None
        """What waiting raises."""

    def telling(self) -> Telling:
        return Telling(note=self.notes.append, waiting=self._waiting, on_wait=self._wait)

    def _waiting(self, what: str, _: int) -> None:
        if what not in self.waited:
            self.waited.append(what)

    def _wait(self) -> None:
        if self.given_up is not None:
            raise self.given_up


class Ends:
    """Collects what somebody was called with, and lets a test await it."""

    def __init__(self) -> None:
        self.all: list[Any] = []
        self._arrived = threading.Semaphore(0)

    def __call__(self, *what: Any) -> None:
        self.all.append(what[0] if len(what) == 1 else what)
        self._arrived.release()

    def next(self) -> Any:
        """Wait for the next one, and return the newest."""
        assert self._arrived.acquire(timeout=SOON), "nothing has come"
        return self.all[-1]


def chief_of(cluster: Cluster, told: Told, **changes: Any) -> tuple[Leader, Callable[[], None]]:
    """The first worker, and what has it wait for the others."""
    leader = Leader(cluster, silence_seconds=changes.pop("silence_seconds", LONG))
    gathering = Gathering(
        cluster,
        leader,
        told.telling(),
        config=changes.pop("config", CONFIG),
        versions=changes.pop("versions", VERSIONS),
    )
    return leader, lambda: gathering.wait(changes.get("seconds", SOON))


def hello_of(cluster: Cluster, number: int, **changes: Any) -> Hello:
    values = {"token": token_of(cluster), "worker": number, "versions": VERSIONS, "options": {}}
    return Hello(**{**values, **changes})


def come(
    cluster: Cluster, number: int, on_end: Callable[[End], None], **changes: Any
) -> Membership:
    """Have a worker go to the first one; it may say of itself what is not so."""
    return join(
        Cluster(cluster.workers, number, cluster.job),
        hello_of(cluster, number, **changes),
        Told().telling(),
        start_seconds=SOON,
        silence_seconds=LONG,
        on_end=on_end,
    )


def until(holds: Callable[[], bool]) -> None:
    """Wait for what nothing tells of."""
    pause, deadline = threading.Event(), time.monotonic() + SOON
    while not holds():
        assert time.monotonic() < deadline, "it has not come to that"
        pause.wait(0.01)


@contextmanager
def in_thread(do: Callable[[], object]) -> Iterator[list[BaseException]]:
    """Do something in a thread; the block gets what it raises, once the block has ended."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            do()
        except BaseException as error:  # noqa: BLE001 - for the test to look at
            raised.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield raised
    thread.join(SOON)
    assert not thread.is_alive(), "it is still at it"
