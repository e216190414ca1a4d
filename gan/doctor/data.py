"""Whether MNIST is there, or has to be downloaded."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, NamedTuple

from gan.doctor.row import ok, warn
from gan.text.safe_text import shell_word
from gan.text.units import byte_size

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gan.data.published import PublishedFile
    from gan.doctor.row import Row

_DOWNLOAD: Final = "11.5 MB"


class CachedFile(NamedTuple):
    """A place where MNIST is looked for."""

    path: Path
    size: int | None = None
    """Bytes; `None` if there is no file that can be read."""

    is_right: bool = False
    """Whether it has the published checksum."""

    is_in_the_way: bool = False
    """Whether there is something else than a file that can be read."""


def read_facts() -> list[CachedFile]:
    """The places in the order in which they are looked at; the last is downloaded to.

    Raises:
        ImportError: NumPy, which reads the file, is not installed.
    """
    from gan.data.dataset_cache import cache_folders
    from gan.data.published import MNIST

    first = MNIST.copies[0]
    (file,) = first.files
    return [_cached(folder / first.folder / file.name, file) for folder in cache_folders(first)]


def data_url() -> str:
    """Where MNIST is published."""
    from gan.data.published import MNIST

    first = MNIST.copies[0]
    return first.urls(first.files[0])[0]


def row(files: Iterable[CachedFile], url: str) -> Row:
    """Whether there is a copy.

    Args:
        files: From `read_facts`.
        url: Where to download it from.
    """
    places = list(files)
    for file in places:
        if file.is_right:
            return ok("mnist", f"{byte_size(file.size or 0)} in {file.path.parent}")
    damaged = [file for file in places if file.size is not None]
    target = shell_word(str(places[-1].path))
    command = f"curl --create-dirs -o {target} {url}"
    if places[-1].is_in_the_way:
        return warn("mnist", f"{places[-1].path} is no readable file", f"mv {target} {target}.old")
    if damaged:
        return warn("mnist", f"a damaged copy in {damaged[0].path.parent}", command)
    return warn(
        "mnist",
        f"not cached; the first run downloads {_DOWNLOAD} if it can",
        command,
    )


def _cached(path: Path, file: PublishedFile) -> CachedFile:
    from gan.data.dataset_cache import is_published

    # Reading what is no file, such as a pipe, may never end.
    if not os.access(path, os.R_OK) or not path.is_file():
        return CachedFile(path, is_in_the_way=os.path.lexists(path))
    return CachedFile(path, path.stat().st_size, is_right=is_published(path, file))
