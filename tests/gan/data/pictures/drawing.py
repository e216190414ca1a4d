"""Pictures for tests."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from pathlib import Path

    from gan.data.image_set import Bytes


def save(path: Path, image: Image.Image) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)
    return path


def grey(value: int, size: tuple[int, int] = (28, 28)) -> Image.Image:
    return Image.new("L", size, value)


def png_of(width: int, height: int) -> bytes:
    """A PNG whose header gives a size, with almost no data."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress(bytes(100))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def digit(number: int) -> Bytes:
    """White strokes on black, others for each number: uint8, 28 x 28."""
    image = Image.new("L", (28, 28))
    draw = ImageDraw.Draw(image)
    draw.ellipse((7, 5, 20, 22), outline=255, width=2)
    draw.line((8, 8 + number % 12, 19, 20 - number % 7), fill=200 + number, width=2)
    return np.asarray(image)
