"""What is taken where nothing is wrong, and what asks for a trial; the faults are in `field`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gan.errors import DeviceError
from gan.machine.choice import DeviceChoice, ProbeNeeded, choose, unseen
from gan.machine.gpus import GpuFacts, GpuProcess, VisibleGpu, gpu_facts
from gan.machine.libraries import Doubt
from gan.machine.probe import Verdict
from gan.machine.wheel import WheelFacts
from tests.gan.machine.fakes import GIB, FakeGpu, FakeNvml
from tests.gan.machine.field import A100, RTX_5090, WHEEL

SECOND = replace(A100, uuid="GPU-second", name="NVIDIA L4")
PASSED, FAILED = Verdict(passed=True), Verdict(passed=False, reason="no")


def facts(*gpus: FakeGpu, visible: str | None = None, cuda: int = 12040) -> GpuFacts:
    environ = {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}
    return gpu_facts(
        FakeNvml(gpus, cuda=cuda), environ=environ, pid=7, pci_devices=Path("/nonexistent")
    )


def chosen(
    requested: str, found: GpuFacts, wheel: WheelFacts = WHEEL, **more: Any
) -> DeviceChoice | ProbeNeeded:
    return choose(requested, found, wheel, **{"verdicts": {}, **more})


@pytest.mark.parametrize(
    ("requested", "uuid", "index"),
    [("auto", A100.uuid, 0), ("gpu", A100.uuid, 0), ("gpu:1", "GPU-second", 1)],
)
def test_a_gpu_is_shown_alone(requested: str, uuid: str, index: int) -> None:
    choice = chosen(requested, facts(A100, SECOND))

    assert isinstance(choice, DeviceChoice)
    assert (choice.device, choice.visible, choice.index) == ("GPU", uuid, index)
    assert (choice.idle, choice.notes) == ("", ())


def test_numbers_count_what_cuda_shows() -> None:
    choice = chosen("gpu:0", facts(A100, SECOND, visible="1"))

    assert isinstance(choice, DeviceChoice)
    assert choice.visible == "GPU-second"
    assert choice.notes == ("CUDA_VISIBLE_DEVICES=1 shows this run 1 of 2 GPUs.",)


@pytest.mark.parametrize("requested", ["auto", "gpu"])
def test_without_a_gpu_tensorflow_decides(requested: str) -> None:
    """It may know of one that NVIDIA's library doesn't: another maker's, or a small board's."""
    assert chosen(requested, GpuFacts()) == DeviceChoice(device="any")


def test_the_cpu_hides_what_there_is() -> None:
    assert chosen("cpu", facts(A100)) == DeviceChoice(device="CPU", visible="-1")

    # Whatever is known of them: starting CUDA may hang where a GPU is lost.
    assert chosen("cpu", GpuFacts(error="GPU is lost")) == DeviceChoice(device="CPU", visible="-1")


def test_a_tensorflow_about_which_nothing_is_known_is_trusted() -> None:
    choice = chosen("auto", facts(RTX_5090), WheelFacts(version="9"))

    assert isinstance(choice, DeviceChoice)
    assert choice.device == "GPU"


@pytest.mark.parametrize("requested", ["auto", "gpu"])
def test_a_trial_that_has_passed_counts(requested: str) -> None:
    choice = chosen(requested, facts(RTX_5090), verdicts={RTX_5090.uuid: PASSED})

    assert isinstance(choice, DeviceChoice)
    assert choice.device == "GPU"


def test_a_library_that_is_in_doubt_is_tried() -> None:
    assert chosen(
        "auto", facts(A100), doubt=Doubt("LD_LIBRARY_PATH puts x in the place of y", "z")
    ) == (ProbeNeeded(gpu=facts(A100).usable[0], why="LD_LIBRARY_PATH puts x in the place of y"))


def test_one_that_has_failed_leaves_the_next() -> None:
    choice = chosen(
        "auto",
        facts(A100, SECOND),
        doubt=Doubt("x", "y"),
        verdicts={A100.uuid: FAILED, "GPU-second": PASSED},
    )

    assert isinstance(choice, DeviceChoice)
    assert choice.visible == "GPU-second"
    assert "gpu:0 is not used: a trial of NVIDIA A100" in choice.notes[0]


def test_an_unknown_capability_is_tried() -> None:
    nvml = FakeNvml((A100,), refuses=("nvmlDeviceGetCudaComputeCapability",))
    found = gpu_facts(nvml, environ={}, pid=7, pci_devices=Path("/nonexistent"))
    choice = chosen("auto", found)

    assert isinstance(choice, ProbeNeeded)
    assert "does not report the compute capability" in choice.why


def test_machine_code_needs_no_driver_as_new_as_it() -> None:
    """CUDA runs on any driver of its major version, if nothing is to be compiled."""
    choice = chosen("auto", facts(A100, cuda=12000))

    assert isinstance(choice, DeviceChoice)
    assert choice.device == "GPU"


def test_a_small_gpu_that_is_free_is_taken() -> None:
    choice = chosen("auto", facts(replace(A100, total=GIB, free=GIB)))

    assert isinstance(choice, DeviceChoice)
    assert choice.device == "GPU"


def test_of_gpus_that_others_use_the_emptiest_is_taken() -> None:
    busy = [replace(A100, uuid=f"GPU-{free}", free=free * GIB) for free in (5, 30, 20)]
    choice = chosen("auto", facts(*busy))

    assert isinstance(choice, DeviceChoice)
    assert (choice.visible, choice.index) == ("GPU-30", 1)
    assert choice.notes[0] == "gpu:0 is not used: others hold more of it."


def test_an_exclusive_gpu_that_only_draws_is_taken() -> None:
    found = facts(replace(A100, mode=3))
    drawing = replace(found.gpus[0], processes=(GpuProcess(pid=9, computes=False),))
    choice = chosen("auto", replace(found, usable=(VisibleGpu(gpu=drawing),)))

    assert isinstance(choice, DeviceChoice)
    assert choice.device == "GPU"


def test_a_gpu_on_which_one_process_computes_leaves_the_next() -> None:
    choice = chosen("auto", facts(replace(A100, mode=3, processes=((4711, None),)), SECOND))

    assert isinstance(choice, DeviceChoice)
    assert choice.visible == "GPU-second"
    assert "gives it to process 4711 alone" in choice.notes[0]


UNTOLD = GpuFacts(error="NVML Shared Library Not Found", on_bus=2)
HUNG = GpuFacts(error="no answer within 30 s", is_unsafe=True)


@pytest.mark.parametrize("requested", ["auto", "gpu", "gpu:1"])
def test_what_the_driver_does_not_tell_of_is_tried_first(requested: str) -> None:
    choice = chosen(requested, UNTOLD, has_driver=True)

    assert isinstance(choice, ProbeNeeded)
    assert choice.gpu.uuid == ("1" if requested == "gpu:1" else "0")
    assert "NVML Shared Library Not Found" in choice.why


def test_a_driver_that_hangs_is_tried_if_the_gpu_is_insisted_on() -> None:
    assert isinstance(chosen("gpu", HUNG, has_driver=True), ProbeNeeded)
    assert isinstance(chosen("auto", HUNG, has_driver=True), DeviceChoice)


def test_what_has_failed_untold_is_refused_by_name() -> None:
    with pytest.raises(DeviceError, match=r"its own failed: no. Or use --device cpu"):
        chosen("gpu", UNTOLD, has_driver=True, verdicts={"0": FAILED})


@pytest.mark.parametrize(
    ("found", "wheel", "has_driver"),
    [
        (UNTOLD, WHEEL, False),
        (UNTOLD, replace(WHEEL, has_cuda=False), True),
        (replace(UNTOLD, on_bus=0), WHEEL, True),
        (replace(UNTOLD, visible="-1"), WHEEL, True),
    ],
)
def test_where_cuda_cannot_start_nothing_is_tried(
    found: GpuFacts, wheel: WheelFacts, has_driver: bool
) -> None:
    choice = chosen("auto", found, wheel, has_driver=has_driver)

    assert isinstance(choice, DeviceChoice)
    assert choice.device == "any"


def test_a_full_gpu_leaves_the_next() -> None:
    choice = chosen("auto", facts(replace(A100, free=0), SECOND))

    assert isinstance(choice, DeviceChoice)
    assert choice.visible == "GPU-second"


def test_a_gpu_without_a_uuid_is_taken_by_its_number() -> None:
    choice = chosen("auto", facts(replace(A100, uuid="")))

    assert isinstance(choice, DeviceChoice)
    assert (choice.device, choice.visible, choice.index) == ("GPU", None, 0)


@pytest.mark.parametrize("value", ["-1", "none", "NoDevFiles"])
def test_what_a_scheduler_hides_is_no_alert(value: str) -> None:
    choice = chosen("auto", facts(A100, visible=value))

    assert isinstance(choice, DeviceChoice)
    assert (choice.device, choice.idle) == ("CPU", "")
    assert f'CUDA_VISIBLE_DEVICES="{value}" hides NVIDIA A100' in choice.notes[0]


def test_what_is_hidden_can_be_no_gpu_s_choice() -> None:
    with pytest.raises(DeviceError, match=r'--device gpu: CUDA_VISIBLE_DEVICES="" hides'):
        chosen("gpu", facts(A100, visible=""))


def test_a_gpu_that_tensorflow_does_not_see_for_no_reason_is_the_doctor_s() -> None:
    assert "gan-tui doctor" in unseen(facts(A100), "", "", "")
