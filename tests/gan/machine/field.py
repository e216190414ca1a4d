"""Faults of the field: how GPUs fail other people, and what this program makes of each.

Each row is simulated by a machine of fakes: the driver's answers, the places of libraries, how a
probe's process ends, and the errors that TensorFlow raises. `test_field` trains on each, and
`docs/gpu.md` is made from the rows.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from gan.machine.child import ChildEnd
from gan.machine.gpus import GpuFacts, gpu_facts
from gan.machine.libraries import CudaLibraries, Search, find_libraries, open_libraries
from gan.machine.probe import Verdict, VerdictCache, probe
from gan.machine.traces import Trace, trace
from gan.machine.wheel import WheelFacts
from gan.session.devices import Machine
from tests.gan.machine.fakes import GIB, FakeGpu, FakeNvml, FakeSlice
from tests.gan.machine.packages import DRIVER, packages

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gan.machine.gpus import VisibleGpu

GITHUB = "https://github.com/"
WHEEL = WheelFacts(
    version="2.21.0",
    is_known=True,
    has_cuda=True,
    targets=("sm_60", "sm_70", "sm_80", "sm_89", "compute_90"),
    cuda=(12, 5),
    cudnn=9,
)
A100 = FakeGpu()
L4 = FakeGpu(name="NVIDIA L4", uuid="GPU-l4", capability=(8, 9), total=24 * GIB, free=24 * GIB)
RTX_5090 = FakeGpu(name="NVIDIA GeForce RTX 5090", uuid="GPU-5090", capability=(12, 0))
TESLA_M60 = FakeGpu(name="Tesla M60", uuid="GPU-m60", capability=(5, 2))
V100 = FakeGpu(name="Tesla V100-SXM2-16GB", uuid="GPU-v100", capability=(7, 0))
H100 = FakeGpu(name="NVIDIA H100 80GB HBM3", uuid="GPU-h100", capability=(9, 0))
PASSED = ChildEnd(stdout=json.dumps({"devices": 1, "value": 2.7182817}))
SEES_NONE = ChildEnd(stdout=json.dumps({"devices": 0}))
ABORTED = ChildEnd(
    status=-6, stderr="LLVM ERROR: PTX version 8.5 does not support target 'sm_120'\n"
)


@dataclass(frozen=True, kw_only=True)
class Box:
    """A machine of fakes."""

    nvml: FakeNvml = field(default_factory=FakeNvml)
    on_bus: int = 1
    visible: str | None = None
    """`CUDA_VISIBLE_DEVICES`."""

    wheel: WheelFacts = WHEEL
    without: tuple[str, ...] = ()
    """Libraries that are not there."""

    other: tuple[str, ...] = ()
    """Files in the folder of cuDNN besides."""

    module: str = ""
    """A library in a folder that `LD_LIBRARY_PATH` names."""

    versions: dict[str, str] = field(default_factory=dict)
    """Versions of NVIDIA's packages, by their names."""

    files: tuple[str, ...] = ()
    """Files of the system, by their paths from the root."""

    system: tuple[str, str] = ("linux", "x86_64")
    """As `sys.platform` and `platform.machine`."""

    has_driver: bool = True
    """Whether `libcuda.so.1` is there."""

    in_slurm: bool = False
    said: dict[str, str] = field(default_factory=dict)
    """The linker's words by the end of a library's path, or the driver's error as `cuInit`."""

    ends: ChildEnd = ABORTED
    """How a probe's process ends."""

    seen: bool = True
    """Whether TensorFlow sees what CUDA shows it."""

    untold: tuple[str, ...] = ()
    """What shows each of the GPUs that CUDA has though the driver tells of none."""


class FakeMachine(Machine):
    """The machine that a box describes, in a folder of its own."""

    def __init__(self, box: Box, folder: Path) -> None:
        self._box = box
        self._folder = folder
        self.probes = 0

    def gpus(self, on_wait: Callable[[], None], seconds: float = 1.0) -> GpuFacts:
        del seconds
        on_wait()
        environ = {} if self._box.visible is None else {"CUDA_VISIBLE_DEVICES": self._box.visible}
        facts = gpu_facts(self._box.nvml, environ=environ, pid=7, pci_devices=self._folder / "pci")
        return replace(facts, on_bus=self._box.on_bus, in_slurm=self._box.in_slurm)

    def wheel(self) -> WheelFacts:
        return self._box.wheel

    def trace(self, facts: GpuFacts, wheel: WheelFacts) -> Trace | None:
        root = self._folder / "root"
        for name in self._box.files:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).touch()
        system, machine = self._box.system
        return trace(facts, wheel, root=root, system=system, machine=machine)

    def libraries(self, wheel: WheelFacts) -> CudaLibraries:
        site, modules = self._folder / "site", self._folder / "modules"
        if not site.exists():
            packages(site, *self._box.without, versions=self._box.versions)
            for name in self._box.other:
                (site / "nvidia" / "cudnn" / "lib" / name).touch()
            modules.mkdir()
            if self._box.module:
                (modules / self._box.module).touch()
        search = Search(
            environ={"LD_LIBRARY_PATH": str(modules)} if self._box.module else {},
            packages=site,
            system=DRIVER if self._box.has_driver else {},
            toolkits=(),
        )
        return find_libraries(search, cuda=12, cudnn=wheel.cudnn or 9)

    def opened(self, libraries: CudaLibraries) -> CudaLibraries:
        paths = {part.path for part in libraries.libraries} | {"cuInit"}
        said = {
            path: text
            for end, text in self._box.said.items()
            for path in paths
            if path.endswith(end)
        }
        end = ChildEnd(stdout=json.dumps(said))
        return open_libraries(libraries, {}, lambda *_, **__: end)

    def probe(self, gpu: VisibleGpu, on_wait: Any) -> Verdict:
        self.probes += 1
        return probe("GPU", {}, uuid=gpu.uuid, on_wait=on_wait, run=lambda *_, **__: self._box.ends)

    def cache(self) -> VerdictCache:
        return VerdictCache(self._folder / "cache")


@dataclass(frozen=True, kw_only=True)
class AtTheStart:
    """A fault that is there when a run begins."""

    fault: str
    """What is wrong, for people."""

    issue: str
    """Where somebody reports it."""

    box: Box
    requested: str = "auto"
    gpu_memory: str | None = None
    says: str
    """What the program says, or the part that matters."""

    helps: str = ""
    """The part that helps."""

    device: str = "CPU"
    """What it trains on; empty if it refuses."""

    is_alert: bool = True
    """Whether training on the CPU is an alert here; else what is said is a note."""

    probes: int = 0
    """How many probes that takes."""

    @property
    def exit_code(self) -> int:
        return 0 if self.device else 1


@dataclass(frozen=True, kw_only=True)
class InMidRun:
    """A fault that ends a run on a GPU."""

    fault: str
    issue: str
    error: str
    """The type of TensorFlow's error."""

    message: str
    """Its words."""

    says: str
    helps: str


AT_THE_START = [
    AtTheStart(
        fault="Blackwell and a TensorFlow that does not know it: XLA aborts the process",
        issue=f"{GITHUB}tensorflow/tensorflow/issues/111958",
        box=Box(nvml=FakeNvml((RTX_5090,))),
        says="up to 9.0, and NVIDIA GeForce RTX 5090 has 12.0, on which XLA would end the process",
        helps="another GPU (no TensorFlow that this program runs with is known to be built for "
        "this one); --device gpu tries it as it is",
    ),
    AtTheStart(
        fault="The same, and the GPU is insisted on: a probe is aborted in place of the run",
        issue=f"{GITHUB}TaterTotterson/microWakeWord-Trainer-Nvidia-Docker/issues/56",
        box=Box(nvml=FakeNvml((RTX_5090,))),
        requested="gpu",
        says="a trial of NVIDIA GeForce RTX 5090 in a process of its own failed: ended by SIGABRT "
        "(LLVM ERROR: PTX version 8.5 does not support target 'sm_120')",
        helps="another GPU",
        device="",
        probes=1,
    ),
    AtTheStart(
        fault="The same, and the GPU is insisted on: a TensorFlow that can do it all the same",
        issue=f"{GITHUB}tensorflow/tensorflow/issues/89272",
        box=Box(nvml=FakeNvml((RTX_5090,)), ends=PASSED),
        requested="gpu",
        says="NVIDIA GeForce RTX 5090 has 12.0; a trial of it has passed",
        device="NVIDIA GeForce RTX 5090",
        is_alert=False,
        probes=1,
    ),
    AtTheStart(
        fault="Blackwell next to a GPU that works: the other one is taken",
        issue=f"{GITHUB}tensorflow/tensorflow/issues/101746",
        box=Box(nvml=FakeNvml((RTX_5090, A100))),
        says="gpu:0 is not used: TensorFlow 2.21.0 was built for compute capabilities up to 9.0",
        device="NVIDIA A100-SXM4-40GB",
        is_alert=False,
    ),
    AtTheStart(
        fault="A GPU older than the code in TensorFlow",
        issue=f"{GITHUB}tensorflow/tfjs/issues/1765",
        box=Box(nvml=FakeNvml((TESLA_M60,))),
        says="has no code for compute capability 5.2, which Tesla M60 has",
        helps="another GPU",
    ),
    AtTheStart(
        fault="A TensorFlow without CUDA, as on Arm",
        issue=f"{GITHUB}tensorflow/tensorflow/issues/121157",
        box=Box(wheel=WheelFacts(version="2.21.0", is_known=True)),
        says="TensorFlow 2.21.0 was built without CUDA",
        helps="on Arm there is no TensorFlow with CUDA on PyPI",
    ),
    AtTheStart(
        fault="A driver older than TensorFlow's CUDA",
        issue=f"{GITHUB}tensorflow/tensorflow/issues/31319",
        box=Box(nvml=FakeNvml(driver="470.57.02", cuda=11040)),
        says="NVIDIA's driver 470.57.02 supports CUDA up to 11.4, and TensorFlow 2.21.0 needs CUDA "
        "12",
        helps="a newer driver",
    ),
    AtTheStart(
        fault="A driver that can't compile TensorFlow's code for Hopper",
        issue=f"{GITHUB}googlecolab/colabtools/issues/5667",
        box=Box(
            nvml=FakeNvml((H100,), driver="535.104.05", cuda=12020),
            ends=ChildEnd(status=1, stderr="InternalError: CUDA_ERROR_UNSUPPORTED_PTX_VERSION\n"),
        ),
        says="a trial of NVIDIA H100 80GB HBM3 in a process of its own failed: InternalError: "
        "CUDA_ERROR_UNSUPPORTED_PTX_VERSION",
        helps="a newer driver",
        probes=1,
    ),
    AtTheStart(
        fault="No CUDA libraries: TensorFlow without the extra `cuda`",
        issue=f"{GITHUB}tensorflow/tensorflow/issues/66987",
        box=Box(
            without=("libcudnn.so.9", "libcublas.so.12", "libcublasLt.so.12", "libcufft.so.11"),
            seen=False,
        ),
        says="libcublas.so.12, libcublasLt.so.12, libcudnn.so.9 and libcufft.so.11 are missing",
        helps="pip install 'gan-tui[cuda]' brings them",
    ),
    AtTheStart(
        fault="The same, and the GPU is insisted on",
        issue=f"{GITHUB}tensorflow/tensorflow/issues/110956",
        box=Box(without=("libcudnn.so.9",), seen=False),
        requested="gpu",
        says="--device gpu: TensorFlow can't use it, because libcudnn.so.9 is missing",
        helps="pip install 'gan-tui[cuda]' brings it",
        device="",
    ),
    AtTheStart(
        fault="A library that can't be opened, because another one is missing",
        issue=f"{GITHUB}NVIDIA/tensorflow/issues/110",
        box=Box(
            said={
                "libcusolver.so.11": "libnvJitLink.so.12: cannot open shared object file: No such "
                "file or directory"
            },
            without=("libnvJitLink.so.12",),
            seen=False,
        ),
        says="libnvJitLink.so.12 is missing and",
        helps="pip install 'gan-tui[cuda]' brings them",
    ),
    AtTheStart(
        fault="An environment module's libraries come before TensorFlow's, and don't open",
        issue=f"{GITHUB}tensorflow/tensorflow/issues/65842",
        box=Box(
            module="libcudnn.so.9",
            ends=PASSED,
            said={"modules/libcudnn.so.9": "wrong ELF class: ELFCLASS32"},
            seen=False,
        ),
        says="libcudnn.so.9 (wrong ELF class: ELFCLASS32) can't be opened",
        helps="unset it, or unload the environment module that sets it",
        probes=1,
    ),
    AtTheStart(
        fault="An environment module's libraries come before TensorFlow's, and crash",
        issue=f"{GITHUB}talmolab/sleap/issues/1806",
        box=Box(
            module="libcudnn.so.9",
            ends=ChildEnd(status=-6, stderr="Could not load library libcudnn_cnn.so.9\n"),
        ),
        says="failed: ended by SIGABRT (Could not load library libcudnn_cnn.so.9)",
        helps="unset LD_LIBRARY_PATH",
        probes=1,
    ),
    AtTheStart(
        fault="Another framework has moved cuDNN",
        issue=f"{GITHUB}tensorflow/tensorflow/issues/50217",
        box=Box(without=("libcudnn.so.9",), other=("libcudnn.so.8",), seen=False),
        says="libcudnn.so.9 is missing",
        helps="which another framework needs: pip install 'gan-tui[cuda]' in an environment of its "
        "own",
    ),
    AtTheStart(
        fault="Another framework has moved cuDNN within its major version",
        issue=f"{GITHUB}tensorflow/tensorflow/issues/60913",
        box=Box(
            versions={"nvidia-cudnn-cu12": "9.1.0.70"},
            ends=ChildEnd(
                status=1,
                stderr="FailedPreconditionError: DNN library initialization failed. Look at the "
                "errors above for more details.\n",
            ),
        ),
        says="failed: FailedPreconditionError: DNN library initialization failed",
        helps="pip install 'gan-tui[cuda]' in an environment of its own",
        probes=1,
    ),
    AtTheStart(
        fault="A cuDNN that has dropped the GPU",
        issue=f"{GITHUB}Quansight/open-gpu-server/issues/69",
        box=Box(
            nvml=FakeNvml((V100,)),
            versions={"nvidia-cudnn-cu12": "9.14.0.64"},
            ends=ChildEnd(status=1, stderr="InternalError: CUDNN_STATUS_NOT_SUPPORTED\n"),
        ),
        says="a trial of Tesla V100-SXM2-16GB in a process of its own failed: InternalError: "
        "CUDNN_STATUS_NOT_SUPPORTED",
        helps="pip install 'nvidia-cudnn-cu12<9.11'",
        probes=1,
    ),
    AtTheStart(
        fault="WSL, whose driver is in a folder of its own",
        issue=f"{GITHUB}tensorflow/tensorflow/issues/45882",
        box=Box(
            nvml=FakeNvml(error="NVML Shared Library Not Found"),
            on_bus=0,
            files=("dev/dxg", "usr/lib/wsl/lib/libcuda.so.1"),
            seen=False,
        ),
        says="NVIDIA's driver does not answer (NVML Shared Library Not Found)",
        helps="export LD_LIBRARY_PATH=/usr/lib/wsl/lib:$LD_LIBRARY_PATH",
    ),
    AtTheStart(
        fault="WSL, and Windows shows it no GPU",
        issue=f"{GITHUB}microsoft/WSL/issues/9938",
        box=Box(
            nvml=FakeNvml(error="GPU access blocked by the operating system"),
            on_bus=0,
            files=("dev/dxg", "usr/lib/wsl/lib/libcuda.so.1"),
            seen=False,
        ),
        requested="gpu",
        says="--device gpu: NVIDIA's driver does not answer (GPU access blocked by the operating "
        "system)",
        helps="Update NVIDIA's driver in Windows, then wsl --update && wsl --shutdown",
        device="",
    ),
    AtTheStart(
        fault="A Jetson, whose GPU is on no bus",
        issue=f"{GITHUB}tensorflow/tensorflow/issues/62711",
        box=Box(
            nvml=FakeNvml(error="NVML Shared Library Not Found"),
            on_bus=0,
            files=("etc/nv_tegra_release",),
            system=("linux", "aarch64"),
            wheel=WheelFacts(version="2.21.0", is_known=True),
            seen=False,
        ),
        says="TensorFlow 2.21.0 was built without CUDA, as PyPI's are for Arm",
        helps="Build TensorFlow for this JetPack, or train on another machine",
    ),
    AtTheStart(
        fault="A GPU of AMD, and a TensorFlow without ROCm",
        issue=f"{GITHUB}tensorflow/tensorflow/issues/48846",
        box=Box(
            nvml=FakeNvml(error="NVML Shared Library Not Found"),
            on_bus=0,
            files=("dev/kfd",),
            seen=False,
        ),
        says="TensorFlow 2.21.0 was built without ROCm, as AMD's GPUs need it",
        is_alert=False,
    ),
    AtTheStart(
        fault="A GPU of AMD that a TensorFlow for it does not see",
        issue=f"{GITHUB}ROCm/tensorflow-upstream/issues/385",
        box=Box(
            nvml=FakeNvml(error="NVML Shared Library Not Found"),
            on_bus=0,
            files=("dev/kfd",),
            wheel=WheelFacts(version="2.21.0", is_known=True, has_rocm=True),
            seen=False,
        ),
        says="while an AMD GPU idles: TensorFlow 2.21.0 was built for AMD's GPUs and sees none",
        helps="this user be in the groups render and video",
    ),
    AtTheStart(
        fault="A Mac, and its GPU insisted on",
        issue=f"{GITHUB}tensorflow/tensorflow/issues/84167",
        box=Box(
            nvml=FakeNvml(error="NVML Shared Library Not Found"),
            on_bus=0,
            system=("darwin", "arm64"),
            wheel=WheelFacts(version="2.21.0", is_known=True),
            seen=False,
        ),
        requested="gpu",
        says="--device gpu: TensorFlow 2.21.0 has no code for Apple's GPU",
        device="",
    ),
    AtTheStart(
        fault="The driver was updated under a machine that runs",
        issue=f"{GITHUB}intel/llvm/issues/17614",
        box=Box(nvml=FakeNvml(error="Driver/library version mismatch"), ends=SEES_NONE, seen=False),
        says="NVIDIA's driver does not answer (Driver/library version mismatch)",
        helps="restart the machine",
        probes=1,
    ),
    AtTheStart(
        fault="A container that has lost its GPUs",
        issue=f"{GITHUB}NVIDIA/nvidia-container-toolkit/issues/48",
        box=Box(nvml=FakeNvml(error="Unknown Error"), ends=SEES_NONE, seen=False),
        says="NVIDIA's driver does not answer (Unknown Error)",
        helps="start the container again",
        probes=1,
    ),
    AtTheStart(
        fault="A user who may not open /dev/nvidia*",
        issue=f"{GITHUB}tensorflow/tensorflow/issues/7653",
        box=Box(nvml=FakeNvml(error="Insufficient Permissions"), ends=SEES_NONE, seen=False),
        says="NVIDIA's driver does not answer (Insufficient Permissions)",
        helps="join the group that owns them",
        probes=1,
    ),
    AtTheStart(
        fault="The same in a job of Slurm, which has asked for no GPU",
        issue=f"{GITHUB}tensorflow/tensorflow/issues/3632",
        box=Box(
            nvml=FakeNvml(error="Insufficient Permissions"),
            in_slurm=True,
            ends=SEES_NONE,
            seen=False,
        ),
        says="NVIDIA's driver does not answer (Insufficient Permissions)",
        helps="Slurm has given this job no GPU: ask for one, as with --gres=gpu:1",
        probes=1,
    ),
    AtTheStart(
        fault="A job of Slurm from which the GPUs are hidden",
        issue=f"{GITHUB}tensorflow/tensorflow/issues/19174",
        box=Box(visible="NoDevFiles", in_slurm=True),
        says='CUDA_VISIBLE_DEVICES="NoDevFiles" hides NVIDIA A100-SXM4-40GB',
        helps="ask for one, as with --gres=gpu:1",
        is_alert=False,
    ),
    AtTheStart(
        fault="A container whose driver computes and tells nothing",
        issue=f"{GITHUB}NVIDIA/nvidia-docker/issues/1163",
        box=Box(nvml=FakeNvml(error="NVML Shared Library Not Found"), ends=PASSED, untold=("0",)),
        says="nothing is known of an NVIDIA GPU from NVIDIA's driver (NVML Shared Library Not "
        "Found); a trial of it has passed",
        device="NVIDIA A100-SXM4-40GB",
        is_alert=False,
        probes=1,
    ),
    AtTheStart(
        fault="The same with a GPU that TensorFlow does not know",
        issue=f"{GITHUB}tensorflow/tensorflow/issues/90291",
        box=Box(nvml=FakeNvml(error="NVML Shared Library Not Found"), untold=("0",)),
        says="A trial of it in a process of its own failed: ended by SIGABRT",
        helps="start the container with its GPUs",
        probes=1,
    ),
    AtTheStart(
        fault="A GPU without a driver, and insisted on",
        issue=f"{GITHUB}tensorflow/tensorflow/issues/41785",
        box=Box(nvml=FakeNvml(error="NVML Shared Library Not Found"), has_driver=False, seen=False),
        requested="gpu",
        says="--device gpu: NVIDIA's driver does not answer (NVML Shared Library Not Found)",
        helps="install it, or start the container with its GPUs (--gpus all)",
        device="",
    ),
    AtTheStart(
        fault="A stale driver after a suspend: nvidia-smi works, CUDA does not",
        issue=f"{GITHUB}tensorflow/tensorflow/issues/5777",
        box=Box(said={"cuInit": "CUDA_ERROR_UNKNOWN"}, seen=False),
        says="CUDA does not start (CUDA_ERROR_UNKNOWN)",
        helps="sudo modprobe -r nvidia_uvm && sudo modprobe nvidia_uvm",
    ),
    AtTheStart(
        fault="A container's CUDA that is newer than the machine's driver",
        issue=f"{GITHUB}NVIDIA/nvidia-docker/issues/1294",
        box=Box(said={"cuInit": "CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE"}, seen=False),
        says="CUDA does not start (CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE)",
        helps="update the driver",
    ),
    AtTheStart(
        fault="A container in which CUDA finds no device",
        issue=f"{GITHUB}tensorflow/tensorflow/issues/808",
        box=Box(said={"cuInit": "CUDA_ERROR_NO_DEVICE"}, seen=False),
        says="CUDA does not start (CUDA_ERROR_NO_DEVICE)",
        helps="start the container with its GPUs (--gpus all)",
    ),
    AtTheStart(
        fault="A GPU that has fallen off the bus",
        issue=f"{GITHUB}JosephKJ/OWOD/issues/81",
        box=Box(
            nvml=FakeNvml((FakeGpu(error="GPU is lost"),)),
            ends=ChildEnd(is_timeout=True, seconds=120.0),
            seen=False,
        ),
        says="NVIDIA's driver does not answer (GPU is lost)",
        helps="restart the machine, and look for Xid in dmesg",
        probes=1,
    ),
    AtTheStart(
        fault="A GPU that has fallen off the bus, beside one that works",
        issue=f"{GITHUB}NVIDIA/open-gpu-kernel-modules/issues/507",
        box=Box(nvml=FakeNvml((FakeGpu(error="GPU is lost"), A100))),
        says="GPU 0 of nvidia-smi does not answer (GPU is lost)",
        helps="restart the machine, and look for Xid in dmesg",
        device="NVIDIA A100-SXM4-40GB",
        is_alert=False,
    ),
    AtTheStart(
        fault="The same, and `CUDA_VISIBLE_DEVICES` names the one that is lost",
        issue=f"{GITHUB}JosephKJ/OWOD/issues/81",
        box=Box(nvml=FakeNvml((FakeGpu(error="GPU is lost"), A100)), visible="0"),
        says="GPU 0 of nvidia-smi does not answer (GPU is lost)",
        helps="restart the machine, and look for Xid in dmesg",
    ),
    AtTheStart(
        fault="A machine with NVSwitch whose fabric manager does not run",
        issue=f"{GITHUB}pytorch/pytorch/issues/35710",
        box=Box(said={"cuInit": "CUDA_ERROR_SYSTEM_NOT_READY"}, seen=False),
        says="CUDA does not start (CUDA_ERROR_SYSTEM_NOT_READY)",
        helps="sudo systemctl start nvidia-fabricmanager",
    ),
    AtTheStart(
        fault="A GPU that another process has for itself",
        issue=f"{GITHUB}NVIDIA/DIGITS/issues/2005",
        box=Box(nvml=FakeNvml((replace(A100, mode=3, processes=((4711, GIB),)),))),
        says="the compute mode of NVIDIA A100-SXM4-40GB gives it to process 4711 alone",
        helps="sudo nvidia-smi -i 0 -c DEFAULT",
    ),
    AtTheStart(
        fault="A GPU whose compute mode prohibits all, and insisted on",
        issue=f"{GITHUB}tensorflow/tensorflow/issues/526",
        box=Box(nvml=FakeNvml((replace(A100, mode=2),))),
        requested="gpu",
        says="the compute mode of NVIDIA A100-SXM4-40GB lets no process compute",
        helps="sudo nvidia-smi -i 0 -c DEFAULT",
        device="",
    ),
    AtTheStart(
        fault="`CUDA_VISIBLE_DEVICES` is empty",
        issue=f"{GITHUB}tensorflow/tensorflow/issues/22816",
        box=Box(visible=""),
        says='CUDA_VISIBLE_DEVICES="" hides NVIDIA A100-SXM4-40GB',
        helps="Unset it to train there",
        is_alert=False,
    ),
    AtTheStart(
        fault="`CUDA_VISIBLE_DEVICES` names a GPU that there is not",
        issue=f"{GITHUB}tensorflow/tensorflow/issues/2653",
        box=Box(visible="2"),
        says="CUDA_VISIBLE_DEVICES=2 names no GPU of this machine",
        helps="which has 0 (NVIDIA A100-SXM4-40GB, GPU-aaaaaaaa-0000-1111-2222-333344445555)",
    ),
    AtTheStart(
        fault="A GPU that is divided with MIG: one slice is taken",
        issue=f"{GITHUB}pytorch/pytorch/issues/102715",
        box=Box(nvml=FakeNvml((replace(A100, mig=True, slices=(FakeSlice(),)),))),
        says="this run takes the slice NVIDIA A100-SXM4-40GB MIG 1g.5gb with 5.0 GiB",
        device="NVIDIA A100-SXM4-40GB MIG 1g.5gb",
        is_alert=False,
    ),
    AtTheStart(
        fault="A GPU that is divided with MIG and has no slice",
        issue=f"{GITHUB}MouseLand/cellpose/issues/909",
        box=Box(nvml=FakeNvml((replace(A100, mig=True),))),
        says="NVIDIA A100-SXM4-40GB is divided with MIG and has no slice",
        helps="sudo nvidia-smi mig -cgi 0 -C",
    ),
    AtTheStart(
        fault="A GPU that somebody else fills",
        issue=f"{GITHUB}tensorflow/tensorflow/issues/8170",
        box=Box(nvml=FakeNvml((replace(A100, free=GIB // 5, processes=((4711, 39 * GIB),)),))),
        says="has 0.2 GiB free of 40.0 GiB (process 4711: 39.0 GiB)",
        helps="end what holds its memory; --device gpu takes it all the same",
    ),
    AtTheStart(
        fault="A GPU that somebody else uses, beside one that is free",
        issue=f"{GITHUB}tensorflow/tensorflow/issues/3644",
        box=Box(nvml=FakeNvml((replace(A100, free=2 * GIB, uuid="GPU-0"), L4))),
        says="gpu:0 is not used: others hold more of it",
        device="NVIDIA L4",
        is_alert=False,
    ),
    AtTheStart(
        fault="A GPU that is divided with MIG, whose first slice is full",
        issue=f"{GITHUB}NVIDIA/k8s-device-plugin/issues/201",
        box=Box(
            nvml=FakeNvml(
                (
                    replace(
                        A100,
                        mig=True,
                        slices=(FakeSlice(free=0), FakeSlice(uuid="MIG-2", name="the second")),
                    ),
                )
            )
        ),
        says="this run takes the slice the second with 5.0 GiB",
        device="the second",
        is_alert=False,
    ),
    AtTheStart(
        fault="A GPU of which somebody else holds the half",
        issue=f"{GITHUB}tensorflow/tensorflow/issues/12237",
        box=Box(nvml=FakeNvml((replace(A100, free=20 * GIB, processes=((4711, 19 * GIB),)),))),
        says="other programs hold 20.0 GiB of the 40.0 GiB of NVIDIA A100-SXM4-40GB (process 4711: "
        "19.0 GiB)",
        device="NVIDIA A100-SXM4-40GB",
        is_alert=False,
    ),
    AtTheStart(
        fault="`--gpu-memory` above what is free",
        issue=f"{GITHUB}tensorflow/tensorflow/issues/6048",
        box=Box(nvml=FakeNvml((replace(A100, free=2 * GIB),))),
        requested="gpu",
        gpu_memory="4GiB",
        says="--gpu-memory is 4.0 GiB, and NVIDIA A100-SXM4-40GB has 2.0 GiB free of 40.0 GiB",
        helps="a lower --gpu-memory",
        device="",
    ),
    AtTheStart(
        fault="A number that no GPU has",
        issue=f"{GITHUB}tensorflow/tensorflow/issues/32881",
        box=Box(),
        requested="gpu:1",
        says="--device gpu:1: this machine shows gpu:0 NVIDIA A100-SXM4-40GB",
        helps="Name one of them, or use --device auto",
        device="",
    ),
    AtTheStart(
        fault="A driver that hangs: the probe of a doubtful library is given up",
        issue=f"{GITHUB}tensorflow/tensorflow/issues/22043",
        box=Box(module="libcudnn.so.9", ends=ChildEnd(is_timeout=True, seconds=120.0)),
        says="failed: it did not answer within 120 s",
        helps="unset LD_LIBRARY_PATH",
        probes=1,
    ),
]

IN_MID_RUN = [
    InMidRun(
        fault="A GPU falls off the bus",
        issue=f"{GITHUB}NVIDIA/open-gpu-kernel-modules/issues/507",
        error="InternalError",
        message="CUDA_ERROR_NO_DEVICE: GPU has fallen off the bus",
        says="the GPU was lost at step",
        helps="look for Xid in dmesg, check its power and heat, and restart the machine",
    ),
    InMidRun(
        fault="A kernel reads where it may not (Xid 13, Xid 31)",
        issue=f"{GITHUB}tensorflow/tensorflow/issues/35897",
        error="InternalError",
        message="Failed to complete all kernels launched on stream: could not synchronize on CUDA "
        "stream: CUDA_ERROR_ILLEGAL_ADDRESS: an illegal memory access was encountered",
        says="the GPU's driver has given up at step",
        helps="look for Xid in dmesg; a GPU that fails again is too hot, short of power or broken",
    ),
    InMidRun(
        fault="The driver fails for no reason that it names",
        issue=f"{GITHUB}tensorflow/tensorflow/issues/1450",
        error="InternalError",
        message="GPU sync failed",
        says="the GPU's driver has given up at step",
        helps="look for Xid in dmesg",
    ),
    InMidRun(
        fault="A launch fails",
        issue=f"{GITHUB}tensorflow/tensorflow/issues/25866",
        error="AbortedError",
        message="CUDA_ERROR_LAUNCH_FAILED: unspecified launch failure",
        says="(CUDA_ERROR_LAUNCH_FAILED)",
        helps="look for Xid in dmesg",
    ),
    InMidRun(
        fault="The GPU's memory fails",
        issue=f"{GITHUB}nagadit/DeepFaceLab_Linux/issues/89",
        error="InternalError",
        message="CUDA_ERROR_ECC_UNCORRECTABLE: uncorrectable ECC error encountered",
        says="the GPU's memory has failed at step",
        helps="have the card looked at",
    ),
    InMidRun(
        fault="Another process has grown, and takes the rest of the memory",
        issue=f"{GITHUB}tensorflow/tensorflow/issues/30594",
        error="ResourceExhaustedError",
        message="Out of memory while trying to allocate 1073741824 bytes.",
        says="the device is out of memory at step",
        helps="end what else holds its memory",
    ),
    InMidRun(
        fault="The same, met by a library",
        issue=f"{GITHUB}tensorflow/tensorflow/issues/9489",
        error="InternalError",
        message="failed to create cublas handle: CUBLAS_STATUS_ALLOC_FAILED",
        says="the device is out of memory at step",
        helps="end what else holds its memory",
    ),
]
