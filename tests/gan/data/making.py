"""Small data sets, valid and invalid, and fakes of the network and of progress."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import struct
import tracemalloc
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from gan.data.published import PublishedFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

Bytes = npt.NDArray[np.uint8]


def digits(count: int = 5) -> Bytes:
    """Images that all differ, with random pixels."""
    pixels = np.random.default_rng(count).integers(0, 256, (count, 28, 28))
    return pixels.astype(np.uint8)


def idx_header(shape: Sequence[int], element: int = 0x08) -> bytes:
    return bytes([0, 0, element, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)


def idx_bytes(array: Bytes) -> bytes:
    return idx_header(array.shape) + array.tobytes()


def write(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def write_idx_folder(folder: Path, images: Bytes, labels: Bytes | None) -> Path:
    write(folder / "train-images-idx3-ubyte.gz", gzip.compress(idx_bytes(images)))
    if labels is not None:
        write(folder / "train-labels-idx1-ubyte", idx_bytes(labels))
    return folder


def npy_bytes(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def npz_bytes(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


class Reports:
    """Progress that records its calls."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, int, int, str]] = []

    def __call__(self, what: str, done: int, total: int, unit: str) -> None:
        self.calls.append((what, done, total, unit))


def ignore(_what: str, _done: int, _total: int, _unit: str) -> None:
    """Ignore progress."""


class FakeResponse:
    """A server's response, held in memory."""

    def __init__(self, body: bytes, announced: int | None = None, first: int = 0) -> None:
        self._body = io.BytesIO(body)
        self._headers = {"Content-Length": str(len(body) if announced is None else announced)}
        if first:
            self._headers["Content-Range"] = f"bytes {first}-{first + len(body) - 1}/*"
        self.closed = False

    def getheader(self, name: str) -> str | None:
        return self._headers.get(name)

    def read(self, amount: int, /) -> bytes:
        return self._body.read(amount)

    def close(self) -> None:
        self.closed = True


def published(name: str, content: bytes) -> PublishedFile:
    """A file as a publisher has it."""
    return PublishedFile(name, len(content), hashlib.sha256(content).hexdigest())


class FakeNetwork:
    """Opens URLs from a dictionary, by their last part; other URLs are unreachable."""

    def __init__(self, files: dict[str, bytes] | None = None) -> None:
        self.files = files or {}
        self.asked: list[str] = []

    def __call__(self, url: str, _timeout: float, first: int = 0) -> FakeResponse:
        self.asked.append(url)
        name = url.rsplit("/", 1)[1]
        if name not in self.files:
            raise OSError(101, "Network is unreachable")
        return FakeResponse(self.files[name][first:], first=first)


@contextlib.contextmanager
def memory_at_most(limit: int) -> Iterator[None]:
    """Fail if Python and NumPy together hold more than `limit` bytes at any time."""
    tracemalloc.start()
    try:
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak <= limit, f"{peak} bytes at the peak, expected at most {limit}"
