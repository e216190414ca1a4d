"""From what a user names as `--data` to images, and the reason for taking them from there.

Separate from the readers because this is the only place that chooses between them.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gan.config import DATA_NAMES
from gan.data.download import DownloadError, Opener, open_url
from gan.data.folder import SUFFIXES, read_image_folder
from gan.data.idx import holds_idx, read_idx_file, read_idx_folder
from gan.data.image_set import ImageSet
from gan.data.mnist import FASHION_MNIST, MNIST, CacheMiss, KerasDataset, fetch, read_cached
from gan.data.npz import read_npz
from gan.data.refusal import reading, refuse
from gan.errors import DataError

if TYPE_CHECKING:
    from gan.data.bounds import Arrays
    from gan.data.image_set import Progress

Synthesize = Callable[["Progress"], ImageSet]

_LONGEST_NAME: Final = 48
"""Characters of a path's name that are kept, so that the name of a run stays short."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Images, and why they are these."""

    images: ImageSet
    """What to train on."""

    reason: str
    """One clause, such as `in Keras's cache`."""


def load_synthetic_digits(progress: Progress) -> ImageSet:
    """Draw the built-in digits, or read them from the user's cache."""
    # The drawing code is not needed by whoever has a data set.
    from gan.data.synthetic import load_synthetic

    return load_synthetic(progress)


@dataclass(frozen=True, slots=True)
class Origins:
    """What stands behind the names: the seam at which a test puts its own."""

    mnist: KerasDataset = MNIST
    fashion_mnist: KerasDataset = FASHION_MNIST

    opener: Opener = open_url
    """How a URL is opened."""

    synthesize: Synthesize = load_synthetic_digits
    """How the built-in digits are made."""


def load(source: str, *, progress: Progress, origins: Origins | None = None) -> Loaded:
    """Load the images that a source names.

    Args:
        source: One of `DATA_NAMES`, or the path of an IDX file, an .npz file, a folder of IDX
            files or a folder of images. A folder with any of MNIST's files is one of IDX files.
        progress: Told what is being read, drawn or downloaded.
        origins: What stands behind the names, where it is not the real thing.

    Raises:
        DataError: There are no usable images; the message is one line.
    """
    try:
        return _load(source, progress, origins or Origins())
    except MemoryError as error:
        received = "more images than fit in memory"
        raise refuse(Path(source), received, "a smaller set") from error


class _UnavailableError(Exception):
    """Neither cached nor downloadable; its message says why of both."""


def _load(source: str, progress: Progress, origins: Origins) -> Loaded:
    if source == "auto":
        return _load_any(progress, origins)
    if source == "synthetic":
        return Loaded(origins.synthesize(progress), "built-in synthetic digits, as asked")
    if source == "mnist":
        return _load_named(origins.mnist, progress, origins.opener)
    if source == "fashion_mnist":
        return _load_named(origins.fashion_mnist, progress, origins.opener)
    return _load_path(Path(source), progress)


def _load_any(progress: Progress, origins: Origins) -> Loaded:
    try:
        return _cached_or_fetched(origins.mnist, progress, origins.opener)
    except _UnavailableError as error:
        return Loaded(origins.synthesize(progress), f"{error}: built-in synthetic digits")


def _load_named(dataset: KerasDataset, progress: Progress, opener: Opener) -> Loaded:
    try:
        return _cached_or_fetched(dataset, progress, opener)
    except _UnavailableError as error:
        msg = (
            f"{dataset.name}: {error}; expected a copy in Keras's cache or a connection to "
            f"{dataset.origin}; give --data PATH or --data synthetic."
        )
        raise DataError(msg) from error


def _cached_or_fetched(dataset: KerasDataset, progress: Progress, opener: Opener) -> Loaded:
    try:
        arrays, reason = read_cached(dataset, progress), "in Keras's cache"
    except CacheMiss as miss:
        arrays = _fetched(dataset, progress, opener, miss)
        reason = f"{miss}: downloaded into Keras's cache"
    return Loaded(ImageSet.of(dataset.name, *arrays), reason)


def _fetched(dataset: KerasDataset, progress: Progress, opener: Opener, miss: CacheMiss) -> Arrays:
    try:
        return fetch(dataset, progress, opener)
    except DownloadError as error:
        raise _UnavailableError(f"{miss} and no download ({error})") from error


def _load_path(path: Path, progress: Progress) -> Loaded:
    arrays, reason = _read_path(path, progress)
    return Loaded(ImageSet.of(_short_name(path), *arrays), reason)


def _read_path(path: Path, progress: Progress) -> tuple[Arrays, str]:
    mode = _mode(path)
    if stat.S_ISDIR(mode):
        with reading(path):
            is_idx = holds_idx(path)
        if is_idx:
            return read_idx_folder(path, progress), "a folder of IDX files"
        return read_image_folder(path, progress), "a folder of images"
    if not stat.S_ISREG(mode):
        raise refuse(path, "neither a file nor a folder", _expected())
    return _read_file(path, progress)


def _read_file(path: Path, progress: Progress) -> tuple[Arrays, str]:
    suffix = path.suffix.lower()
    if suffix == ".npz":
        return read_npz(path, progress), "a NumPy archive"
    if suffix in {*SUFFIXES, ".npy"}:
        raise refuse(path, f"a single {suffix} file", _expected())
    return read_idx_file(path, progress), "an IDX file"


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except (OSError, ValueError) as error:
        # A ValueError is a name that no file can have, such as one with a zero byte in it.
        why = getattr(error, "strerror", None) or error
        raise refuse(path, f"nothing that can be read ({why})", _expected()) from error


def _expected() -> str:
    kinds = "a folder of IDX files, an IDX file, an .npz file or a folder of images"
    return f"{', '.join(DATA_NAMES)}, or the path of {kinds}"


def _short_name(path: Path) -> str:
    """The last part of a path, in the characters that the name of a run may have."""
    given = path.name if path.name.strip(".") else path.resolve().name
    return re.sub(r"[^A-Za-z0-9._-]", "_", given).lstrip(".")[:_LONGEST_NAME] or "data"
