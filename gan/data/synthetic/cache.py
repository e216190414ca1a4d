"""Drawn digits kept on disk, so that a machine draws them once.

The cache saves seconds and decides nothing: whatever is wrong with it, from a full disk to a file
that somebody edited, the digits are drawn again. So no failure to read or write it is an error.

A file is 32 bytes of SHA-256, then what they were computed from: the pixels, then the labels. One
size is right for a given count, and one digest, which a zipped format would not make simpler.
"""

from __future__ import annotations

import contextlib
import hashlib
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from gan.data.image_set import SIDE
from gan.disk.files import replace_file

if TYPE_CHECKING:
    from pathlib import Path

Bytes = npt.NDArray[np.uint8]

_DIGEST: Final = hashlib.sha256().digest_size


def read_digits(path: Path, count: int) -> tuple[Bytes, Bytes] | None:
    """The images, count x 28 x 28, and labels kept at `path`; none unless they are intact."""
    pixels = count * SIDE * SIDE
    try:
        # A file of another size is not even read: it could be of any size.
        if path.stat().st_size != _DIGEST + pixels + count:
            return None
        content = path.read_bytes()
    except OSError:
        return None
    body = np.frombuffer(content, np.uint8)[_DIGEST:]
    if hashlib.sha256(body.data).digest() != content[:_DIGEST]:
        return None
    return body[:pixels].reshape(count, SIDE, SIDE), body[pixels:]


def write_digits(path: Path, images: Bytes, labels: Bytes) -> None:
    """Keep digits at `path`, whole or not at all; where that is impossible, do without."""
    body = images.tobytes() + labels.tobytes()
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, [hashlib.sha256(body).digest(), body], durable=False)
