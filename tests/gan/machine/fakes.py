"""NVIDIA's management library as a box of given GPUs would answer it."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

GIB = 2**30
_TOO_MANY = 1000
"""Questions that nobody should ask."""


@dataclass(frozen=True)
class FakeSlice:
    uuid: str = "MIG-a1b2c3d4-0000-1111-2222-333344445555"
    name: str = "NVIDIA A100-SXM4-40GB MIG 1g.5gb"
    total: int = 5 * GIB
    free: int = 5 * GIB


@dataclass(frozen=True)
class FakeGpu:
    name: str | bytes = "NVIDIA A100-SXM4-40GB"
    """As the driver has written it, if it is bytes."""

    uuid: str = "GPU-aaaaaaaa-0000-1111-2222-333344445555"
    capability: tuple[int, int] = (8, 0)
    total: int = 40 * GIB
    free: int = 39 * GIB
    processes: tuple[tuple[int, int | None], ...] = ()
    """Numbers of processes and the bytes that each holds."""

    mig: bool | None = None
    """`None` for a GPU that can't be divided."""

    slices: tuple[FakeSlice, ...] = ()
    mode: int = 0
    """Its compute mode, as NVML counts them."""

    error: str = ""
    """Why it gives no handle, although it is counted."""


@dataclass(frozen=True)
class FakeNvml:
    """A driver of some GPUs; one with an `error` does not answer."""

    gpus: tuple[FakeGpu, ...] = (FakeGpu(),)
    error: str = ""
    driver: str = "550.54.15"
    cuda: int = 12040
    refuses: tuple[str, ...] = ()
    """Functions that this driver does not know."""

    lacks: tuple[str, ...] = ()
    """Functions that the binding does not have."""

    most: int | None = None
    """How many GPUs and slices it counts; `None` for as many as there are."""

    opened: list[int] = field(default_factory=list)

    class NVMLError(Exception):
        pass

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("nvml") and name in object.__getattribute__(self, "refuses"):
            raise FakeNvml.NVMLError("Function Not Found")
        if name.startswith("nvml") and name in object.__getattribute__(self, "lacks"):
            raise AttributeError(name)
        return object.__getattribute__(self, name)

    def nvmlInit(self) -> None:
        if self.error:
            raise FakeNvml.NVMLError(self.error)
        self.opened.append(1)

    def nvmlShutdown(self) -> None:
        self.opened.pop()

    def nvmlSystemGetDriverVersion(self) -> str:
        return self.driver

    def nvmlSystemGetCudaDriverVersion(self) -> int:
        return self.cuda

    def nvmlDeviceGetCount(self) -> int:
        return len(self.gpus) if self.most is None else self.most

    def nvmlDeviceGetHandleByIndex(self, index: int) -> FakeGpu:
        if index >= len(self.gpus):
            assert index < _TOO_MANY
            raise FakeNvml.NVMLError("Invalid Argument")
        if error := self.gpus[index].error:
            raise FakeNvml.NVMLError(error)
        return self.gpus[index]

    def nvmlDeviceGetUUID(self, handle: FakeGpu | FakeSlice) -> str:
        return handle.uuid

    def nvmlDeviceGetName(self, handle: FakeGpu | FakeSlice) -> str:
        # The binding decodes what the driver has written.
        return handle.name.decode() if isinstance(handle.name, bytes) else handle.name

    def nvmlDeviceGetMemoryInfo(self, handle: FakeGpu | FakeSlice) -> SimpleNamespace:
        return SimpleNamespace(total=handle.total, free=handle.free)

    def nvmlDeviceGetCudaComputeCapability(self, handle: FakeGpu) -> tuple[int, int]:
        return handle.capability

    def nvmlDeviceGetComputeMode(self, handle: FakeGpu) -> int:
        return handle.mode

    def nvmlDeviceGetMigMode(self, handle: FakeGpu) -> list[int]:
        if handle.mig is None:
            raise FakeNvml.NVMLError("Not Supported")
        return [int(handle.mig)] * 2

    def nvmlDeviceGetMaxMigDeviceCount(self, handle: FakeGpu) -> int:
        # There is room for more slices than were created.
        return len(handle.slices) + 2 if self.most is None else self.most

    def nvmlDeviceGetMigDeviceHandleByIndex(self, handle: FakeGpu, number: int) -> FakeSlice:
        assert number < _TOO_MANY
        if number >= len(handle.slices):
            raise FakeNvml.NVMLError("Not Found")
        return handle.slices[number]

    def nvmlDeviceGetComputeRunningProcesses(self, handle: FakeGpu) -> list[SimpleNamespace]:
        return [SimpleNamespace(pid=pid, usedGpuMemory=used) for pid, used in handle.processes]

    def nvmlDeviceGetGraphicsRunningProcesses(self, _: FakeGpu) -> list[SimpleNamespace]:
        return []
