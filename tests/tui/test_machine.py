"""What the machine tells of itself, with and without GPUs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tui.machine import GpuReading, MachineMonitor


class FakeNvml:
    """A driver of so many GPUs, some of whose answers are errors."""

    class NVMLError(Exception):
        pass

    def __init__(self, gpus: int = 1, *, refuses: tuple[str, ...] = ()) -> None:
        self._gpus = gpus
        self._refuses = refuses
        self.shut_down = 0

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("nvml") and name in object.__getattribute__(self, "_refuses"):
            raise FakeNvml.NVMLError(name)
        return object.__getattribute__(self, name)

    def nvmlInit(self) -> None:
        pass

    def nvmlShutdown(self) -> None:
        self.shut_down += 1

    def nvmlDeviceGetCount(self) -> int:
        return self._gpus

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:
        return index

    def nvmlDeviceGetName(self, handle: int) -> bytes:
        return f"NVIDIA H100 {handle}".encode()

    def nvmlDeviceGetUtilizationRates(self, handle: int) -> SimpleNamespace:
        return SimpleNamespace(gpu=87 - handle)

    def nvmlDeviceGetMemoryInfo(self, _: int) -> SimpleNamespace:
        return SimpleNamespace(used=12 * 2**30, total=80 * 2**30)

    def nvmlDeviceGetTemperature(self, *_: int) -> int:
        return 61

    def nvmlDeviceGetPowerUsage(self, _: int) -> int:
        return 240_000


H100 = GpuReading(
    name="NVIDIA H100 0",
    utilisation=87,
    memory_used=12 * 2**30,
    memory_total=80 * 2**30,
    temperature=61,
    power=240,
)


def test_memory_is_that_of_this_process() -> None:
    reading = MachineMonitor(FakeNvml(0)).read()

    assert 10 * 2**20 < reading.memory < 64 * 2**30
    assert reading.process_cpu >= 0


def test_work_shows_in_the_next_reading() -> None:
    monitor = MachineMonitor(FakeNvml(0))
    sum(number * number for number in range(2_000_000))

    assert monitor.read().process_cpu > 20


def test_each_gpu_is_told_of() -> None:
    reading = MachineMonitor(FakeNvml(2)).read()

    assert reading.gpus[0] == H100
    assert reading.gpus[1].utilisation == 86


@pytest.mark.parametrize("refused", ["nvmlInit", "nvmlDeviceGetCount"])
def test_without_a_driver_there_are_none(refused: str) -> None:
    assert MachineMonitor(FakeNvml(refuses=(refused,))).read().gpus == ()


def test_what_a_driver_does_not_tell_is_left_out() -> None:
    """As of power and temperature on many consumer cards."""
    monitor = MachineMonitor(FakeNvml(refuses=("nvmlDeviceGetPowerUsage",)))
    (gpu,) = monitor.read().gpus

    assert gpu.power is None
    assert gpu.utilisation == 87


def test_the_driver_is_let_go_of_once() -> None:
    nvml = FakeNvml()
    monitor = MachineMonitor(nvml)
    monitor.close()
    monitor.close()

    assert nvml.shut_down == 1


def test_the_installed_binding_is_asked_where_none_is_given() -> None:
    """On a machine without a driver that is no error."""
    MachineMonitor().close()
