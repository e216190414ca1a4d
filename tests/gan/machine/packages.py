"""Folders of Python packages that hold NVIDIA's libraries, as empty files."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PACKAGED = {
    "cuda_runtime": "libcudart.so.12",
    "cublas": "libcublas.so.12 libcublasLt.so.12",
    "cudnn": "libcudnn.so.9",
    "cufft": "libcufft.so.11",
    "cusolver": "libcusolver.so.11",
    "cusparse": "libcusparse.so.12",
    "nccl": "libnccl.so.2",
    "nvjitlink": "libnvJitLink.so.12",
}
DRIVER = {"libcuda.so.1": "/usr/lib/libcuda.so.1"}


def packages(folder: Path, *without: str) -> Path:
    """Python's packages with NVIDIA's libraries, but for some."""
    for package, names in PACKAGED.items():
        place = folder / "nvidia" / package / "lib"
        place.mkdir(parents=True)
        for name in names.split():
            if name not in without:
                (place / name).touch()
    nvcc = folder / "nvidia" / "cuda_nvcc"
    for path in (nvcc / "bin" / "ptxas", nvcc / "nvvm" / "libdevice" / "libdevice.10.bc"):
        path.parent.mkdir(parents=True)
        path.touch(mode=0o755)
    return folder
