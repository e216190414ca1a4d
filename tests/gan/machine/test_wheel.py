"""What an installed TensorFlow was built for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from gan.doctor.packages import installed_versions
from gan.machine.wheel import WheelFacts, wheel_facts

if TYPE_CHECKING:
    from pathlib import Path

TARGETS_2_21 = ("sm_60", "sm_70", "sm_80", "sm_89", "compute_90")


def package(folder: Path, build_info: str) -> Path:
    (folder / "python" / "platform").mkdir(parents=True)
    (folder / "python" / "platform" / "build_info.py").write_text(build_info)
    return folder


def test_the_build_is_read_from_the_package(tmp_path: Path) -> None:
    text = (
        "import collections\n"
        "build_info = collections.OrderedDict([('cuda_compute_capabilities', "
        "['sm_80', 'compute_90']), ('cuda_version', '12.5.1'), ('cudnn_version', '9'), "
        "('is_cuda_build', True), ('is_rocm_build', False)])\n"
    )

    assert wheel_facts(package(tmp_path, text), "2.21.0") == WheelFacts(
        version="2.21.0",
        is_known=True,
        has_cuda=True,
        targets=("sm_80", "compute_90"),
        cuda=(12, 5),
        cudnn=9,
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "build_info =",
        "build_info = f()",
        "build_info = {'is_cuda_build': print('ran')}",
        "build_info = 3",
        "(" * 5000,
    ],
)
def test_a_build_that_cannot_be_read_is_unknown(text: str, tmp_path: Path) -> None:
    """And nothing in it is run."""
    assert wheel_facts(package(tmp_path, text), "9") == WheelFacts(version="9")


def test_a_package_without_the_file_is_unknown(tmp_path: Path) -> None:
    assert wheel_facts(tmp_path, "9") == WheelFacts(version="9")


def test_the_installed_one_is_read_without_importing_it() -> None:
    imported = "tensorflow" in sys.modules
    found = wheel_facts()

    assert ("tensorflow" in sys.modules) == imported
    assert found.version.startswith("2.21.")
    assert found.is_known
    assert found.has_cuda == bool(found.targets)


@pytest.mark.parametrize(
    ("capability", "has_code"),
    [
        ((5, 2), False),
        ((6, 0), True),
        ((6, 1), True),
        ((7, 5), True),
        ((8, 0), True),
        ((8, 6), True),
        ((8, 9), True),
        ((9, 0), True),
        ((10, 0), False),
        ((12, 0), False),
        ((13, 0), False),
    ],
)
def test_2_21_has_code_up_to_hopper(capability: tuple[int, int], has_code: bool) -> None:
    wheel = WheelFacts(is_known=True, has_cuda=True, targets=TARGETS_2_21, cuda=(12, 5))

    assert wheel.has_code_for(capability) == has_code
    assert wheel.newest == "9.0"


@pytest.mark.parametrize(
    ("targets", "cuda", "has_code"),
    [
        (("sm_90", "sm_120"), (12, 8), True),
        (("sm_100",), (12, 8), False),
        (("compute_90",), (12, 8), True),
        (("compute_90",), (12, 7), False),
        (("sm_90",), (12, 9), False),
        (("compute_120",), (12, 9), True),
        (("sm_120a",), (12, 9), True),
        (("gfx90a",), (12, 9), False),
        ((), None, False),
    ],
)
def test_another_build_may_have_code_for_blackwell(
    targets: tuple[str, ...], cuda: tuple[int, int] | None, has_code: bool
) -> None:
    wheel = WheelFacts(is_known=True, has_cuda=True, targets=targets, cuda=cuda)

    assert wheel.has_code_for((12, 0)) == has_code


@pytest.mark.parametrize(
    ("capability", "has_code"), [((8, 6), True), ((9, 0), False), ((12, 0), False)]
)
def test_hopper_s_code_in_2_21_is_the_driver_s_to_compile(
    capability: tuple[int, int], has_code: bool
) -> None:
    wheel = WheelFacts(is_known=True, has_cuda=True, targets=TARGETS_2_21, cuda=(12, 5))

    assert wheel.has_machine_code_for(capability) == has_code


@pytest.mark.parametrize(
    ("capability", "cuda", "has_code"),
    [
        ((10, 3), (12, 8), False),
        ((10, 3), (12, 9), True),
        ((12, 1), (12, 8), False),
        ((12, 1), (12, 9), True),
        ((11, 0), (12, 9), False),
        ((13, 0), (13, 5), False),
        ((12, 0), None, False),
    ],
)
def test_a_revision_may_be_newer_than_the_cuda_that_knows_its_generation(
    capability: tuple[int, int], cuda: tuple[int, int] | None, has_code: bool
) -> None:
    """XLA compiles for the very revision, whatever the machine code in the wheel runs on."""
    targets = ("sm_100", "sm_120", "compute_120")
    wheel = WheelFacts(is_known=True, has_cuda=True, targets=targets, cuda=cuda)

    assert wheel.has_code_for(capability) == has_code


@pytest.mark.parametrize(
    ("target", "runs"), [("sm_120a", False), ("sm_120f", True), ("compute_120a", False)]
)
def test_code_for_one_revision_alone_runs_on_no_other(target: str, runs: bool) -> None:
    wheel = WheelFacts(is_known=True, has_cuda=True, targets=(target,), cuda=(13, 0))

    assert wheel.has_code_for((12, 1)) == runs
    assert wheel.has_code_for((12, 0))


def test_amd_s_own_package_is_a_tensorflow_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is installed under another name than the module's."""
    text = "build_info = {'is_cuda_build': False, 'is_rocm_build': True}"
    package(tmp_path / "tensorflow", text)
    (tmp_path / "tensorflow" / "__init__.py").touch()
    metadata = tmp_path / "tensorflow_rocm-2.21.0.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text("Metadata-Version: 2.1\nName: tensorflow-rocm\nVersion: 2.21.0\n")
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])

    found = wheel_facts()

    assert (found.version, found.has_rocm) == ("2.21.0", True)
    assert installed_versions(["tensorflow"]) == {"tensorflow": "2.21.0"}


def test_a_tensorflow_of_an_unknown_package_is_installed_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package(tmp_path / "tensorflow", "build_info = {}")
    (tmp_path / "tensorflow" / "__init__.py").touch()
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])

    assert wheel_facts().version == "of unknown version"


def test_no_target_is_the_newest_of_none() -> None:
    assert WheelFacts().newest == ""
