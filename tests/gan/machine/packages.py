"""Folders of Python packages that hold NVIDIA's libraries, as empty files."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
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
REQUIRED = """Name: tensorflow
Requires-Dist: numpy>=1.26.0
Requires-Dist: nvidia-cublas-cu12<13.0,>=12.5.3.2; extra == "and-cuda"
Requires-Dist: nvidia-cudnn-cu12<10.0,>=9.3.0.75; extra == "and-cuda"
"""
"""As TensorFlow 2.21 has it, in part."""

DRIVER = {"libcuda.so.1": "/usr/lib/libcuda.so.1"}


def packages(folder: Path, *without: str, versions: Mapping[str, str] = {}) -> Path:
    """Python's packages with NVIDIA's libraries, but for some.

    Args:
        folder: Where.
        without: Libraries that are not there.
        versions: Versions of packages that have metadata, by their names.
    """
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
    metadata = folder / "tensorflow-2.21.0.dist-info" / "METADATA"
    metadata.parent.mkdir(parents=True)
    metadata.write_text(REQUIRED, encoding="ascii")
    for name, version in versions.items():
        (folder / f"{name.replace('-', '_')}-{version}.dist-info").mkdir()
    return folder
