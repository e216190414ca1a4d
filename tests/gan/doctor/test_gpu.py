"""GPUs, wheels and libraries of machines that nobody here has."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gan.doctor.gpu import import_row, library_rows, needs_libraries, probe_row, rows
from gan.machine.choice import DeviceChoice, choose
from gan.machine.gpus import Gpu, GpuFacts, GpuProcess, MigSlice, usable_gpus
from gan.machine.libraries import CudaLibraries, Library
from gan.machine.probe import Verdict
from gan.machine.wheel import WheelFacts

if TYPE_CHECKING:
    from gan.doctor.row import Row

GB = 10**9
WHEEL = WheelFacts(
    version="2.21.0",
    is_known=True,
    has_cuda=True,
    targets=("sm_60", "sm_70", "sm_80", "sm_89", "compute_90"),
    cuda=(12, 5),
    cudnn=9,
)
CPU_WHEEL = WheelFacts(version="2.21.0", is_known=True)
FULL = CudaLibraries(
    libraries=(
        Library(name="cublas", soname="libcublas.so.12", path="/p/libcublas.so.12"),
        Library(name="cudnn", soname="libcudnn.so.9", path="/p/libcudnn.so.9"),
    ),
    ptxas="/p/ptxas",
    libdevice="/p/libdevice.10.bc",
)


def gpu(**about: Any) -> Gpu:
    usual: dict[str, Any] = {
        "index": 0,
        "uuid": "GPU-1",
        "name": "NVIDIA H100 80GB",
        "capability": (9, 0),
        "memory_total": 85 * GB,
        "memory_free": 84 * GB,
    }
    return Gpu(**usual | about)


def box(*gpus: Gpu, visible: str | None = None) -> GpuFacts:
    return GpuFacts(
        driver="550.54.15",
        cuda=(12, 4),
        gpus=gpus,
        visible=visible,
        usable=usable_gpus(gpus, visible),
        on_bus=len(gpus),
    )


def found(
    facts: GpuFacts, wheel: WheelFacts = WHEEL, libraries: CudaLibraries | None = FULL
) -> dict[str, Row]:
    every = list(rows(facts, wheel, None))
    if libraries is not None:
        every += library_rows(libraries, facts)
    return {row.name: row for row in every}


def test_a_gpu_box_is_ok_throughout() -> None:
    seen = found(box(gpu()))

    assert {name: row.verdict for name, row in seen.items()} == dict.fromkeys(
        ("gpu driver", "gpu 0", "built for", "libraries", "xla tools"), "ok"
    )
    assert seen["gpu driver"].text == "550.54.15, for CUDA up to 12.4"
    assert seen["gpu 0"].text == "NVIDIA H100 80GB, 9.0, 84.0 GB of 85.0 GB free"
    assert seen["built for"].text == "CUDA 12.5, cuDNN 9, GPUs 6.0, 7.0, 8.0, 8.9, 9.0+"


def test_a_machine_without_a_gpu_lacks_nothing() -> None:
    seen = found(GpuFacts(error="Driver Not Loaded"), libraries=None)

    assert {row.verdict for row in seen.values()} == {"ok"}
    assert list(seen) == ["gpu driver", "built for"]


def test_a_gpu_without_a_driver_fails() -> None:
    seen = found(GpuFacts(error="Driver Not Loaded", on_bus=2), libraries=None)["gpu driver"]

    assert seen.verdict == "fail"
    assert seen.text == "2 NVIDIA GPUs in the machine, but none answers: Driver Not Loaded"
    assert "modprobe nvidia" in seen.fix
    unknown = found(GpuFacts(error="No such thing", on_bus=1), libraries=None)["gpu driver"]
    assert "docker run --gpus all" in unknown.fix


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        ("NVML Shared Library Not Found", "ok"),
        ("Driver Not Loaded", "ok"),
        ("Insufficient Permissions", "warn"),
        ("Unknown Error", "warn"),
    ],
)
def test_where_the_bus_shows_nothing_only_some_errors_are_faults(error: str, verdict: str) -> None:
    """As in WSL, where GPUs are on no bus, and in images that have the library for any machine."""
    seen = found(GpuFacts(error=error), libraries=None)["gpu driver"]

    assert seen.verdict == verdict
    assert bool(seen.fix) == (verdict == "warn")


def test_a_gpu_that_can_not_be_asked_is_no_fault_of_the_driver() -> None:
    facts = GpuFacts(error="nvidia-ml-py is not installed (No module named 'pynvml')", on_bus=1)

    seen = found(facts, libraries=None)["gpu driver"]

    assert (seen.verdict, seen.fix) == ("warn", "pip install nvidia-ml-py")
    assert seen.text == "1 NVIDIA GPU in the machine, not asked: no nvidia-ml-py"


def test_a_driver_that_shows_no_gpu_is_a_warning() -> None:
    seen = found(box(), libraries=None)["gpu driver"]
    dark = found(replace(box(), on_bus=1), libraries=None)["gpu driver"]

    assert seen.verdict == dark.verdict == "warn"
    assert "--gpus all" in seen.fix
    assert dark.fix == "sudo dmesg | grep -i nvrm"


def test_blackwell_fails_before_it_can_end_a_process() -> None:
    """https://github.com/tensorflow/tensorflow/issues/111958."""
    seen = found(box(gpu(name="NVIDIA RTX 5090", capability=(12, 0))))["gpu 0"]

    assert seen.verdict == "fail"
    assert "TensorFlow 2.21.0 has no code for it" in seen.text
    assert seen.fix


def test_what_helps_a_gpu_without_code_is_what_a_run_says() -> None:
    m60 = gpu(name="Tesla M60", capability=(5, 2))

    seen = found(box(m60))["gpu 0"]

    chosen = choose("auto", box(m60), WHEEL, verdicts={})
    assert isinstance(chosen, DeviceChoice)
    assert seen.fix[1:].rstrip(".") in chosen.idle


def test_a_gpu_that_somebody_fills_names_them() -> None:
    full = gpu(memory_free=GB, processes=(GpuProcess(pid=4711, memory=83 * GB),))

    seen = found(box(full, gpu(index=1)))["gpu 0"]

    assert seen.verdict == "warn"
    assert seen.text.endswith("process 4711 holds 83.0 GB")
    assert "CUDA_VISIBLE_DEVICES" in seen.fix
    assert found(box(full))["gpu 0"].fix == "End what holds its memory: nvidia-smi lists it."


def test_mig_is_named_and_needs_slices() -> None:
    bare = found(box(gpu(is_mig=True)))["gpu 0"]
    cut = found(box(gpu(is_mig=True, slices=(MigSlice(uuid="MIG-1", name="1g.10gb"),))))["gpu 0"]

    assert (bare.verdict, bare.fix) == ("warn", "sudo nvidia-smi mig -i 0 -cgi 0 -C")
    assert cut.verdict == "ok"
    assert "MIG with 1 slice" in cut.text


def test_a_variable_that_hides_gpus_is_named() -> None:
    hidden = found(box(gpu(), visible=""), libraries=None)["visible"]
    some = found(box(gpu(), gpu(index=1, uuid="GPU-2"), visible="1"))["visible"]

    assert hidden.text == "CUDA_VISIBLE_DEVICES='' hides all GPUs"
    assert hidden.fix == "unset CUDA_VISIBLE_DEVICES"
    assert some.text == "CUDA_VISIBLE_DEVICES=1: 1 of 2 GPUs"
    assert some.verdict == "ok"


def test_a_tensorflow_without_cuda_leaves_a_gpu_idle() -> None:
    seen = found(box(gpu()), CPU_WHEEL, None)["built for"]

    assert (seen.verdict, seen.fix) == ("warn", "pip install 'gan-tui[cuda]'")
    assert found(GpuFacts(error="Driver Not Loaded"), CPU_WHEEL, None)["built for"].verdict == "ok"
    assert "built for" not in found(GpuFacts(error="Driver Not Loaded"), WheelFacts(), None)


def test_a_library_that_is_missing_is_named() -> None:
    gone = Library(name="cudnn", soname="libcudnn.so.9")

    seen = found(box(gpu()), libraries=CudaLibraries(libraries=(gone,), ptxas="/p", libdevice="/l"))

    assert seen["libraries"].verdict == "fail"
    assert seen["libraries"].text == "libcudnn.so.9 is missing"
    assert seen["libraries"].fix.startswith("pip install 'gan-tui[cuda]'")


def test_xla_without_its_tools_fails() -> None:
    seen = found(box(gpu()), libraries=CudaLibraries(libraries=(), ptxas="/p"))["xla tools"]

    assert (seen.verdict, seen.text) == ("fail", "libdevice missing")


def test_a_library_in_the_place_of_tensorflows_is_in_doubt() -> None:
    other = Library(
        name="cublas",
        soname="libcublas.so.12",
        path="/modules/libcublas.so.12",
        place="LD_LIBRARY_PATH",
        shadows="/p/libcublas.so.12",
    )

    seen = found(
        box(gpu()), libraries=CudaLibraries(libraries=(other,), ptxas="/p", libdevice="/l")
    )

    assert (seen["libraries"].verdict, seen["libraries"].fix) == ("warn", "unset LD_LIBRARY_PATH")


@pytest.mark.parametrize(
    ("facts", "wheel", "expected"),
    [
        (box(gpu()), WHEEL, True),
        (box(gpu(), visible=""), WHEEL, False),
        (box(gpu()), CPU_WHEEL, False),
        (GpuFacts(error="Driver Not Loaded"), WHEEL, False),
        (GpuFacts(error="Driver Not Loaded", on_bus=1), WHEEL, True),
        (GpuFacts(error="no answer within 30 s", is_unsafe=True, on_bus=1), WHEEL, False),
    ],
)
def test_libraries_are_looked_for_where_a_gpu_would_be_used(
    facts: GpuFacts, wheel: WheelFacts, *, expected: bool
) -> None:
    assert needs_libraries(facts, wheel) is expected


def test_a_probe_says_how_long_it_took_or_what_ended_it() -> None:
    passed = Verdict(passed=True, import_seconds=4.2, seconds=0.3)
    ended = Verdict(passed=False, reason="ended by SIGABRT (LLVM ERROR)", signal="SIGABRT")

    assert import_row(passed).text == "TensorFlow in 4.2 s"
    assert probe_row("CPU", passed).text == "compiles and computes in 0.3 s"
    assert probe_row("GPU", ended).verdict == "fail"
    assert "SIGABRT" in probe_row("GPU", ended).text
    assert "--device cpu" in probe_row("GPU", ended).fix
    assert "reinstall" in probe_row("CPU", ended).fix
    slow = import_row(Verdict(passed=True, import_seconds=95.0))
    assert slow.verdict == "warn"
