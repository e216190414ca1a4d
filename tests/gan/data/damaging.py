"""Damages a genuine source by seed and reads it: at worst it is refused in one line."""

from __future__ import annotations

import struct
import time
from typing import TYPE_CHECKING, Final

from gan.data.layouts.source import read_source
from gan.data.reading_options import ReadingOptions
from gan.errors import DataError
from tests.damage import damaged_bytes
from tests.gan.data.making import ignore

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

LONGEST: Final = 10.0
"""Seconds that one reading may take, on a machine that does other work too."""

_NUMBERS: Final = (0, 1, 0x7F, 0x80, 0xFF, 0xFFFF, 2**16, 2**24, 2**31 - 1, 2**31, 2**32 - 1)
_IDX: Final = "train-images-idx3-ubyte"
_NAMES: Final = (
    "a",
    "a.png",
    "a.npz",
    "a.npy",
    "a.csv",
    "a.parquet",
    "a.mat",
    "a.zip",
    "a.tar",
    "train-images-idx3-ubyte",
)


def damage(folder: Path, random: Random) -> None:
    """Change one file of a source: bytes, numbers, its length, its name, or its content."""
    path = random.choice(sorted(p for p in folder.rglob("*") if p.is_file()))
    data = path.read_bytes()
    way = random.randrange(10)
    if way < 4:
        data = damaged_bytes(data, random)
    elif way < 7:
        data = _with_other_number(data, random)
    elif way == 7:
        data = data[: random.randrange(len(data) + 1)]
    elif way == 8:
        half = random.randrange(len(data) + 1)
        data = data[half:] + data[:half]
    else:
        path = path.rename(path.with_name(random.choice(_NAMES)))
        data = damaged_bytes(data, random)
    path.write_bytes(data)


def read_damaged(folder: Path, random: Random) -> float:
    """Read a source, the folder or one file of it, with options drawn at random.

    Returns:
        The seconds that it took.

    Raises:
        AssertionError: Something was written, or an error isn't one line.
        Exception: Anything but a `DataError` that came out of the readers.
    """
    before = contents(folder)
    options = ReadingOptions(
        strict=random.random() < 0.1,
        exact_size=random.random() < 0.1,
        invert=random.choice(("auto", "auto", "yes", "no")),
    )
    path = folder if random.random() < 0.8 else random.choice(sorted(before))
    began = time.monotonic()
    error = ""
    try:
        arrays, _ = read_source(path, ignore, options)
    except DataError as refusal:
        error = str(refusal)
    else:
        assert arrays.images.shape[1:] == (28, 28)
        assert arrays.labels is None or len(arrays.labels) == len(arrays.images)
    took = time.monotonic() - began
    assert not error or (error.isprintable() and ": received " in error), error
    assert contents(folder) == before
    return took


def contents(folder: Path) -> dict[Path, tuple[int, int]]:
    """Every file below a folder, with its size and when it was changed."""
    found = {path: path.stat() for path in folder.rglob("*") if path.is_file()}
    return {path: (status.st_size, status.st_mtime_ns) for path, status in found.items()}


def _with_other_number(data: bytes, random: Random) -> bytes:
    """The data with a number that no program wrote, as headers have them."""
    number, form = random.choice(_NUMBERS), random.choice(("<I", ">I", "<H", ">H", "<Q"))
    limit = 1 << 8 * struct.calcsize(form)
    packed = struct.pack(form, number % limit)
    # Headers are at the beginning, directories of archives at the end.
    span = min(len(data), 600)
    anywhere, near = random.randrange(len(data) + 1), random.randrange(span + 1)
    place = random.choice((anywhere, near, len(data) - near))
    return data[:place] + packed + data[place + len(packed) :]
