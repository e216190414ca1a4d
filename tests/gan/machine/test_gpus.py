"""What NVIDIA's driver tells, and what CUDA would show of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gan.machine.gpus import (
    GpuFacts,
    GpuProcess,
    facts_unasked,
    gpu_facts,
    gpus_on_bus,
    untold_gpus,
)
from tests.gan.machine.fakes import GIB, FakeGpu, FakeNvml, FakeSlice

NO_BUS = Path("/nonexistent")
ONE, TWO = "GPU-1111aaaa-0000", "GPU-2222bbbb-0000"


def facts(nvml: FakeNvml, visible: str | None = None, bus: Path = NO_BUS) -> GpuFacts:
    environ = {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}
    return gpu_facts(nvml, environ=environ, pid=7, pci_devices=bus)


def test_a_gpu_is_described() -> None:
    found = facts(FakeNvml((FakeGpu(processes=((7, GIB), (9, None), (8, 2 * GIB))),)))

    (gpu,) = found.gpus
    assert (found.driver, found.cuda, found.error) == ("550.54.15", (12, 4), "")
    assert (gpu.name, gpu.capability) == ("NVIDIA A100-SXM4-40GB", (8, 0))
    assert (gpu.memory_total, gpu.memory_free) == (40 * GIB, 39 * GIB)
    # This process itself, 7, is none of the others.
    assert gpu.processes == (GpuProcess(pid=8, memory=2 * GIB), GpuProcess(pid=9))
    assert not gpu.is_mig
    assert [device.uuid for device in found.usable] == [gpu.uuid]


@pytest.mark.parametrize(
    "words", ["NVML Shared Library Not Found", "Driver/library version mismatch", "No permission"]
)
def test_a_driver_that_does_not_answer_says_why(words: str) -> None:
    found = facts(FakeNvml(error=words))

    assert (found.error, found.gpus, found.usable) == (words, (), ())


def test_a_gpu_that_is_lost_is_not_there_and_says_why_if_it_was_the_only_one() -> None:
    lost = FakeGpu(error="GPU is lost")

    assert facts(FakeNvml((lost,))).error == "GPU is lost"
    assert facts(FakeNvml((lost, FakeGpu(uuid=TWO)))).error == ""
    assert [gpu.index for gpu in facts(FakeNvml((lost, FakeGpu(uuid=TWO)))).gpus] == [1]


@pytest.mark.parametrize(
    ("refused", "field"),
    [
        ("nvmlDeviceGetMemoryInfo", "memory_free"),
        ("nvmlDeviceGetCudaComputeCapability", "capability"),
    ],
)
def test_what_the_driver_does_not_report_is_unknown(refused: str, field: str) -> None:
    (gpu,) = facts(FakeNvml(refuses=(refused,))).gpus

    assert getattr(gpu, field) is None


@pytest.mark.parametrize(
    "lacked",
    [
        ("nvmlDeviceGetMigMode", "nvmlDeviceGetComputeMode"),
        ("nvmlDeviceGetCudaComputeCapability", "nvmlSystemGetCudaDriverVersion"),
    ],
)
def test_a_binding_that_lacks_functions_has_no_answer(lacked: tuple[str, ...]) -> None:
    """`nvidia-ml-py3` puts a module of the same name in the place of `nvidia-ml-py`'s."""
    found = facts(FakeNvml(lacks=lacked))

    assert (found.error, len(found.gpus)) == ("", 1)


def test_a_module_that_is_not_the_binding_says_so() -> None:
    found = facts(FakeNvml(lacks=("nvmlInit",)))

    assert found.error == "nvidia-ml-py is not installed, or not whole (nvmlInit)"


@pytest.mark.parametrize(
    ("number", "mode"), [(0, ""), (1, "exclusive"), (2, "prohibited"), (3, "exclusive")]
)
def test_the_compute_mode_is_read(number: int, mode: str) -> None:
    assert facts(FakeNvml((FakeGpu(mode=number),))).gpus[0].mode == mode


@pytest.mark.parametrize(
    ("visible", "on_bus", "words"),
    [
        (None, 2, ["0", "1"]),
        # A driver that hangs, where the bus can't be read.
        (None, 0, ["0"]),
        ("3, MIG-1", 1, ["3", "MIG-1"]),
    ],
)
def test_what_the_driver_does_not_tell_of_is_shown_by_its_word(
    visible: str | None, on_bus: int, words: list[str]
) -> None:
    untold = untold_gpus(GpuFacts(visible=visible, on_bus=on_bus))

    assert [device.uuid for device in untold] == words


def test_a_job_of_slurm_is_known() -> None:
    assert facts_unasked({"SLURM_JOB_ID": "7"}).in_slurm
    assert not facts_unasked({}).in_slurm


def test_a_gpu_in_dev_is_there_where_the_bus_cannot_be_read(tmp_path: Path) -> None:
    for name in ("nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm"):
        (tmp_path / name).touch()

    assert gpus_on_bus(NO_BUS, tmp_path, NO_BUS) == 2
    assert gpus_on_bus(NO_BUS, NO_BUS, NO_BUS) == 0
    # The GPU of Windows is in neither.
    assert gpus_on_bus(NO_BUS, NO_BUS, tmp_path / "nvidia0") == 1


def test_the_driver_is_closed() -> None:
    nvml = FakeNvml()
    facts(nvml)

    assert nvml.opened == []


@pytest.mark.parametrize(
    ("visible", "shown"),
    [
        (None, [ONE, TWO]),
        ("1", [TWO]),
        ("1,0", [TWO, ONE]),
        (" 1 , 0 ", [TWO, ONE]),
        ("0,7,1", [ONE]),
        ("0,0", [ONE]),
        ("GPU-2222", [TWO]),
        ("GPU-", []),
        ("GPU-3333,0", []),
        ("", []),
        ("-1", []),
        ("NoDevFiles", []),
    ],
)
def test_cuda_shows_what_its_variable_names(visible: str | None, shown: list[str]) -> None:
    found = facts(FakeNvml((FakeGpu(uuid=ONE), FakeGpu(uuid=TWO))), visible)

    assert len(found.gpus) == 2
    assert found.visible == visible
    assert [device.uuid for device in found.usable] == shown


SLICES = (FakeSlice(uuid="MIG-1"), FakeSlice(uuid="MIG-2", name="MIG 2g.10gb", total=10 * GIB))


@pytest.mark.parametrize(
    ("visible", "shown"),
    [("0", "MIG-1"), (ONE, "MIG-1"), ("MIG-2", "MIG-2")],
)
def test_of_a_divided_gpu_a_slice_is_shown(visible: str, shown: str) -> None:
    found = facts(FakeNvml((FakeGpu(uuid=ONE, mig=True, slices=SLICES),)), visible)

    (device,) = found.usable
    assert device.uuid == shown
    assert device.gpu.is_mig
    assert device.memory_total == {"MIG-1": 5 * GIB, "MIG-2": 10 * GIB}[shown]


def test_without_the_variable_every_slice_can_be_chosen() -> None:
    found = facts(FakeNvml((FakeGpu(uuid=ONE), FakeGpu(uuid=TWO, mig=True, slices=SLICES))))

    assert [device.uuid for device in found.usable] == [ONE, "MIG-1", "MIG-2"]


def test_a_divided_gpu_without_slices_computes_nothing() -> None:
    found = facts(FakeNvml((FakeGpu(mig=True),)))

    assert found.gpus[0].is_mig
    assert found.usable == ()


def test_a_gpu_without_a_driver_is_seen_on_the_bus(tmp_path: Path) -> None:
    for number, (vendor, kind) in enumerate(
        [("0x10de", "0x030200"), ("0x10de", "0x040300"), ("0x8086", "0x030000")]
    ):
        device = tmp_path / f"0000:0{number}:00.0"
        device.mkdir()
        (device / "vendor").write_text(f"{vendor}\n")
        (device / "class").write_text(f"{kind}\n")

    # The second is the sound of a display, the third another maker's.
    assert facts(FakeNvml(error="Driver Not Loaded"), bus=tmp_path).on_bus == 1


def test_the_installed_binding_answers_here() -> None:
    """With or without a GPU: there is a driver, or a reason."""
    found = gpu_facts()

    assert bool(found.driver) != bool(found.error)


def test_a_name_that_can_not_be_decoded_is_none() -> None:
    (gpu,) = facts(FakeNvml((FakeGpu(name=b"NVIDIA \xff"),))).gpus

    assert gpu.name == "GPU"


def test_a_gpu_of_which_nothing_is_told_does_not_answer() -> None:
    every = ("nvmlDeviceGetUUID", "nvmlDeviceGetMemoryInfo", "nvmlDeviceGetCudaComputeCapability")

    found = facts(FakeNvml(refuses=every))

    assert found.gpus == ()
    assert found.error == "Function Not Found"


def test_the_gpus_that_do_not_answer_are_counted() -> None:
    found = facts(FakeNvml((FakeGpu(error="GPU is lost"), FakeGpu(uuid=TWO))))

    assert found.silent == ("GPU is lost",)
    assert found.error == ""


@pytest.mark.parametrize("size", [0, 2**64 - 1])
def test_a_memory_of_nothing_or_of_everything_is_unknown(size: int) -> None:
    (gpu,) = facts(FakeNvml((FakeGpu(total=size, free=size),))).gpus

    assert (gpu.memory_total, gpu.memory_free) == (None, None)


def test_a_count_beyond_every_machine_is_not_counted_to_its_end() -> None:
    driver = FakeNvml((FakeGpu(mig=True),), most=2**32 - 1)

    (gpu,) = facts(driver).gpus

    assert not gpu.slices


@pytest.mark.parametrize("visible", ["9" * 5000, "\u0660", "\xb2"])
def test_a_number_that_is_none_for_cuda_names_no_gpu(visible: str) -> None:
    assert facts(FakeNvml(), visible).usable == ()


@pytest.mark.parametrize("number", [0, -5])
def test_a_cuda_without_a_version_is_unknown(number: int) -> None:
    assert facts(FakeNvml(cuda=number)).cuda is None
