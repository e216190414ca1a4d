"""The machine: cores, processor and memory of the process that trains, and each GPU.

Asks the operating system and NVIDIA's driver; what they don't report is left out, without an error.
Made to be read once a second, away from the screen's thread.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from gan.machine.apart import is_safe_to_ask
from gan.machine.gpus import VISIBLE, Driver
from gan.readings import GpuReading, MachineReading

if TYPE_CHECKING:
    from collections.abc import Callable

_CLOSE_SECONDS: Final = 1.0
"""How long a driver that does not answer may hold up the end."""


@dataclass(frozen=True, slots=True)
class _Spent:
    """What was used up to a moment, in seconds, and the memory at it."""

    at: float
    process: float
    """Of processor time, this process's."""

    busy: float
    """Of processor time, all processes'."""

    total: float
    """Of processor time, busy or idle."""

    memory: int
    """Resident bytes of this process at that moment."""


def usable_cores() -> int:
    """How many processor cores this process may use, at least one."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class MachineMonitor:
    """Reads the machine, from any thread.

    It compares readings itself: psutil keeps the reading to compare with by thread, and a pool
    takes another thread each time.
    """

    def __init__(
        self,
        nvml: Any = None,
        *,
        clock: Callable[[], float] = monotonic,
        visible: str | None = None,
        pid: Callable[[], int | None] = os.getpid,
    ) -> None:
        """Ask nothing yet: the imports and the driver are too slow for the screen's thread.

        Args:
            nvml: NVIDIA's binding, or one like it; `None` takes the installed one.
            clock: Seconds, for the time since the last reading.
            visible: The GPUs that this process may use, in the form of `CUDA_VISIBLE_DEVICES`,
                which is the default.
            pid: The process that trains; `None` while it is unknown, or on another machine.
        """
        self._pid = pid
        self._clock = clock
        self._driver = Driver(nvml)
        self._is_safe = is_safe_to_ask if nvml is None else lambda: True
        self._visible = os.environ.get(VISIBLE) if visible is None else visible
        self._handles: list[tuple[int, Any]] = []
        self._is_open: bool | None = None
        """Whether the driver has to be closed; `None` before it was asked."""

        # A driver that is closed in the middle of a question may end the process.
        self._lock = Lock()
        self._before: _Spent | None = None
        self.reading: MachineReading | None = None
        """The newest; `None` before the second, or if the system does not report it."""

    def read(self) -> None:
        """Take a new reading."""
        with self._lock:
            before, self._before = self._before, self._spent()
            self.reading = self._compared(before, self._before)

    def _compared(self, before: _Spent | None, now: _Spent | None) -> MachineReading | None:
        if before is None or now is None:
            return None
        if self._is_open is None:
            self._open()
        return MachineReading(
            process_cpu=_percent(now.process - before.process, now.at - before.at),
            machine_cpu=_percent(now.busy - before.busy, now.total - before.total),
            memory=now.memory,
            gpus=tuple(self._gpu(index, handle) for index, handle in self._handles),
        )

    def close(self) -> None:
        """Close the driver. A second time does nothing; later readings have no GPUs."""
        if self._lock.acquire(timeout=_CLOSE_SECONDS):
            try:
                if self._is_open:
                    self._driver.close()
                self._is_open, self._handles = False, []
            finally:
                self._lock.release()

    def _spent(self) -> _Spent | None:
        if (pid := self._pid()) is None:
            return None
        # Here, because it takes a twentieth of the time to the first frame.
        import psutil

        try:
            process = psutil.Process(pid)
            own, all_ = process.cpu_times(), psutil.cpu_times()
            memory = process.memory_info().rss
        except (psutil.Error, OSError):
            return None
        # Linux counts the time of guests a second time, as user time.
        total = sum(all_) - getattr(all_, "guest", 0.0) - getattr(all_, "guest_nice", 0.0)
        busy = total - all_.idle - getattr(all_, "iowait", 0.0)
        return _Spent(self._clock(), own.user + own.system, busy, total, memory)

    def _open(self) -> None:
        """Find the GPUs; there are none if there is no driver, or it does not answer."""
        # The installed binding may end this process, or keep this thread for ever.
        self._is_open = self._is_safe() and not self._driver.open()
        if self._is_open:
            self._handles = list(self._driver.visible_handles(self._visible))

    def _gpu(self, index: int, handle: Any) -> GpuReading:
        ask = self._driver.ask
        rates = ask("nvmlDeviceGetUtilizationRates", handle)
        memory = ask("nvmlDeviceGetMemoryInfo", handle)
        milliwatts = ask("nvmlDeviceGetPowerUsage", handle)
        sensor = self._driver.constant("NVML_TEMPERATURE_GPU")
        return GpuReading(
            name=self._driver.name(handle),
            index=index,
            utilisation=None if rates is None else float(rates.gpu),
            memory_used=None if memory is None else int(memory.used),
            memory_total=None if memory is None else int(memory.total),
            temperature=ask("nvmlDeviceGetTemperature", handle, sensor),
            power=None if milliwatts is None else milliwatts / 1000,
        )


def _percent(part: float, whole: float) -> float:
    return max(100 * part / whole, 0.0) if whole > 0 else 0.0
