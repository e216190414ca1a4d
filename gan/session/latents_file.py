"""Latents from a person's file: a `.npy`, or an `.npz` such as those of a run's samples."""

from __future__ import annotations

import os
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

_NPY: Final = b"\x93NUMPY"
"""What a file of one array begins with."""

_EXPECTED: Final = f"a .npy file, or an .npz with an array {ARRAY!r}"
_ROWS_AT_ONCE: Final = 10_000

_MALFORMED: Final = (ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error, MemoryError)
"""What NumPy raises on a damaged file, or on one that claims to be larger than it is."""


def read_latents(path: Path, latent_dim: int) -> npt.NDArray[np.floating[Any]]:
    """Read latents. Those of a `.npy` stay in the file until they are used.

    Args:
        path: The file. Of an archive, the array `latents` or the only one.
        latent_dim: The length of a latent vector.

    Returns:
        n x latent_dim, n at least 1, of the file's float dtype and finite in float32.

    Raises:
        UsageError: There is no such file, or it holds something else.
        StorageError: It can't be read.
    """
    with storage_errors("read", path):
        if not path.is_file():
            is_there = os.path.lexists(path)
            what = "received no regular file" if is_there else "there is no such file"
            raise UsageError(f"--latents {path}: {what}, expected {_EXPECTED}.")
        try:
            latents = _read(path)
        except _MALFORMED as error:
            raise UsageError(f"--latents {path}: {_fault(path)}, expected {_EXPECTED}.") from error
    if latents.ndim == 1 and latents.shape[0] == latent_dim:
        latents = latents[None]
    expected = f"expected n x {latent_dim} floats, as the run's latents have {latent_dim} numbers"
    if not np.issubdtype(latents.dtype, np.floating):
        raise UsageError(f"--latents {path}: received {latents.dtype}, {expected}.")
    if latents.ndim != 2 or latents.shape[1] != latent_dim or not len(latents):  # noqa: PLR2004 - a matrix
        shape = " x ".join(map(str, latents.shape)) or "one number"
        raise UsageError(f"--latents {path}: received {shape}, {expected}.")
    _require_finite(path, latents)
    checked: npt.NDArray[np.floating[Any]] = latents
    return checked


def _require_finite(path: Path, latents: npt.NDArray[Any]) -> None:
    """Refuse numbers that a network can't take, before anything is drawn.

    Raises:
        UsageError: There are some.
    """
    for begin in range(0, len(latents), _ROWS_AT_ONCE):
        with np.errstate(over="ignore"):
            rows = latents[begin : begin + _ROWS_AT_ONCE].astype(np.float32)
        broken = np.flatnonzero(~np.isfinite(rows).all(axis=1))
        if len(broken):
            row = begin + int(broken[0])
            raise UsageError(f"--latents {path}: row {row:,} is not finite in float32.")


def _fault(path: Path) -> str:
    """What is wrong with a file that NumPy can't read, in words of our own."""
    with open_plain(path, buffering=-1) as file:
        begins = file.read(len(_NPY))
    if begins.startswith(_ZIP):
        return "received a damaged or incomplete archive, or one of Python objects"
    if begins.startswith(_NPY):
        return "received a .npy file that is damaged or cut short, or holds Python objects"
    return "received an empty file" if not begins else "received a file of another format"


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
