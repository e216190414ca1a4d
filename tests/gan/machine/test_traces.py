"""Signs of GPUs of which NVIDIA's library tells nothing; what a run makes of each is in `field`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gan.machine.gpus import GpuFacts, gpu_facts
from gan.machine.traces import Trace, trace
from gan.machine.wheel import WheelFacts
from tests.gan.machine.fakes import FakeNvml
from tests.gan.machine.field import WHEEL

if TYPE_CHECKING:
    from pathlib import Path

ABSENT = GpuFacts(error="NVML Shared Library Not Found")
WSL = ("dev/dxg", "usr/lib/wsl/lib/libcuda.so.1")
ARM = WheelFacts(version="2.21.0", is_known=True)


def found(
    root: Path,
    *files: str,
    facts: GpuFacts = ABSENT,
    wheel: WheelFacts = WHEEL,
    system: str = "linux",
    machine: str = "x86_64",
) -> Trace | None:
    for name in files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return trace(facts, wheel, root=root, system=system, machine=machine)


def test_a_machine_without_signs_has_none(tmp_path: Path) -> None:
    assert found(tmp_path) is None


@pytest.mark.parametrize("files", [WSL, ("etc/nv_tegra_release",), ("dev/kfd",)])
def test_where_the_driver_tells_of_a_gpu_signs_say_nothing(
    tmp_path: Path, files: tuple[str, ...]
) -> None:
    told = gpu_facts(FakeNvml(), environ={}, pci_devices=tmp_path / "pci")

    assert found(tmp_path, *files, facts=told) is None


def test_windows_may_share_another_maker_s_gpu(tmp_path: Path) -> None:
    """The device is there with any GPU; NVIDIA's driver is not."""
    assert found(tmp_path, "dev/dxg") is None


@pytest.mark.parametrize("files", [WSL, ("etc/nv_tegra_release",)])
def test_a_gpu_that_a_variable_hides_is_left_alone(tmp_path: Path, files: tuple[str, ...]) -> None:
    hidden = GpuFacts(error=ABSENT.error, visible="")

    assert found(tmp_path, *files, facts=hidden) is None


def test_a_jetson_is_known_by_its_chip_too(tmp_path: Path) -> None:
    """In a container there is no release file."""
    family = tmp_path / "sys" / "devices" / "soc0" / "family"
    family.parent.mkdir(parents=True)
    family.write_text("Tegra\n", encoding="ascii")

    seen = found(tmp_path, wheel=ARM)

    assert seen is not None
    assert seen.gpu == "the Jetson's GPU"
    built = found(tmp_path)
    assert built is not None
    assert built.helps.startswith("Start the container with --runtime nvidia")


def test_a_gpu_on_the_bus_matters_more_than_amd_s(tmp_path: Path) -> None:
    facts = GpuFacts(error=ABSENT.error, on_bus=1)

    assert found(tmp_path, "dev/kfd", facts=facts) is None


def test_an_intel_mac_has_no_gpu_to_speak_of(tmp_path: Path) -> None:
    assert found(tmp_path, system="darwin", wheel=ARM) is None
    apple = found(tmp_path, system="darwin", machine="arm64", wheel=ARM)
    assert apple is not None
    assert apple.helps == ""
