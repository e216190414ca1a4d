"""Keeps the decoded pictures of a large folder for the next start, in the user's cache.

They are found by the names, sizes and times of all files, and by what was asked of the reader: if
anything differs, they are decoded again. So they are if the cache is damaged, and nothing that goes
wrong with it is an error.

A file is the SHA-256 of the rest (32 bytes), the length of a header (4 bytes), the header in JSON,
which of the files were kept (a bit each), and the pixels.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import struct
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import PIL

from gan.data.image_set import Note
from gan.data.original import Original, Size
from gan.data.pictures.reading import PictureSet, read_pictures
from gan.disk.files import free_bytes, replace_file
from gan.disk.leftovers import remove_leftovers
from gan.events import IMAGE_SIDE
from gan.paths import user_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import BinaryIO

    from gan.data.image_set import Progress
    from gan.data.opening.path_list import PathList
    from gan.data.reading_options import ReadingOptions

WORTH: Final = 2_000
"""Pictures from which on they are kept: fewer are decoded in a fraction of a second."""

LIMIT: Final = 2**31
"""Bytes of all folders that are kept; the ones that were not used for longest go first."""

SETTLED_SECONDS: Final = 2
"""A file that changed less than this before may change again and show the same time."""

_VERSION: Final = 1
"""To be raised if pictures are read in another way."""

_SUFFIX: Final = ".pictures"
_DIGEST: Final = hashlib.sha256().digest_size
_LENGTH: Final = struct.Struct(">I")
_MAX_HEADER: Final = 2**20
_PIXELS: Final = IMAGE_SIDE * IMAGE_SIDE


def read_pictures_once(
    files: PathList,
    what: str,
    progress: Progress,
    options: ReadingOptions,
    clock: Callable[[], int] = time.time_ns,
) -> PictureSet:
    """Read pictures, or what was kept of them when they were read before.

    Args:
        files: As `read_pictures` takes them.
        what: The same.
        progress: The same.
        options: The same.
        clock: The time in nanoseconds, as files have it.

    Raises:
        DataError: As `read_pictures`.
    """
    path = _place(files, options, clock) if len(files) >= WORTH else None
    if path is None:
        return read_pictures(files, what, progress, options)
    kept = _read(path, len(files))
    if kept is not None:
        progress(f"{what} from the cache", len(files), len(files), "images")
        return kept
    read = read_pictures(files, what, progress, options)
    _write(path, read)
    return read


def _place(files: PathList, options: ReadingOptions, clock: Callable[[], int]) -> Path | None:
    """Where these very pictures are kept; `None` if they can't be known again."""
    asked = (_VERSION, PIL.__version__, options.exact_size, options.strict, options.invert)
    digest = hashlib.sha256(repr(asked).encode())
    newest = 0
    for folder, names in files.parts:
        if not isinstance(folder, Path):
            return None
        digest.update(os.fsencode(folder) + b"\0")
        for name in names:
            try:
                status = os.stat(f"{folder}/{name}")  # noqa: PTH116 - a path each takes too long
            except OSError:
                return None
            times = f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"
            digest.update(os.fsencode(name) + b"\0" + times.encode())
            newest = max(newest, status.st_mtime_ns, status.st_ctime_ns)
    if clock() - newest < SETTLED_SECONDS * 10**9:
        return None
    return user_folder("cache") / "pictures" / f"{digest.hexdigest()}{_SUFFIX}"


def _read(path: Path, count: int) -> PictureSet | None:
    """What is kept at a path; `None` if nothing intact is."""
    try:
        with path.open("rb") as file:
            found = _parsed(file, count)
        os.utime(path)
    except (OSError, ValueError, KeyError, TypeError, struct.error):
        return None
    return found


def _parsed(file: BinaryIO, count: int) -> PictureSet | None:
    expected = file.read(_DIGEST)
    start = file.read(_LENGTH.size)
    (length,) = _LENGTH.unpack(start)
    header = file.read(min(length, _MAX_HEADER))
    bits = file.read(-(-count // 8))
    is_kept = np.unpackbits(np.frombuffer(bits, np.uint8), count=count).astype(np.bool_)
    images = np.empty((int(is_kept.sum()), IMAGE_SIDE, IMAGE_SIDE), np.uint8)
    before = _DIGEST + _LENGTH.size + len(header) + len(bits)
    if os.fstat(file.fileno()).st_size != before + images.nbytes:
        return None
    file.readinto(images.data)  # type: ignore[attr-defined]
    digest = hashlib.sha256(start + header + bits)
    digest.update(images.data)
    if digest.digest() != expected:
        return None
    record = json.loads(header)
    notes = tuple(Note(text, is_warning=is_warning) for text, is_warning in record["notes"])
    return PictureSet(images, is_kept, notes, _original(record["original"]))


def _original(record: dict[str, Any]) -> Original:
    sizes = {name: Size(*record[name]) for name in ("smallest", "largest")}
    return Original(**{**record, **sizes})


def _write(path: Path, read: PictureSet) -> None:
    """Keep pictures; if there is no room for them, or it fails, do nothing."""
    header = json.dumps({"notes": read.notes, "original": asdict(read.original)}).encode()
    start = _LENGTH.pack(len(header)) + header + np.packbits(read.is_kept).tobytes()
    digest = hashlib.sha256(start)
    digest.update(read.images.data)
    size = _DIGEST + len(start) + read.images.nbytes
    if len(header) > _MAX_HEADER or size > LIMIT // 2:
        return
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        free = free_bytes(path.parent)
        if free is not None and free < 2 * size:
            return
        _make_room(path.parent, LIMIT - size)
        replace_file(path, [digest.digest(), start, read.images.data], durable=False)


def _make_room(folder: Path, most: int) -> None:
    """Remove what was not used for longest, until the rest takes at most so many bytes."""
    names = os.listdir(folder)  # noqa: PTH208 - names are what is needed
    remove_leftovers(folder, names)
    total = 0
    for path, status in _newest_first(folder / name for name in names if name.endswith(_SUFFIX)):
        total += status.st_size
        if total > most:
            path.unlink(missing_ok=True)


def _newest_first(paths: Iterable[Path]) -> list[tuple[Path, os.stat_result]]:
    found = []
    for path in paths:
        # Another process may make room too.
        with contextlib.suppress(FileNotFoundError):
            found.append((path, path.stat()))
    return sorted(found, key=lambda one: one[1].st_mtime_ns, reverse=True)
