"""What the machine is doing: processor and memory of this process, and each GPU.

Apart from the widgets because it asks the operating system and a vendor's driver; what they cannot
tell is left out, and never an error. Made to be read once a second, away from the screen's thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import psutil

_MEGA: Final = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuReading:
    """One GPU; none for what its driver does not tell."""

    name: str
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


class MachineMonitor:
    """Reads the machine. One thread at a time may use it."""

    def __init__(self, nvml: Any | None = None) -> None:
        """Find out what there is to read.

        Args:
            nvml: NVIDIA's binding, or one like it; none takes the installed one.
        """
        self._process = psutil.Process()
        self._process.cpu_percent(None)
        psutil.cpu_percent(None)
        self._nvml = _imported() if nvml is None else nvml
        self._handles = self._found()

    def read(self) -> MachineReading:
        """The machine now. Of the first reading the processor's figures say nothing."""
        return MachineReading(
            process_cpu=self._process.cpu_percent(None),
            machine_cpu=psutil.cpu_percent(None),
            memory=self._process.memory_info().rss,
            gpus=tuple(map(self._gpu, self._handles)),
        )

    def close(self) -> None:
        """Let go of the GPUs. A second time does nothing."""
        if self._handles:
            self._handles = []
            self._asked("nvmlShutdown")

    def _found(self) -> list[Any]:
        """A handle for each GPU; none where there is no driver, or it cannot be asked."""
        try:
            self._nvml.nvmlInit()
            count = range(self._nvml.nvmlDeviceGetCount())
            return [self._nvml.nvmlDeviceGetHandleByIndex(index) for index in count]
        except (self._nvml.NVMLError, OSError):
            return []

    def _gpu(self, handle: Any) -> GpuReading:
        name = self._asked("nvmlDeviceGetName", handle)
        rates = self._asked("nvmlDeviceGetUtilizationRates", handle)
        memory = self._asked("nvmlDeviceGetMemoryInfo", handle)
        milliwatts = self._asked("nvmlDeviceGetPowerUsage", handle)
        return GpuReading(
            name=name.decode(errors="replace") if isinstance(name, bytes) else str(name or "GPU"),
            utilisation=None if rates is None else float(rates.gpu),
            memory_used=None if memory is None else int(memory.used),
            memory_total=None if memory is None else int(memory.total),
            temperature=self._asked("nvmlDeviceGetTemperature", handle, 0),
            power=None if milliwatts is None else milliwatts / 1000,
        )

    def _asked(self, what: str, *about: Any) -> Any:
        """The driver's answer; none where it has none."""
        try:
            return getattr(self._nvml, what)(*about)
        except self._nvml.NVMLError:
            return None


def _imported() -> Any:
    import pynvml

    return pynvml
