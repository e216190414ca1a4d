"""What the machine reports, with and without GPUs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from gan.machine.monitor import MachineMonitor
from gan.readings import GpuReading, MachineReading


class FakeNvml:
    """A driver of `gpus` GPUs, some of whose answers are errors."""

    NVML_TEMPERATURE_GPU = 0

    class NVMLError(Exception):
        pass

    def __init__(self, gpus: int = 1, *, refuses: tuple[str, ...] = ()) -> None:
        self._gpus = gpus
        self._refuses = refuses
        self.initialised = 0
        self.shut_down = 0

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("nvml") and name in object.__getattribute__(self, "_refuses"):
            raise FakeNvml.NVMLError(name)
        return object.__getattribute__(self, name)

    def nvmlInit(self) -> None:
        self.initialised += 1

    def nvmlShutdown(self) -> None:
        self.shut_down += 1

    def nvmlDeviceGetCount(self) -> int:
        return self._gpus

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:
        return index

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> int:
        if uuid != "GPU-one":
            raise FakeNvml.NVMLError(uuid)
        return 1

    def nvmlDeviceGetIndex(self, handle: int) -> int:
        return handle

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


@pytest.fixture(autouse=True)
def every_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


WORKING = 5
"""Percent of one core: far above an idle process, and within reach on a machine that is busy."""


def work() -> None:
    sum(number * number for number in range(2_000_000))


def begun(*args: Any, **options: Any) -> MachineMonitor:
    """A monitor after the first reading, which the next one is compared with."""
    monitor = MachineMonitor(*args, **options)
    monitor.read()
    return monitor


def read(monitor: MachineMonitor) -> MachineReading | None:
    monitor.read()
    return monitor.reading


def test_the_first_reading_has_nothing_to_compare_with() -> None:
    monitor = MachineMonitor(FakeNvml(0))

    assert monitor.reading is None
    assert read(monitor) is None
    assert read(monitor) is not None


def test_memory_is_that_of_this_process() -> None:
    reading = read(begun(FakeNvml(0)))

    assert 10 * 2**20 < reading.memory < 64 * 2**30
    assert reading.process_cpu >= 0


def test_work_shows_in_the_next_reading() -> None:
    monitor = begun(FakeNvml(0))
    work()

    assert read(monitor).process_cpu > WORKING


def test_it_does_not_matter_which_thread_reads() -> None:
    """A pool takes any of its threads, and psutil itself would begin anew in each."""
    monitor = begun(FakeNvml(0))
    for _ in range(2):
        work()
        with ThreadPoolExecutor(1) as thread:
            reading = thread.submit(read, monitor).result()

        assert reading.process_cpu > WORKING
        assert reading.machine_cpu > 0


@pytest.mark.parametrize("times", [[5.0, 5.0], [5.0, 4.0]], ids=["stands still", "goes back"])
def test_a_clock_that_does_not_move_is_no_error(times: list[float]) -> None:
    monitor = begun(FakeNvml(0), clock=iter(times).__next__)

    assert read(monitor).process_cpu == 0


@pytest.mark.parametrize("error", [psutil.AccessDenied(), OSError("no /proc")])
def test_a_system_that_reports_nothing_is_no_error(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monitor = begun(FakeNvml(0))

    def refuse() -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(psutil, "cpu_times", refuse)
        assert read(monitor) is None
    # Of the reading after it there is nothing to compare with.
    assert read(monitor) is None
    assert read(monitor) is not None


def test_each_gpu_is_in_the_reading() -> None:
    reading = read(begun(FakeNvml(2)))

    assert reading.gpus[0] == H100
    assert (reading.gpus[1].index, reading.gpus[1].utilisation) == (1, 86)


@pytest.mark.parametrize(
    ("visible", "indices"),
    [
        ("2", [2]),
        ("3, 1", [3, 1]),
        ("0,9,1", [0]),
        ("GPU-one", [1]),
        ("GPU-gone,2", [2]),
        ("", []),
        ("-1", []),
    ],
)
def test_a_process_that_may_use_some_of_them_reads_these(visible: str, indices: list[int]) -> None:
    """As CUDA itself reads the variable: up to the first number that there is not."""
    reading = read(begun(FakeNvml(4), visible=visible))

    assert [gpu.index for gpu in reading.gpus] == indices


@pytest.mark.parametrize("refused", ["nvmlInit", "nvmlDeviceGetCount"])
def test_without_a_driver_there_are_none(refused: str) -> None:
    assert read(begun(FakeNvml(refuses=(refused,)))).gpus == ()


@pytest.mark.parametrize(
    ("refused", "part"),
    [
        ("nvmlDeviceGetPowerUsage", "power"),
        ("nvmlDeviceGetTemperature", "temperature"),
        ("nvmlDeviceGetMemoryInfo", "memory_used"),
        ("nvmlDeviceGetUtilizationRates", "utilisation"),
    ],
)
def test_what_a_driver_does_not_report_is_left_out(refused: str, part: str) -> None:
    """As of power and temperature on many consumer cards."""
    (gpu,) = read(begun(FakeNvml(refuses=(refused,)))).gpus

    assert getattr(gpu, part) is None
    assert gpu.name == H100.name


def test_the_driver_is_asked_no_sooner_than_the_second_reading() -> None:
    """It may take a second to wake a GPU."""
    nvml = FakeNvml()
    monitor = MachineMonitor(nvml)
    monitor.read()
    assert nvml.initialised == 0

    monitor.read()
    monitor.read()
    assert nvml.initialised == 1


@pytest.mark.parametrize("refuses", [(), ("nvmlDeviceGetCount",)], ids=["asked", "not asked"])
def test_the_driver_is_closed_once(refuses: tuple[str, ...]) -> None:
    nvml = FakeNvml(refuses=refuses)
    monitor = begun(nvml)
    monitor.read()
    monitor.close()
    monitor.close()

    assert nvml.shut_down == 1
    assert read(monitor).gpus == ()


def test_a_driver_that_was_never_asked_is_not_closed() -> None:
    nvml = FakeNvml()
    MachineMonitor(nvml).close()

    assert nvml.shut_down == 0


def test_the_installed_binding_is_the_default() -> None:
    """On a machine without a driver that is no error."""
    monitor = begun()
    monitor.read()
    monitor.close()
