"""MNIST and Fashion-MNIST, read from Keras's cache or downloaded into it.

Files, checksum and folders are the same as Keras's, so each program finds what the other has
downloaded. Keras itself is not used: importing it imports TensorFlow.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from gan.data import sources
from gan.data.checks import paired, reading, refuse
from gan.data.data_file import DiskFile
from gan.data.download import download
from gan.data.idx import read_idx_images, read_idx_labels
from gan.data.npz import read_npz
from gan.errors import DataError
from gan.text.safe_text import PATH_LIMIT, safe_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.data.download import Opener
    from gan.data.image_set import Arrays, Progress

_ORIGIN: Final = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
MNIST_SHA256: Final = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
"""The checksum of `mnist.npz` in Keras's source."""

_COUNT: Final = 60_000


@dataclass(frozen=True, slots=True)
class KerasDataset:
    """A data set that Keras can download."""

    name: str
    """Its name on the command line."""

    folder: str
    """Its folder, relative to Keras's own."""

    files: tuple[str, ...]
    """The names of the files with the training images; each URL ends in one."""

    verify: Callable[[Path], None]
    """Raises a `DataError` if a file isn't the published one."""

    read: Callable[[tuple[Path, ...], Progress], Arrays]
    """Reads the training images and labels from verified files."""

    origin: str = _ORIGIN
    """The common start of the URLs."""


class CacheMiss(Exception):  # noqa: N818 - the word the field uses
    """There is no usable copy in the cache. The message is a clause that says why."""


def cache_folders() -> tuple[Path, ...]:
    """Keras's cache folders, in the order in which they are searched; downloads go to the last.

    `KERAS_HOME`, else `~/.keras`; if that isn't writable, also `.keras` in /tmp. (Keras itself
    ignores files in a folder that it can't write to.)
    """
    try:
        home = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()
    except RuntimeError:
        # The user has no home directory, as in some containers.
        return (_temporary(),)
    return (home,) if _is_writable(home) else (home, _temporary())


def read_cached(dataset: KerasDataset, progress: Progress) -> Arrays:
    """Read a data set from Keras's cache.

    Raises:
        CacheMiss: A file is missing or isn't the published one.
    """
    miss = f"no cached {dataset.name}"
    for folder in cache_folders():
        paths = _paths(dataset, folder)
        if all(os.access(path, os.R_OK) for path in paths):
            try:
                return _read_verified(dataset, paths, progress)
            except DataError:
                miss = f"a damaged {dataset.name} in {safe_text(str(paths[0].parent), PATH_LIMIT)}"
    raise CacheMiss(miss)


def fetch(dataset: KerasDataset, progress: Progress, opener: Opener) -> Arrays:
    """Download a data set into Keras's cache and read it.

    Raises:
        DownloadError: A file could not be downloaded. Files downloaded before it stay in the cache.
        DataError: A downloaded file can't be read.
    """
    paths = _paths(dataset, cache_folders()[-1])
    for path in paths:
        url = dataset.origin + path.name
        download(url, path, verify=dataset.verify, progress=progress, opener=opener)
    return dataset.read(paths, progress)


def _temporary() -> Path:
    shared = Path("/tmp")  # noqa: S108 - Keras looks here; files are verified
    return (shared if shared.is_dir() else Path(tempfile.gettempdir())) / ".keras"


def _is_writable(folder: Path) -> bool:
    """Whether new files can be written to the folder, or to its nearest existing parent."""
    existing = (path for path in (folder, *folder.parents) if os.access(path, os.F_OK))
    return os.access(next(existing, folder), os.W_OK)


def _paths(dataset: KerasDataset, folder: Path) -> tuple[Path, ...]:
    return tuple(folder / dataset.folder / name for name in dataset.files)


def _read_verified(dataset: KerasDataset, paths: tuple[Path, ...], progress: Progress) -> Arrays:
    for path in paths:
        dataset.verify(path)
    return dataset.read(paths, progress)


def _require_sha256(path: Path) -> None:
    with reading(path), path.open("rb") as file:
        digest = hashlib.sha256()
        while piece := file.read(2**20):
            digest.update(piece)
    if digest.hexdigest() != MNIST_SHA256:
        raise refuse(path, f"sha256 {digest.hexdigest()}", MNIST_SHA256)


def _require_whole_idx(path: Path) -> None:
    """Check gzip's own checksum and the count; Keras has no checksum for these files."""
    file = DiskFile(path)
    elements = (
        read_idx_images(file, _ignore_progress).images
        if "images" in path.name
        else read_idx_labels(file, _ignore_progress)
    )
    count = len(elements)
    if count != _COUNT:
        raise refuse(path, f"{count} elements", f"{_COUNT}")


def _ignore_progress(_what: str, _done: int, _total: int, _unit: str) -> None:
    """Report nothing, because users needn't see verification as a separate step."""


def _read_npz_file(paths: tuple[Path, ...], progress: Progress) -> Arrays:
    return read_npz(DiskFile(paths[0]), progress)


def _read_idx_pair(paths: tuple[Path, ...], progress: Progress) -> Arrays:
    labels, images = map(DiskFile, paths)
    read = read_idx_images(images, progress).arrays()
    return paired(labels.path, read, read_idx_labels(labels, progress).astype(np.uint8))


MNIST: Final = KerasDataset(
    sources.MNIST, "datasets", ("mnist.npz",), verify=_require_sha256, read=_read_npz_file
)

FASHION_MNIST: Final = KerasDataset(
    sources.FASHION_MNIST,
    "datasets/fashion-mnist",
    ("train-labels-idx1-ubyte.gz", "train-images-idx3-ubyte.gz"),
    verify=_require_whole_idx,
    read=_read_idx_pair,
)
