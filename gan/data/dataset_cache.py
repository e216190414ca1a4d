"""The named data sets on this machine: found in a cache, or downloaded into it.

MNIST and Fashion-MNIST are in Keras's cache, with its files, checksums and folders, so each program
finds what the other has downloaded; all others are in this program's own. Keras itself is not used:
importing it imports TensorFlow.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gan.data.checks import reading, refuse
from gan.data.download import DownloadError, download
from gan.data.layouts.source import read_source
from gan.data.reading_options import ReadingOptions
from gan.errors import DataError
from gan.paths import user_folder
from gan.text.safe_text import PATH_LIMIT, safe_text

if TYPE_CHECKING:
    from gan.data.download import Opener
    from gan.data.image_set import Arrays, Progress
    from gan.data.published import Copy, Dataset, PublishedFile

_CHUNK: Final = 2**20

_ALWAYS_HASHED: Final = 2**26
"""Bytes of a file up to which its checksum is computed each time. That of a larger one was right
when it was downloaded; afterwards its size is compared, and its packing has checksums too."""


class CacheMiss(Exception):  # noqa: N818 - the word the field uses
    """There is no usable copy in the cache. The message is a clause that says why."""


def cache_folders(copy: Copy) -> tuple[Path, ...]:
    """The caches in which a copy is looked for, in this order; downloads go to the last.

    Keras's is `KERAS_HOME`, else `~/.keras`; this program's own is where the system has such. If
    that isn't writable, also a folder of the same name in /tmp. (Keras itself ignores files in a
    folder that it can't write to.)
    """
    shared = _temporary(".keras" if copy.is_kerass else ".gan-tui")
    try:
        home = _keras_home() if copy.is_kerass else user_folder("cache")
    except RuntimeError:
        # The user has no home directory, as in some containers.
        return (shared,)
    return (home,) if _is_writable(home) else (home, shared)


def read_cached(dataset: Dataset, progress: Progress) -> tuple[Arrays, str]:
    """Read a data set from a cache.

    Returns:
        Its training images, and where they are from: `from Keras's cache`.

    Raises:
        CacheMiss: Each copy lacks a file, or one isn't the published one.
    """
    miss = f"no cached {dataset.name}"
    for copy in dataset.copies:
        for folder in cache_folders(copy):
            paths = _paths(copy, folder)
            if all(os.access(path, os.R_OK) for path in paths):
                try:
                    return _read_verified(copy, paths, progress), f"from {name_of(copy)}"
                except DataError:
                    place = safe_text(str(paths[0].parent), PATH_LIMIT)
                    miss = f"a damaged {dataset.name} in {place}"
    raise CacheMiss(miss)


def fetch(dataset: Dataset, progress: Progress, opener: Opener) -> tuple[Arrays, str]:
    """Download a data set into a cache and read it.

    Returns:
        Its training images, and where they are now: `downloaded to Keras's cache`.

    Raises:
        DownloadError: No copy could be downloaded. Whole files, and parts of others, stay in the
            cache for the next attempt.
        DataError: The downloaded files can't be read.
    """
    reasons: list[str] = []
    for copy in dataset.copies:
        folder = cache_folders(copy)[-1]
        try:
            for file, path in zip(copy.files, _paths(copy, folder), strict=True):
                if not is_published(path, file):
                    download(file, copy.urls(file), path, progress=progress, opener=opener)
        except DownloadError as error:
            reasons.append(str(error))
        else:
            arrays = _read(copy, _paths(copy, folder), progress)
            return arrays, f"downloaded to {name_of(copy)}"
    raise DownloadError("; ".join(dict.fromkeys(reasons)))


def name_of(copy: Copy) -> str:
    """What the cache of a copy is called."""
    return "Keras's cache" if copy.is_kerass else "the cache"


def is_published(path: Path, file: PublishedFile) -> bool:
    """Whether there is a file, and it is the published one."""
    try:
        require_published(path, file)
    except DataError:
        return False
    return True


def require_published(path: Path, file: PublishedFile) -> None:
    """Refuse a file that isn't the published one.

    Raises:
        DataError: It differs, or can't be read.
    """
    with reading(path):
        size = path.stat().st_size
        if size != file.size:
            raise refuse(path, f"{size:,} bytes", f"{file.size:,}")
        if size > _ALWAYS_HASHED:
            return
        digest = hashlib.sha256()
        with path.open("rb") as opened:
            while piece := opened.read(_CHUNK):
                digest.update(piece)
    if digest.hexdigest() != file.sha256:
        raise refuse(path, f"sha256 {digest.hexdigest()}", file.sha256)


def _keras_home() -> Path:
    return Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()


def _temporary(name: str) -> Path:
    shared = Path("/tmp")  # noqa: S108 - Keras looks here; files are verified
    return (shared if shared.is_dir() else Path(tempfile.gettempdir())) / name


def _is_writable(folder: Path) -> bool:
    """Whether new files can be written to the folder, or to its nearest existing parent."""
    existing = (path for path in (folder, *folder.parents) if os.access(path, os.F_OK))
    nearest = next(existing, folder)
    return nearest.is_dir() and os.access(nearest, os.W_OK)


def _paths(copy: Copy, folder: Path) -> tuple[Path, ...]:
    return tuple(folder / copy.folder / file.name for file in copy.files)


def _read_verified(copy: Copy, paths: tuple[Path, ...], progress: Progress) -> Arrays:
    for path, file in zip(paths, copy.files, strict=True):
        require_published(path, file)
    return _read(copy, paths, progress)


def _read(copy: Copy, paths: tuple[Path, ...], progress: Progress) -> Arrays:
    arrays, _ = read_source(paths[0], progress, ReadingOptions(array=copy.part))
    return arrays
