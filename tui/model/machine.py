"""What the machine is doing: processor and memory of this process, and each GPU.

Apart from the widgets because it asks the operating system and a vendor's driver; what they cannot
tell is left out, and never an error. Made to be read once a second, away from the screen's thread.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable

_CLOSE_SECONDS: Final = 1.0
"""How long a driver that does not answer may hold up the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuReading:
    """One GPU; none for what its driver does not tell."""

    name: str
    index: int = 0
    """The number that the driver, and `nvidia-smi`, give it."""

    utilisation: float | None = None
    """Percent of the time that a kernel was running."""

    memory_used: int | None = None
    """Bytes."""

    memory_total: int | None = None
    """Bytes."""

    temperature: float | None = None
    """Degrees Celsius."""

    power: float | None = None
    """Watts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineReading:
    """The machine at one moment."""

    process_cpu: float
    """Percent of one processor that this process used since the last reading; may exceed 100."""

    machine_cpu: float
    """Percent of all processors that everything used since then."""

    memory: int
    """Resident bytes of this process."""

    gpus: tuple[GpuReading, ...] = ()
    """Those that this process may use, in its own order."""


@dataclass(frozen=True, slots=True)
class _Spent:
    """What was used up to a moment, in seconds, and the memory at it."""

    at: float
    process: float
    """Of processor time, this process's."""

    busy: float
    """Of processor time, everybody's."""

    total: float
    """What all processors could have given."""

    memory: int
    """Resident bytes of this process at that moment."""


class MachineMonitor:
    """Reads the machine, from whatever thread.

    It compares readings itself: psutil keeps what it compares with by thread, and a pool reads from
    another one each time.
    """

    def __init__(
        self,
        nvml: Any | None = None,
        *,
        clock: Callable[[], float] = monotonic,
        visible: str | None = None,
    ) -> None:
        """Remember what has been used so far. The driver is not touched before the first reading.

        Args:
            nvml: NVIDIA's binding, or one like it; none takes the installed one.
            clock: Seconds, for how long it is since the last reading.
            visible: The GPUs that this process may use, as `CUDA_VISIBLE_DEVICES` has them, which
                is taken where it is not given.
        """
        self._process = psutil.Process()
        self._clock = clock
        self._nvml = _imported() if nvml is None else nvml
        self._visible = os.environ.get("CUDA_VISIBLE_DEVICES") if visible is None else visible
        self._handles: list[tuple[int, Any]] = []
        self._is_open: bool | None = None
        """Whether the driver is to be let go of; none before it was asked."""

        # A driver that is let go of in the middle of a question may end the process.
        self._lock = Lock()
        self._before = self._spent()

    def read(self) -> MachineReading | None:
        """The machine now; none where the system does not tell, which is no reason to stop."""
        with self._lock:
            if self._is_open is None:
                self._open()
            before, self._before = self._before, self._spent()
            now = self._before
            if before is None or now is None:
                return None
            return MachineReading(
                process_cpu=_percent(now.process - before.process, now.at - before.at),
                machine_cpu=_percent(now.busy - before.busy, now.total - before.total),
                memory=now.memory,
                gpus=tuple(self._gpu(index, handle) for index, handle in self._handles),
            )

    def close(self) -> None:
        """Let go of the GPUs. A second time does nothing; later readings have none."""
        if self._lock.acquire(timeout=_CLOSE_SECONDS):
            try:
                if self._is_open:
                    self._asked("nvmlShutdown")
                self._is_open, self._handles = False, []
            finally:
                self._lock.release()

    def _spent(self) -> _Spent | None:
        try:
            own, all_ = self._process.cpu_times(), psutil.cpu_times()
            memory = self._process.memory_info().rss
        except (psutil.Error, OSError):
            return None
        # Linux counts the time of guests a second time, as user time.
        total = sum(all_) - getattr(all_, "guest", 0.0) - getattr(all_, "guest_nice", 0.0)
        busy = total - all_.idle - getattr(all_, "iowait", 0.0)
        return _Spent(self._clock(), own.user + own.system, busy, total, memory)

    def _open(self) -> None:
        """Find the GPUs; none where there is no driver, or it cannot be asked."""
        self._is_open = False
        try:
            self._nvml.nvmlInit()
        except (self._nvml.NVMLError, OSError):
            return
        self._is_open = True
        count = self._asked("nvmlDeviceGetCount") or 0
        for name in _visible_names(self._visible, count):
            by = "Index" if isinstance(name, int) else "UUID"
            handle = self._asked(f"nvmlDeviceGetHandleBy{by}", name)
            if handle is not None:
                index = name if isinstance(name, int) else self._asked("nvmlDeviceGetIndex", handle)
                self._handles.append((index or 0, handle))

    def _gpu(self, index: int, handle: Any) -> GpuReading:
        name = self._asked("nvmlDeviceGetName", handle)
        rates = self._asked("nvmlDeviceGetUtilizationRates", handle)
        memory = self._asked("nvmlDeviceGetMemoryInfo", handle)
        milliwatts = self._asked("nvmlDeviceGetPowerUsage", handle)
        sensor = self._nvml.NVML_TEMPERATURE_GPU
        return GpuReading(
            name=name.decode(errors="replace") if isinstance(name, bytes) else str(name or "GPU"),
            index=index,
            utilisation=None if rates is None else float(rates.gpu),
            memory_used=None if memory is None else int(memory.used),
            memory_total=None if memory is None else int(memory.total),
            temperature=self._asked("nvmlDeviceGetTemperature", handle, sensor),
            power=None if milliwatts is None else milliwatts / 1000,
        )

    def _asked(self, what: str, *about: Any) -> Any:
        """The driver's answer; none where it has none."""
        try:
            return getattr(self._nvml, what)(*about)
        except self._nvml.NVMLError:
            return None


def _visible_names(visible: str | None, count: int) -> list[int | str]:
    """The GPUs that CUDA shows: numbers or UUIDs, up to the first number that there is not."""
    if visible is None:
        return list(range(count))
    names: list[int | str] = []
    for word in visible.split(","):
        name = word.strip()
        if name.isdecimal() and int(name) < count:
            names.append(int(name))
        elif name.startswith(("GPU-", "MIG-")):
            names.append(name)
        else:
            break
    return names


def _percent(part: float, whole: float) -> float:
    return max(100 * part / whole, 0.0) if whole > 0 else 0.0


def _imported() -> Any:
    import pynvml

    return pynvml
