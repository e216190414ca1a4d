"""A disk cache for the drawn digits.

If anything is wrong with the cache, from a full disk to an edited file, the digits are simply drawn
again, so failures to read or write it are not errors.

A file is the SHA-256 of the rest (32 bytes), the pixels (count x 28 x 28) and the labels (count).
"""

from __future__ import annotations

import contextlib
import hashlib
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from gan.disk.files import replace_file
from gan.events import IMAGE_SIDE

if TYPE_CHECKING:
    from pathlib import Path

Bytes = npt.NDArray[np.uint8]

_DIGEST: Final = hashlib.sha256().digest_size


def read_digits(path: Path, count: int) -> tuple[Bytes, Bytes] | None:
    """Read digits from the cache.

    Returns:
        Images, uint8, count x 28 x 28, and labels, uint8, count; `None` if the file is missing or
        not intact.
    """
    pixels = count * IMAGE_SIDE * IMAGE_SIDE
    try:
        # A file of the wrong size isn't read, because it could be huge.
        if path.stat().st_size != _DIGEST + pixels + count:
            return None
        content = path.read_bytes()
    except OSError:
        return None
    body = np.frombuffer(content, np.uint8)[_DIGEST:]
    if hashlib.sha256(body.data).digest() != content[:_DIGEST]:
        return None
    return body[:pixels].reshape(count, IMAGE_SIDE, IMAGE_SIDE), body[pixels:]


def write_digits(path: Path, images: Bytes, labels: Bytes) -> None:
    """Write digits to the cache atomically. If that fails, do nothing."""
    body = images.tobytes() + labels.tobytes()
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, [hashlib.sha256(body).digest(), body], durable=False)
