"""Latents from a person's file: a `.npy`, or an `.npz` such as those of a run's samples."""

from __future__ import annotations

import zipfile
import zlib
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from gan.disk.files import open_plain
from gan.disk.os_errors import storage_errors
from gan.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

ARRAY: Final = "latents"
"""The name of the array of latents in an archive of several."""

_ZIP: Final = b"PK"
"""What an archive begins with."""

_MALFORMED: Final = (ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error, MemoryError)
"""What NumPy raises on a damaged file, or on one that claims to be larger than it is."""


def read_latents(path: Path, latent_dim: int) -> npt.NDArray[np.floating[Any]]:
    """Read latents. Those of a `.npy` stay in the file until they are used.

    Args:
        path: The file. Of an archive, the array `latents` or the only one.
        latent_dim: The length of a latent vector.

    Returns:
        n x latent_dim, n at least 1, of the file's float dtype.

    Raises:
        UsageError: The file holds something else.
        StorageError: It can't be read.
    """
    with storage_errors("read", path):
        try:
            latents = _read(path)
        except _MALFORMED as error:
            raise UsageError(
                f"--latents {path}: {error}; expected a .npy file, or an .npz with an array "
                f"{ARRAY!r}."
            ) from None
    expected = f"expected n x {latent_dim} floats, as the run's latents have {latent_dim} numbers"
    if not np.issubdtype(latents.dtype, np.floating):
        raise UsageError(f"--latents {path}: received {latents.dtype}, {expected}.")
    if latents.ndim != 2 or latents.shape[1] != latent_dim or not len(latents):  # noqa: PLR2004 - a matrix
        shape = " x ".join(map(str, latents.shape)) or "one number"
        raise UsageError(f"--latents {path}: received {shape}, {expected}.")
    checked: npt.NDArray[np.floating[Any]] = latents
    return checked


def _read(path: Path) -> npt.NDArray[Any]:
    """The array of latents, if it is one; NumPy unpickles nothing by default."""
    # Opened here, because NumPy leaves a damaged archive open.
    with open_plain(path, buffering=-1) as file:
        begins = file.read(len(_ZIP))
        file.seek(0)
        if begins == _ZIP:
            return _member(path, np.load(file))
    array: npt.NDArray[Any] = np.load(path, mmap_mode="r")
    return array


def _member(path: Path, archive: Any) -> npt.NDArray[Any]:
    with archive:
        names = archive.files
        if ARRAY in names:
            array = archive[ARRAY]
        elif len(names) == 1:
            array = archive[names[0]]
        else:
            shown = ", ".join(names)[:200] or "no array"
            raise UsageError(
                f"--latents {path}: received {shown}, expected one array or one named {ARRAY!r}."
            )
    member: npt.NDArray[Any] = array
    return member
