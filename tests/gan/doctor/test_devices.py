"""The checks of a box with GPUs, in order, from what its driver says to what a run takes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from gan.doctor.devices import Box, rows
from gan.machine.gpus import Gpu, GpuFacts, usable_gpus
from gan.machine.libraries import CudaLibraries, Library
from gan.machine.probe import Verdict, VerdictCache, cache_key
from gan.machine.traces import Trace
from gan.machine.wheel import WheelFacts
from gan.paths import NOWHERE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gan.doctor.row import Row
    from gan.machine.gpus import VisibleGpu

GB = 10**9
H100 = Gpu(
    index=0,
    uuid="GPU-1",
    name="NVIDIA H100",
    capability=(9, 0),
    memory_total=85 * GB,
    memory_free=84 * GB,
)
RTX_5090 = replace(H100, name="NVIDIA RTX 5090", capability=(12, 0))
WHEEL = WheelFacts(
    version="2.21.0",
    is_known=True,
    has_cuda=True,
    targets=("sm_80", "sm_89", "compute_90"),
    cuda=(12, 5),
    cudnn=9,
)
WHOLE = CudaLibraries(
    libraries=(Library(name="cudnn", soname="libcudnn.so.9", path="/p/libcudnn.so.9"),),
    ptxas="/p/ptxas",
    libdevice="/p/libdevice.10.bc",
)
PASSED = Verdict(passed=True, import_seconds=4.0, seconds=0.5)
ABORTED = Verdict(
    passed=False, reason="ended by SIGABRT (LLVM ERROR)", signal="SIGABRT", is_lasting=True
)


def driven(*gpus: Gpu, visible: str | None = None, cuda: tuple[int, int] = (12, 8)) -> GpuFacts:
    usable = usable_gpus(gpus, visible)
    return GpuFacts(driver="550", cuda=cuda, gpus=gpus, visible=visible, usable=usable)


@dataclass
class FakeBox(Box):
    """A box with GPUs, of which every start of a process is noted."""

    facts: GpuFacts
    built: WheelFacts = WHEEL
    found: CudaLibraries = WHOLE
    once_opened: CudaLibraries = WHOLE
    on_cpu: Verdict = PASSED
    on_gpu: Verdict = PASSED
    started: list[str] = field(default_factory=list)
    kept: VerdictCache = field(default_factory=lambda: VerdictCache(NOWHERE))
    patience: float = 0.0
    """Seconds that the driver was given."""

    traced: Trace | None = None

    def gpus(self, on_wait: Callable[[], None], seconds: float = 1.0) -> GpuFacts:
        on_wait()
        self.patience = seconds
        return self.facts

    def wheel(self) -> WheelFacts:
        return self.built

    def trace(self, facts: GpuFacts, wheel: WheelFacts) -> Trace | None:
        assert (facts, wheel) == (self.facts, self.built)
        return self.traced

    def cache(self) -> VerdictCache:
        return self.kept

    def libraries(self, wheel: WheelFacts) -> CudaLibraries:
        assert wheel is self.built
        return self.found

    def opened(self, libraries: CudaLibraries) -> CudaLibraries:
        assert libraries is self.found
        self.started.append("libraries")
        return self.once_opened

    def probe_cpu(self) -> Verdict:
        self.started.append("CPU")
        return self.on_cpu

    def probe(self, gpu: VisibleGpu, on_wait: Callable[[], None]) -> Verdict:
        on_wait()
        self.started.append(gpu.uuid)
        return self.on_gpu


def found(box: FakeBox, *, with_probes: bool = True) -> dict[str, Row]:
    return {
        row.name: row for row in rows(with_probes=with_probes, wait=lambda _: None, machine=box)
    }


def test_a_box_that_works_is_tried_part_by_part_and_names_what_a_run_takes() -> None:
    box = FakeBox(driven(H100))

    seen = found(box)

    assert {row.verdict for row in seen.values()} == {"ok"}
    assert box.started == ["libraries", "GPU-1", "CPU"]
    assert seen["xla on GPU"].text == "compiles and computes in 0.5 s"
    assert seen["device"].text == "a run takes gpu:0, NVIDIA H100"
    assert list(seen)[-4:] == ["import", "xla on CPU", "xla on GPU", "device"]


def test_without_probes_no_process_is_started() -> None:
    box = FakeBox(driven(H100))

    seen = found(box, with_probes=False)

    assert box.started == []
    assert {"import", "xla on CPU", "xla on GPU"} & set(seen) == set()
    assert seen["libraries"].verdict == "ok"
    assert seen["device"].text == "a run takes gpu:0, NVIDIA H100"


def test_without_probes_a_doubtful_gpu_is_said_to_be_tried_first() -> None:
    seen = found(FakeBox(driven(H100, cuda=(12, 4))), with_probes=False)

    assert seen["device"].text.startswith(
        "a run tries NVIDIA H100 first, because the driver's CUDA"
    )


def test_blackwell_ends_a_child_and_a_run_takes_the_cpu() -> None:
    """https://github.com/tensorflow/tensorflow/issues/111958."""
    seen = found(FakeBox(driven(RTX_5090), on_gpu=ABORTED))

    assert seen["gpu 0"].verdict == "fail"
    assert seen["xla on GPU"].verdict == "fail"
    assert "SIGABRT" in seen["xla on GPU"].text
    assert seen["device"].verdict == "warn"
    assert seen["device"].text == "a run takes the CPU"
    assert seen["device"].fix.startswith("Training on the CPU while NVIDIA RTX 5090 idles: ")
    assert seen["device"].fix.endswith(".")


def test_libraries_in_doubt_are_named_and_tried() -> None:
    other = Library(
        name="cudnn", soname="libcudnn.so.9", path="/m/a", place="LD_LIBRARY_PATH", shadows="/p/a"
    )
    doubtful = replace(WHOLE, libraries=(other,))

    untried = found(FakeBox(driven(H100), found=doubtful), with_probes=False)
    box = FakeBox(driven(H100), found=doubtful, once_opened=doubtful, on_gpu=ABORTED)
    tried = found(box)

    assert untried["device"].text.startswith("a run tries NVIDIA H100 first, because LD_LIBRARY")
    assert tried["libraries"].verdict == "warn"
    assert tried["device"].text == "a run takes the CPU"


def test_a_driver_that_does_not_start_is_named_with_what_helps() -> None:
    refused = replace(WHOLE, refusal="CUDA_ERROR_UNKNOWN")

    seen = found(FakeBox(driven(H100), once_opened=refused))["cuda"]

    assert seen.verdict == "fail"
    assert seen.text == "does not start: CUDA_ERROR_UNKNOWN"
    assert "nvidia_uvm" in seen.fix


def test_an_old_driver_fails() -> None:
    seen = found(FakeBox(driven(H100, cuda=(11, 8))))

    assert seen["gpu driver"].verdict == "fail"
    assert seen["gpu driver"].text == "550, for CUDA up to 11.8; TensorFlow needs CUDA 12"
    assert seen["device"].text == "a run takes the CPU"


def test_hidden_gpus_are_left_alone() -> None:
    box = FakeBox(driven(H100, visible=""))

    seen = found(box)

    assert box.started == ["CPU"]
    assert seen["visible"].verdict == "warn"
    assert seen["device"].text == "a run takes the CPU"
    assert "hides NVIDIA H100" in seen["device"].fix


@pytest.mark.parametrize("gpus", [(), (H100,)])
def test_without_tensorflow_nothing_is_tried(gpus: tuple[Gpu, ...]) -> None:
    box = FakeBox(driven(*gpus), built=WheelFacts())

    seen = found(box)

    assert box.started == []
    assert "device" not in seen


def test_a_cpu_on_which_tensorflow_dies_fails() -> None:
    seen = found(FakeBox(GpuFacts(error="NVML Shared Library Not Found"), on_cpu=ABORTED))

    assert seen["xla on CPU"].verdict == "fail"
    assert "import" not in seen
    assert seen["gpu driver"].verdict == "ok"


def test_without_probes_the_driver_is_given_less_time_than_all_checks_may_take() -> None:
    quick, patient = FakeBox(driven(H100)), FakeBox(driven(H100))

    found(quick, with_probes=False)
    found(patient)

    assert quick.patience < 10 < patient.patience


def test_a_gpu_whose_libraries_are_missing_is_not_what_a_run_takes() -> None:
    bare = replace(WHOLE, libraries=(Library(name="cudnn", soname="libcudnn.so.9"),))

    unseen = Verdict(passed=False, reason="TensorFlow sees no GPU")

    for with_probes in (True, False):
        box = FakeBox(driven(H100), found=bare, once_opened=bare, on_gpu=unseen)
        seen = found(box, with_probes=with_probes)["device"]

        assert (seen.verdict, seen.text) == ("warn", "a run takes the CPU")
        assert seen.fix == "Mend what the row libraries names."


def test_a_driver_that_does_not_start_leaves_a_run_on_the_cpu() -> None:
    refused = replace(WHOLE, refusal="CUDA_ERROR_UNKNOWN")

    unseen = Verdict(passed=False, reason="TensorFlow sees no GPU")

    seen = found(FakeBox(driven(H100), once_opened=refused, on_gpu=unseen))["device"]

    assert (seen.verdict, seen.text) == ("warn", "a run takes the CPU")
    assert seen.fix == "Mend what the row cuda names."


def test_a_trial_that_ends_its_process_keeps_runs_from_the_gpu(tmp_path: Path) -> None:
    """Nothing spoke against it before the trial."""
    kept = VerdictCache(tmp_path)
    seen = found(FakeBox(driven(H100), on_gpu=ABORTED, kept=kept))["device"]

    facts = driven(H100)
    assert (seen.verdict, seen.text) == ("warn", "a run takes the CPU")
    assert "SIGABRT" in seen.fix
    assert kept.read(cache_key(facts, facts.usable[0], WHEEL, WHOLE.fingerprint)) == ABORTED


def test_a_trial_of_an_earlier_process_counts(tmp_path: Path) -> None:
    """A run has made it, or doctor."""
    kept = VerdictCache(tmp_path)
    lasting = replace(PASSED, is_lasting=True)
    tried = found(FakeBox(driven(RTX_5090), on_gpu=lasting, kept=kept))["device"]
    again = FakeBox(driven(RTX_5090), kept=kept)

    seen = found(again, with_probes=False)["device"]

    assert again.started == []
    assert tried.text == seen.text == "a run takes gpu:0, NVIDIA RTX 5090"


def test_a_trial_that_failed_for_the_moment_keeps_no_run_from_the_gpu_and_is_named() -> None:
    full = Verdict(passed=False, reason="it did not answer within 120 s", is_timeout=True)

    seen = found(FakeBox(driven(H100), on_gpu=full))["device"]

    assert seen.verdict == "warn"
    assert seen.text == "a run takes gpu:0, NVIDIA H100, on which the trial has just failed"


UNTOLD = GpuFacts(error="NVML Shared Library Not Found", on_bus=1)
DRIVEN = replace(
    WHOLE,
    libraries=(
        *WHOLE.libraries,
        Library(name="driver", soname="libcuda.so.1", path="/l/libcuda.so.1", place="system"),
    ),
)


def test_a_gpu_of_which_the_driver_does_not_tell_is_tried_where_cuda_may_start() -> None:
    """As in a container that has CUDA's library and not NVML."""
    box = FakeBox(UNTOLD, found=DRIVEN, once_opened=DRIVEN)

    seen = found(box)
    untried = found(FakeBox(UNTOLD, found=DRIVEN), with_probes=False)

    assert box.started == ["libraries", "0", "CPU"]
    assert seen["xla on GPU"].verdict == "ok"
    assert seen["device"].text == "a run takes gpu:0, an NVIDIA GPU"
    assert untried["device"].text.startswith("a run tries an NVIDIA GPU first, because nothing is")


def test_a_gpu_of_which_the_driver_does_not_tell_may_fail_its_trial() -> None:
    box = FakeBox(UNTOLD, found=DRIVEN, once_opened=DRIVEN, on_gpu=ABORTED)

    seen = found(box)

    assert (seen["device"].verdict, seen["device"].text) == ("warn", "a run takes the CPU")
    assert "SIGABRT" in seen["device"].fix


def test_without_cuda_s_library_nothing_is_tried() -> None:
    box = FakeBox(UNTOLD)

    seen = found(box)

    assert box.started == ["CPU"]
    assert seen["gpu driver"].verdict == "fail"
    assert "libraries" not in seen


def test_a_gpu_that_computes_lacks_no_library() -> None:
    """As with libraries in folders that nobody here knows."""
    bare = CudaLibraries(libraries=(Library(name="cudnn", soname="libcudnn.so.9"),))

    seen = found(FakeBox(driven(H100), found=bare, once_opened=bare))

    assert {row.verdict for row in seen.values()} == {"ok"}
    assert seen["libraries"].text == "1 not found by name, but XLA computes on the GPU"
    assert seen["xla tools"].text.startswith("ptxas and libdevice not found by name, but XLA")
    assert seen["device"].text == "a run takes gpu:0, NVIDIA H100"


def test_a_gpu_of_which_the_driver_tells_nothing_is_named() -> None:
    absent = GpuFacts(error="NVML Shared Library Not Found")
    jetson = Trace(gpu="the Jetson's GPU", what="no CUDA", helps="Build one.")
    apple = Trace(gpu="Apple's GPU", what="TensorFlow has no code for Apple's GPU")

    idle = found(FakeBox(absent, traced=jetson))["gpu driver"]
    useless = found(FakeBox(absent, traced=apple))["gpu driver"]

    assert (idle.verdict, idle.fix) == ("warn", "Build one.")
    assert idle.text == "the Jetson's GPU is there, but no CUDA"
    assert useless.verdict == "ok"
    assert useless.text.endswith("TensorFlow has no code for Apple's GPU: training takes the CPU")


def test_a_gpu_that_does_not_answer_beside_one_that_does_is_named() -> None:
    facts = replace(driven(H100), silent=("GPU is lost",))

    seen = found(FakeBox(facts))["gpu driver"]

    assert seen.verdict == "warn"
    assert seen.text == "550, for CUDA up to 12.8; 1 of 2 GPUs not answering: GPU is lost"
    assert "Xid" in seen.fix


def test_a_driver_without_a_version_is_not_an_empty_word() -> None:
    seen = found(FakeBox(replace(driven(H100), driver="")))["gpu driver"]

    assert seen.text == "of a version that it does not tell, for CUDA up to 12.8"


@pytest.mark.parametrize(
    ("verdict", "fix"),
    [
        (Verdict(passed=False, reason="no answer", is_timeout=True), "Try again when"),
        (Verdict(passed=False, reason="ended by SIGKILL", signal="SIGKILL"), "End other programs"),
        (ABORTED, "pip install --force-reinstall 'tensorflow"),
    ],
)
def test_a_cpu_that_fails_is_mended_by_its_cause(verdict: Verdict, fix: str) -> None:
    seen = found(FakeBox(GpuFacts(error="NVML Shared Library Not Found"), on_cpu=verdict))

    assert seen["xla on CPU"].fix.startswith(fix)


def test_a_driver_that_crashes_leaves_a_run_on_the_cpu() -> None:
    facts = GpuFacts(error="a process that asked it was ended by SIGSEGV", is_unsafe=True)

    seen = found(FakeBox(facts))

    assert seen["gpu driver"].text.endswith("was ended by SIGSEGV")
    assert (seen["device"].verdict, seen["device"].text) == ("warn", "a run takes the CPU")
