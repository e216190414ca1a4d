"""NVIDIA's GPUs as their driver tells of them, before TensorFlow is imported.

The driver is asked through its management library, NVML, which opens no CUDA context and takes no
memory of a GPU.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

VISIBLE: Final = "CUDA_VISIBLE_DEVICES"
"""The variable that limits which GPUs CUDA shows to a process."""

_PCI_DEVICES: Final = Path("/sys/bus/pci/devices")
_DEVICE_FILES: Final = Path("/dev")
_WSL_DRIVER: Final = Path("/usr/lib/wsl/lib/libcuda.so.1")
"""There if Windows has NVIDIA's driver; its GPUs are neither on Linux's bus nor in its `/dev`."""

_NVIDIA: Final = "0x10de"
_MOST_GPUS: Final = 256
_MOST_SLICES: Final = 64
"""Larger numbers are a driver's mistake, and asking for each would take for ever."""

_MOST_DIGITS: Final = 9
_UNKNOWN_MEMORY: Final = 2**60
"""Bytes: with more, every bit is set, which is how NVML writes that it does not know."""

_DISPLAY_CLASS: Final = "0x03"
"""How the class of a display controller begins, among them GPUs without a connector."""

_MODES: Final[Mapping[int, Literal["exclusive", "prohibited"]]] = {
    1: "exclusive",
    2: "prohibited",
    3: "exclusive",
}
"""NVML's compute modes: exclusive for a thread, prohibited, exclusive for a process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuProcess:
    """A process that uses a GPU. In a container its number may be that of the host."""

    pid: int
    memory: int | None = None
    """Bytes of the GPU's memory; `None` if the driver does not report it."""

    computes: bool = True
    """Whether it computes; if not, it draws."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MigSlice:
    """A part of a GPU that is divided with MIG, which CUDA shows as a GPU of its own."""

    uuid: str
    name: str
    memory_total: int | None = None
    """Bytes."""

    memory_free: int | None = None
    """Bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """One GPU of the machine; `None` for what the driver does not report."""

    index: int
    """Its number in the driver and in `nvidia-smi`."""

    uuid: str
    name: str
    capability: tuple[int, int] | None = None
    """The compute capability, such as `(8, 0)`: which machine code it runs."""

    memory_total: int | None = None
    """Bytes."""

    memory_free: int | None = None
    """Bytes that nobody holds."""

    processes: tuple[GpuProcess, ...] = ()
    """Other processes that use it."""

    mode: Literal["", "exclusive", "prohibited"] = ""
    """Whether one process alone may compute on it, or none may; empty if many may."""

    is_mig: bool = False
    """Whether it is divided with MIG, so that only its slices compute."""

    slices: tuple[MigSlice, ...] = ()
    """The slices of a GPU that is divided; none if nobody has created any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisibleGpu:
    """What CUDA shows to this process as one GPU: a whole one, or a slice of it."""

    gpu: Gpu
    slice: MigSlice | None = None

    @property
    def uuid(self) -> str:
        """What to put in `CUDA_VISIBLE_DEVICES` to see this one alone."""
        return self.gpu.uuid if self.slice is None else self.slice.uuid

    @property
    def name(self) -> str:
        """Its name for people."""
        return self.gpu.name if self.slice is None else self.slice.name

    @property
    def memory_total(self) -> int | None:
        """Bytes; `None` if unknown."""
        return self.gpu.memory_total if self.slice is None else self.slice.memory_total

    @property
    def memory_free(self) -> int | None:
        """Bytes; `None` if unknown."""
        return self.gpu.memory_free if self.slice is None else self.slice.memory_free


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuFacts:
    """What is known of the machine's GPUs."""

    driver: str = ""
    """The version of NVIDIA's driver; empty without one that answers."""

    cuda: tuple[int, int] | None = None
    """The newest CUDA that the driver supports."""

    gpus: tuple[Gpu, ...] = ()
    """Those that the driver shows, in its own order."""

    visible: str | None = None
    """`CUDA_VISIBLE_DEVICES`; `None` if it is unset."""

    usable: tuple[VisibleGpu, ...] = ()
    """Those that CUDA shows to this process, in the order of their numbers in TensorFlow."""

    error: str = ""
    """Why the driver, or every GPU, does not answer, in its words; empty if one does."""

    is_unsafe: bool = False
    """Whether asking the driver ended a process, or never came back: a run must not try it."""

    silent: tuple[str, ...] = ()
    """Why each GPU that the driver counts, and that is not among `gpus`, does not answer."""

    on_bus: int = 0
    """NVIDIA's GPUs on the PCI bus, in `/dev` or in Windows, with or without a driver that answers;
    0 where there is none, and where it can't be read."""

    in_slurm: bool = False
    """Whether this is a job of Slurm, which gives its jobs the GPUs that they ask for."""


def gpu_facts(
    nvml: Any = None,
    *,
    environ: Mapping[str, str] | None = None,
    pid: int | None = None,
    pci_devices: Path = _PCI_DEVICES,
) -> GpuFacts:
    """Ask the driver, which wakes the GPUs. It raises nothing.

    A broken driver ends this process, or keeps it: `gan.machine.apart` asks it in another one.

    Args:
        nvml: NVIDIA's binding, or one like it; `None` takes the installed one.
        environ: The process's environment, which is the default.
        pid: The process that is left out of the processes of a GPU; by default this one.
        pci_devices: The kernel's folder of devices on the PCI bus.
    """
    unasked = facts_unasked(environ, pci_devices=pci_devices)
    driver = Driver(nvml)
    if error := driver.open():
        return replace(unasked, error=error)
    try:
        own = os.getpid() if pid is None else pid
        gpus, silent = _gpus(driver, own)
        return replace(
            unasked,
            error="" if gpus else "".join(silent[:1]) or driver.refused,
            silent=silent,
            driver=_text(driver.ask("nvmlSystemGetDriverVersion")),
            cuda=_cuda_version(driver.ask("nvmlSystemGetCudaDriverVersion")),
            gpus=gpus,
            usable=usable_gpus(gpus, unasked.visible),
        )
    finally:
        driver.close()


def facts_unasked(
    environ: Mapping[str, str] | None = None, *, pci_devices: Path = _PCI_DEVICES
) -> GpuFacts:
    """What is known before the driver is asked; the arguments are those of `gpu_facts`."""
    ours = os.environ if environ is None else environ
    return GpuFacts(
        visible=ours.get(VISIBLE),
        on_bus=gpus_on_bus(pci_devices),
        in_slurm="SLURM_JOB_ID" in ours,
    )


def usable_gpus(gpus: Sequence[Gpu], visible: str | None) -> tuple[VisibleGpu, ...]:
    """The GPUs that CUDA shows to a process, as CUDA reads `CUDA_VISIBLE_DEVICES`.

    Each word is a number, or the beginning of the UUID of a GPU or a slice. The first word that
    names nothing ends the list. Numbers are those of the driver, as with
    `CUDA_DEVICE_ORDER=PCI_BUS_ID`. Of a divided GPU without a UUID, CUDA shows the first slice.
    Without the variable these are all slices, because one is chosen by its UUID.
    """
    if visible is None:
        return tuple(device for gpu in gpus for device in _devices(gpu))
    found: list[VisibleGpu] = []
    for word in visible.split(","):
        device = _named(gpus, word.strip())
        if device is None:
            break
        if device not in found:
            found.append(device)
    return tuple(found)


def untold_gpus(facts: GpuFacts) -> tuple[VisibleGpu, ...]:
    """What CUDA may show though the driver tells of no GPU: a container may lack NVML alone.

    Each has as its UUID what shows it alone: its number, or its word in `CUDA_VISIBLE_DEVICES`.
    """
    words = (
        map(str, range(max(facts.on_bus, 1)))
        if facts.visible is None
        else (word.strip() for word in facts.visible.split(","))
    )
    return tuple(
        VisibleGpu(gpu=Gpu(index=number, uuid=word, name="an NVIDIA GPU"))
        for number, word in enumerate(words)
    )


def visible_names(visible: str | None, count: int) -> list[int | str]:
    """What `CUDA_VISIBLE_DEVICES` names: numbers below `count`, and UUIDs, up to any other word."""
    if visible is None:
        return list(range(count))
    names: list[int | str] = []
    for word in visible.split(","):
        name = word.strip()
        number = _number(name)
        if number is not None and number < count:
            names.append(number)
        elif name.startswith(("GPU-", "MIG-")):
            names.append(name)
        else:
            break
    return names


class Driver:
    """NVIDIA's driver, asked through NVML. What it does not answer is `None`."""

    def __init__(self, nvml: Any = None) -> None:
        """Ask nothing yet, and import nothing: `None` takes the installed binding at `open`."""
        self._nvml = nvml
        self.refused = ""
        """Why the last question had no answer, in the driver's words."""

    def open(self) -> str:
        """Open the driver.

        Returns:
            Why it does not answer, in its words; empty if it does. Close it only if it does.
        """
        if self._nvml is None:
            try:
                import pynvml
            except ImportError as error:
                return f"nvidia-ml-py is not installed ({error})"
            self._nvml = pynvml
        try:
            self._nvml.nvmlInit()
        except AttributeError as error:
            # Another package's module of the same name.
            return f"nvidia-ml-py is not installed, or not whole ({error})"
        except (self._nvml.NVMLError, OSError) as error:
            return str(error) or type(error).__name__
        return ""

    def close(self) -> None:
        """Close the driver."""
        self.ask("nvmlShutdown")

    def ask(self, what: str, *about: Any) -> Any:
        """The answer of one of NVML's functions; `None` if it has none."""
        try:
            return getattr(self._nvml, what)(*about)
        except (self._nvml.NVMLError, UnicodeDecodeError, AttributeError) as error:
            # The binding decodes what a driver may never have written. One that another package
            # has replaced by an older one lacks functions.
            self.refused = str(error)
            return None

    def count(self) -> int:
        """How many GPUs the driver shows, of at most as many as a machine can have."""
        return min(self.ask("nvmlDeviceGetCount") or 0, _MOST_GPUS)

    def constant(self, name: str) -> Any:
        """One of NVML's constants."""
        return getattr(self._nvml, name)

    def visible_handles(self, visible: str | None) -> Iterator[tuple[int, Any]]:
        """The number and the handle of each GPU that `CUDA_VISIBLE_DEVICES` names."""
        for name in visible_names(visible, self.count()):
            by = "Index" if isinstance(name, int) else "UUID"
            handle = self.ask(f"nvmlDeviceGetHandleBy{by}", name)
            if handle is not None:
                index = name if isinstance(name, int) else self.ask("nvmlDeviceGetIndex", handle)
                yield index or 0, handle

    def name(self, handle: Any) -> str:
        """What a GPU is called."""
        return _text(self.ask("nvmlDeviceGetName", handle)) or "GPU"


def _named(gpus: Sequence[Gpu], word: str) -> VisibleGpu | None:
    """What a word of `CUDA_VISIBLE_DEVICES` stands for; `None` if CUDA takes it for nothing."""
    if (number := _number(word)) is not None:
        found = [gpu for gpu in gpus if gpu.index == number]
        return _whole(found[0]) if found else None
    if word.startswith("GPU-"):
        found = [gpu for gpu in gpus if gpu.uuid.startswith(word)]
        return _whole(found[0]) if len(found) == 1 else None
    if word.startswith("MIG-"):
        slices = [
            VisibleGpu(gpu=gpu, slice=part)
            for gpu in gpus
            for part in gpu.slices
            if part.uuid.startswith(word)
        ]
        return slices[0] if len(slices) == 1 else None
    return None


def _number(word: str) -> int | None:
    """The number that a word of `CUDA_VISIBLE_DEVICES` is; `None` if it is none."""
    is_number = word.isascii() and word.isdecimal() and len(word) <= _MOST_DIGITS
    return int(word) if is_number else None


def _whole(gpu: Gpu) -> VisibleGpu | None:
    """A GPU as CUDA shows it by its number; `None` if it is divided and has no slice."""
    return next(_devices(gpu), None)


def _devices(gpu: Gpu) -> Iterator[VisibleGpu]:
    """A GPU, or its slices if it is divided."""
    if not gpu.is_mig:
        yield VisibleGpu(gpu=gpu)
    for part in gpu.slices:
        yield VisibleGpu(gpu=gpu, slice=part)


def _gpus(driver: Driver, own_pid: int) -> tuple[tuple[Gpu, ...], tuple[str, ...]]:
    """The GPUs that answer, and why each of the others does not.

    One that has fallen off the bus is counted: NVML gives no handle for it, or knows nothing.
    """
    found: list[Gpu] = []
    silent: list[str] = []
    for index in range(driver.count()):
        driver.refused = ""
        handle = driver.ask("nvmlDeviceGetHandleByIndex", index)
        gpu = None if handle is None else _gpu(driver, index, handle, own_pid)
        if gpu is None or not (gpu.uuid or gpu.capability or gpu.memory_total):
            silent.append(driver.refused or "no reason given")
        else:
            found.append(gpu)
    return tuple(found), tuple(silent)


def _memory(driver: Driver, handle: Any) -> tuple[int | None, int | None]:
    """All and free bytes; unknown if the driver reports nothing, none at all, or its `unknown`."""
    memory = driver.ask("nvmlDeviceGetMemoryInfo", handle)
    if memory is None or not 0 < memory.total < _UNKNOWN_MEMORY:
        return None, None
    return int(memory.total), int(memory.free)


def _gpu(driver: Driver, index: int, handle: Any, own_pid: int) -> Gpu:
    total, free = _memory(driver, handle)
    capability = driver.ask("nvmlDeviceGetCudaComputeCapability", handle)
    # GPUs that can't be divided have no answer.
    mode = driver.ask("nvmlDeviceGetMigMode", handle)
    is_mig = bool(mode and mode[0])
    return Gpu(
        index=index,
        uuid=_text(driver.ask("nvmlDeviceGetUUID", handle)),
        name=driver.name(handle),
        capability=None if capability is None else (int(capability[0]), int(capability[1])),
        memory_total=total,
        memory_free=free,
        processes=_processes(driver, handle, own_pid),
        mode=_MODES.get(driver.ask("nvmlDeviceGetComputeMode", handle) or 0, ""),
        is_mig=is_mig,
        slices=tuple(_slices(driver, handle)) if is_mig else (),
    )


def _slices(driver: Driver, handle: Any) -> Iterator[MigSlice]:
    most = driver.ask("nvmlDeviceGetMaxMigDeviceCount", handle) or 0
    for number in range(min(most, _MOST_SLICES)):
        part = driver.ask("nvmlDeviceGetMigDeviceHandleByIndex", handle, number)
        if part is None:
            continue
        total, free = _memory(driver, part)
        yield MigSlice(
            uuid=_text(driver.ask("nvmlDeviceGetUUID", part)),
            name=driver.name(part),
            memory_total=total,
            memory_free=free,
        )


def _processes(driver: Driver, handle: Any, own_pid: int) -> tuple[GpuProcess, ...]:
    """Other processes that compute or draw, those with the most memory first."""
    found: dict[int, GpuProcess] = {}
    for kind in ("Graphics", "Compute"):
        for process in driver.ask(f"nvmlDeviceGet{kind}RunningProcesses", handle) or ():
            pid, memory = int(process.pid), process.usedGpuMemory
            if pid != own_pid:
                found[pid] = GpuProcess(pid=pid, memory=memory, computes=kind == "Compute")
    return tuple(sorted(found.values(), key=lambda process: (-(process.memory or 0), process.pid)))


def gpus_on_bus(
    devices: Path = _PCI_DEVICES, files: Path = _DEVICE_FILES, wsl: Path = _WSL_DRIVER
) -> int:
    """How many of NVIDIA's GPUs the kernel sees; 0 if it does not say.

    A container may have those of its own in `/dev` alone. Of Windows's it counts one.
    """
    try:
        on_bus = sum(_is_nvidia_gpu(device) for device in devices.iterdir())
    except OSError:
        on_bus = 0
    return on_bus or sum(1 for _ in files.glob("nvidia[0-9]*")) or int(wsl.exists())


def _is_nvidia_gpu(device: Path) -> bool:
    try:
        if (device / "vendor").read_text(encoding="ascii").strip() != _NVIDIA:
            return False
        return (device / "class").read_text(encoding="ascii").startswith(_DISPLAY_CLASS)
    except (OSError, UnicodeDecodeError):
        return False


def _cuda_version(number: int | None) -> tuple[int, int] | None:
    """NVML's number, 12040, as CUDA writes it: 12.4; `None` if it is no version."""
    return None if number is None or number <= 0 else (number // 1000, number % 1000 // 10)


def _text(answer: Any) -> str:
    """Older bindings answer in bytes."""
    return answer.decode(errors="replace") if isinstance(answer, bytes) else str(answer or "")
