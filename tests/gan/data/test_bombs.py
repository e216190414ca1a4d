"""Decompression bombs, which unpack to far more than their size, are refused in little memory.

Each is read by its own process, so that the memory of native decoders is measured too.
"""

from __future__ import annotations

import gzip
import io
import lzma
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MAX_MEGABYTES = 300
UNPACKED = 100_000_000
SIDE = 20_000

READ = """
import sys
from pathlib import Path
from gan.data.loader import load
from gan.errors import DataError

try:
    load(sys.argv[1], progress=lambda *_: None)
except DataError as error:
    print(error)
    # Not getrusage, whose figure includes the memory of the parent process at the fork.
    status = Path("/proc/self/status").read_text()
    print(int(status.partition("VmHWM:")[2].split()[0]) // 1024)
"""


def zeros(count: int) -> Iterator[bytes]:
    block = bytes(1_000_000)
    for done in range(0, count, len(block)):
        yield block[: count - done]


def idx_bomb(path: Path) -> Path:
    """A header of 60,000 images, followed by more than twice their pixels."""
    bomb = path / "train-images-idx3-ubyte.gz"
    with gzip.open(bomb, "wb") as file:
        file.write(struct.pack(">4I", 0x803, 60_000, 28, 28))
        file.writelines(zeros(UNPACKED))
    return bomb


def npz_bomb(path: Path) -> Path:
    """An archive of a few kilobytes whose only array is larger than its header says."""
    bomb, header = path / "bomb.npz", io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "|u1", "fortran_order": False, "shape": (600, 28, 28)}
    )
    with (
        zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("images.npy", "w") as file,
    ):
        file.write(header.getvalue())
        file.writelines(zeros(2 * UNPACKED))
    return bomb


def png_bomb(path: Path) -> Path:
    """A valid image of 20,000 x 20,000 black pixels, in half a megabyte."""
    (path / "0").mkdir()
    bomb = path / "0" / "black.png"
    squeeze = zlib.compressobj(9)
    rows = (b"\0" + bytes(SIDE) for _ in range(SIDE))
    pixels = b"".join(squeeze.compress(row) for row in rows) + squeeze.flush()
    header = struct.pack(">2I5B", SIDE, SIDE, 8, 0, 0, 0, 0)
    with bomb.open("wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        for kind, data in ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b"")):
            check = zlib.crc32(kind + data)
            file.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check))
    return path


def xz_bomb(path: Path) -> Path:
    """Twenty megabytes for each kilobyte of the file."""
    bomb = path / "images.npy.xz"
    with lzma.open(bomb, "w") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": "|u1", "fortran_order": False, "shape": (600, 28, 28)}
        )
        file.writelines(zeros(4 * UNPACKED))
    return bomb


def csv_bomb(path: Path) -> Path:
    """A table of a single line without an end."""
    bomb = path / "train.csv.gz"
    with gzip.open(bomb, "wb") as file:
        file.writelines(b"0,0,0,0,0," * 100_000 for _ in range(4 * UNPACKED // 1_000_000))
    return bomb


def zip_bomb(path: Path) -> Path:
    """An archive with a picture of 300 MB in some hundred kilobytes."""
    bomb = path / "pictures.zip"
    with (
        zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("0/a.png", "w") as file,
    ):
        file.writelines(zeros(3 * UNPACKED))
    return bomb


def tar_bomb(path: Path) -> Path:
    """The same, compressed as a whole."""
    bomb = path / "pictures.tar.gz"
    with gzip.open(bomb, "wb") as file:
        member = tarfile.TarInfo("0/a.png")
        member.size = 3 * UNPACKED
        file.write(member.tobuf())
        file.writelines(zeros(3 * UNPACKED + 1024))
    return bomb


def nested_bomb(path: Path) -> Path:
    """Archives in archives, each of sixteen copies of the one below."""
    bomb = path / "nested.zip"
    content = bytes(1_000_000)
    for _ in range(5):
        with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(16):
                archive.writestr(f"{number}.zip", content)
        content = bomb.read_bytes()
    return bomb


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
@pytest.mark.parametrize(
    "make",
    [
        idx_bomb, npz_bomb, png_bomb, xz_bomb, csv_bomb, zip_bomb, tar_bomb, nested_bomb,
    ],
)  # fmt: skip
def test_a_bomb_is_refused_in_little_memory(make: Callable[[Path], Path], tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    command = [sys.executable, "-c", READ, str(make(folder))]
    read = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    *messages, megabytes = read.stdout.splitlines()

    print(f"{make.__name__}: {megabytes} MB")  # noqa: T201
    assert len(messages) == 1
    assert int(megabytes) < MAX_MEGABYTES
