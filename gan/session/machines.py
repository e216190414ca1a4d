"""What the machines of a run's workers are doing: each reads its own, and the first knows them all.

A reading is taken in a thread of its own, because a driver that is asked may never answer.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol

from gan.readings import MachineReading, WorkerReading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gan.strategy.cluster import Cluster

READ_SECONDS: Final = 1.0


class Monitor(Protocol):
    """What reads a machine, as `gan.machine.monitor.MachineMonitor` does."""

    reading: MachineReading | None

    def read(self) -> None:
        """Take a new reading."""

    def close(self) -> None:
        """Read no more."""


@contextmanager
def read_regularly(
    monitor: Monitor, tell: Callable[[MachineReading], None], seconds: float = READ_SECONDS
) -> Iterator[None]:
    """Read a machine again and again within the block, and tell every reading.

    Args:
        monitor: Reads it.
        tell: Called with each, in a thread of its own.
        seconds: Between two readings.
    """
    is_over = threading.Event()

    def read() -> None:
        while not is_over.wait(seconds):
            monitor.read()
            if monitor.reading is not None:
                tell(monitor.reading)

    threading.Thread(target=read, name="readings", daemon=True).start()
    try:
        yield
    finally:
        is_over.set()
        monitor.close()


class Machines:
    """The newest reading of each worker, as the first one has them. Threads may use it at once."""

    def __init__(self, cluster: Cluster) -> None:
        """Know nothing of any yet."""
        self._cluster = cluster
        self._readings: dict[int, WorkerReading] = {}

    def put(self, worker: int, reading: MachineReading) -> None:
        """Take the newest reading of one."""
        host = self._cluster.host(worker)
        # The whole dictionary is replaced: another thread may be reading it.
        newest = WorkerReading(worker=worker, host=host, machine=reading)
        self._readings = {**self._readings, worker: newest}

    def now(self) -> tuple[WorkerReading, ...]:
        """What is known, in the order of the workers."""
        readings = self._readings
        return tuple(readings[worker] for worker in sorted(readings))
