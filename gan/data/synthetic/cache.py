"""Drawn digits kept on disk, so that a machine draws them once.

The cache saves seconds and decides nothing: whatever is wrong with it, from a full disk to a file
that somebody edited, the digits are drawn again. So no failure to read or write it is an error.

A file is 32 bytes of SHA-256, then what they were computed from: the pixels, then the labels. One
size is right for a given count, and one digest, which a zipped format would not make simpler.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from gan.data.image_set import SIDE

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
        _replace(path, hashlib.sha256(body).digest() + body)


def _replace(path: Path, content: bytes) -> None:
    """Put a file in the place of another in one step, by way of a sibling that is renamed."""
    descriptor, name = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".tmp", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
