"""Signs of a GPU of which NVIDIA's management library tells nothing: of WSL, Jetson, AMD, Apple.

Read from files of the system, like all that is known before TensorFlow is imported.
"""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gan.machine.choice import HIDDEN

if TYPE_CHECKING:
    from gan.machine.gpus import GpuFacts
    from gan.machine.wheel import WheelFacts

_WSL_DEVICE: Final = "dev/dxg"
_WSL_DRIVER: Final = "usr/lib/wsl/lib/libcuda.so.1"
"""There if Windows has NVIDIA's driver; the device alone may be any other GPU."""

_JETSON: Final = ("etc/nv_tegra_release", "sys/devices/soc0/family")
"""In the second one stands `Tegra` on a Jetson."""

_AMD: Final = "dev/kfd"
_NOT_FOUND: Final = "library not found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A GPU that is there, and that TensorFlow is not going to use as things are."""

    gpu: str
    """What it is, in a sentence: `an NVIDIA GPU`."""

    what: str
    """Why it is not used, without a full stop."""

    helps: str = ""
    """What helps, in a sentence; empty if nothing does, as where TensorFlow has no code for it.
    Without, training on the CPU is no fault of the machine."""

    @property
    def words(self) -> str:
        """All of it, in sentences."""
        return f"{self.what}. {self.helps}".strip()


def trace(
    facts: GpuFacts,
    wheel: WheelFacts,
    *,
    root: Path = Path("/"),
    system: str = sys.platform,
    machine: str | None = None,
) -> Trace | None:
    """The GPU of which there are signs, if the driver tells of none; else `None`.

    Args:
        facts: What the driver tells.
        wheel: What TensorFlow was built for.
        root: The root of the file system.
        system: As `sys.platform`.
        machine: As `platform.machine`, which is the default.
    """
    if facts.gpus:
        return None
    is_hidden = facts.visible is not None and facts.visible.strip().lower() in HIDDEN
    if not is_hidden and (found := _jetson(facts, wheel, root) or _wsl(facts, root)):
        return found
    if facts.on_bus:
        return None
    name = f"TensorFlow {wheel.version}".strip()
    if _exists(root / _AMD):
        return _amd(name, wheel)
    if system == "darwin" and (machine or platform.machine()) == "arm64":
        return Trace(gpu="Apple's GPU", what=f"{name} has no code for Apple's GPU")
    return None


def _wsl(facts: GpuFacts, root: Path) -> Trace | None:
    if not (_exists(root / _WSL_DEVICE) and _exists(root / _WSL_DRIVER)):
        return None
    folder = f"/{Path(_WSL_DRIVER).parent}"
    helps = (
        f"WSL has it in {folder}: export LD_LIBRARY_PATH={folder}:$LD_LIBRARY_PATH."
        if _NOT_FOUND in facts.error.lower()
        else "Update NVIDIA's driver in Windows, then wsl --update && wsl --shutdown; WSL does not "
        "see a GPU in TCC mode."
    )
    error = facts.error or "it shows no GPU"
    what = f"NVIDIA's driver does not answer ({error})"
    return Trace(gpu="an NVIDIA GPU", what=what, helps=helps)


def _jetson(facts: GpuFacts, wheel: WheelFacts, root: Path) -> Trace | None:
    release, family = (root / name for name in _JETSON)
    if not (_exists(release) or "Tegra" in _text(family)):
        return None
    if wheel.has_cuda:
        return Trace(
            gpu="the Jetson's GPU",
            what=f"NVIDIA's driver does not answer ({facts.error or 'it shows no GPU'})",
            helps="Start the container with --runtime nvidia; otherwise this TensorFlow must be "
            "built for this JetPack.",
        )
    return Trace(
        gpu="the Jetson's GPU",
        what=f"TensorFlow {wheel.version} was built without CUDA, as PyPI's are for Arm",
        helps="Build TensorFlow for this JetPack, or train on another machine.",
    )


def _amd(name: str, wheel: WheelFacts) -> Trace:
    if not wheel.has_rocm:
        return Trace(gpu="an AMD GPU", what=f"{name} was built without ROCm, as AMD's GPUs need it")
    return Trace(
        gpu="an AMD GPU",
        what=f"{name} was built for AMD's GPUs and sees none",
        helps="rocminfo must list it, and this user be in the groups render and video.",
    )


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
