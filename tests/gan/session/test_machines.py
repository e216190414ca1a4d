"""What machines are doing, read again and again, and known by worker."""

from __future__ import annotations

import threading

from gan.readings import MachineReading
from gan.session.machines import Machines, read_regularly
from gan.strategy.cluster import Cluster
from tests.gan.housing import LONG_ENOUGH

READING = MachineReading(process_cpu=50.0, machine_cpu=25.0, memory=2**20)


class FakeMonitor:
    """Has a reading from the second look on, as a real one."""

    def __init__(self) -> None:
        self.reading: MachineReading | None = None
        self.looks = 0
        self.is_closed = False

    def read(self) -> None:
        self.looks += 1
        if self.looks > 1:
            self.reading = READING

    def close(self) -> None:
        self.is_closed = True


def test_every_reading_is_told_until_the_end() -> None:
    monitor, told = FakeMonitor(), threading.Semaphore(0)
    with read_regularly(monitor, lambda _: told.release(), seconds=0.001):
        for _ in range(3):
            assert told.acquire(timeout=LONG_ENOUGH)
        assert monitor.looks > 3
    assert monitor.is_closed


def test_they_are_known_by_worker_and_host_the_newest_alone() -> None:
    machines = Machines(Cluster(("gpu1:4000", "[::1]:4000", "gpu3:4000"), 0))
    assert machines.now() == ()
    machines.put(2, MachineReading(process_cpu=1.0, machine_cpu=1.0, memory=1))
    machines.put(0, READING)
    machines.put(1, READING)
    machines.put(2, READING)
    assert [(one.worker, one.host, one.machine) for one in machines.now()] == [
        (0, "gpu1", READING),
        (1, "::1", READING),
        (2, "gpu3", READING),
    ]
