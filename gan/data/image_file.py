"""Images that stay in their file, because memory would not hold them: read as they are needed.

They are read, and their file is not mapped into memory: where a mapped file has become shorter, the
system ends whoever looks at it with SIGBUS, and a read can be refused with words.
"""

from __future__ import annotations

import contextlib
import os
import weakref
from typing import TYPE_CHECKING, Final

import numpy as np

from gan.data.checks import reading, refuse
from gan.data.stored_images import BLOCK, ImagesOnDisk, require_within
from gan.events import IMAGE_SIDE, Images

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from gan.data.stored_images import Indices

_IMAGE: Final = IMAGE_SIDE * IMAGE_SIDE
"""Bytes of an image."""


class OpenFile:
    """A file that has to stay as it is for as long as it is open."""

    def __init__(self, path: Path) -> None:
        """Open it; it is closed once nothing refers to this.

        Raises:
            DataError: It can't be opened.
        """
        self.path = path
        with reading(path):
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        weakref.finalize(self, os.close, self._descriptor)
        self._state = self._stated()

    @property
    def size(self) -> int:
        """Its size in bytes."""
        return self._state[0]

    def read(self, position: int, out: memoryview) -> None:
        """Fill a buffer from a position on.

        Raises:
            DataError: The file ends before, or can't be read.
        """
        done = 0
        while done < len(out):
            with reading(self.path):
                count = os.preadv(self._descriptor, (out[done:],), position + done)
            if not count:
                self.require_unchanged()
                raise refuse(
                    self.path, f"{position + done} bytes", f"at least {position + len(out)}"
                )
            done += count

    def read_records(
        self, size: int, begin: int, numbers: Sequence[int], outs: Sequence[memoryview]
    ) -> None:
        """Fill a buffer with each of some records of one size.

        Args:
            size: Images of a record.
            begin: Where the first record begins.
            numbers: The numbers of the records.
            outs: As many buffers of that size.

        Raises:
            DataError: As `read`.
        """
        descriptor, read = self._descriptor, os.preadv
        with reading(self.path):
            for number, out in zip(numbers, outs, strict=True):
                position = begin + number * size
                # Millions of times in an epoch, so without a call of `read`.
                if read(descriptor, (out,), position) != size:
                    self.read(position, out)

    def expect(self, size: int, begin: int, numbers: Sequence[int]) -> None:
        """Have the system fetch such records, where it can be told."""
        if not hasattr(os, "posix_fadvise"):
            return
        descriptor, advise, soon = self._descriptor, os.posix_fadvise, os.POSIX_FADV_WILLNEED
        # Only advice: if the disk refuses, so will it when the images are read.
        with contextlib.suppress(OSError):
            for number in numbers:
                advise(descriptor, begin + number * size, size, soon)

    def require_unchanged(self) -> None:
        """Check after a read that what was read is what there was when the file was opened.

        Raises:
            DataError: The file has another size or was written to.
        """
        if (state := self._stated()) == self._state:
            return
        size = state[0]
        received = (
            "a file that was written to"
            if size == self.size
            else f"a file that went from {self.size} to {size} bytes"
        )
        raise refuse(
            self.path,
            f"{received} while it was in use",
            "one that stays as it is, since it is too large to be held in memory; restore it, "
            "and resume the run if it has begun",
        )

    def _stated(self) -> tuple[int, int]:
        with reading(self.path):
            status = os.fstat(self._descriptor)
        return status.st_size, status.st_mtime_ns


class FileImages(ImagesOnDisk):
    """The images of one file, in which they lie one after another as bytes."""

    def __init__(
        self,
        file: OpenFile,
        begin: int,
        count: int,
        *,
        shades: Images | None = None,
        is_transposed: bool = False,
    ) -> None:
        """Nothing is read yet.

        Args:
            file: Opened.
            begin: Where the first image begins, in bytes.
            count: How many there are.
            shades: What each of the 256 values stands for; `None` for itself.
            is_transposed: Whether the columns of an image lie where its rows should.

        Raises:
            DataError: The file is not as long as that.
        """
        self._file = file
        self._begin = begin
        self._count = count
        self._shades = shades
        self._is_transposed = is_transposed
        size = count * _IMAGE
        if file.size < begin + size:
            raise refuse(
                file.path,
                f"{max(file.size - begin, 0)} bytes of data",
                f"{size}, as the header says",
            )
        if file.size > begin + size:
            raise refuse(
                file.path, f"more than {size} bytes of data", f"{size}, as the header says"
            )

    def shown(self, shades: Images | None, *, is_transposed: bool) -> FileImages:
        """The same images in other shades, and turned upright; see the constructor."""
        return FileImages(
            self._file, self._begin, self._count, shades=shades, is_transposed=is_transposed
        )

    def __len__(self) -> int:
        """The number of images."""
        return self._count

    def read(self, chosen: Indices, out: Images) -> None:
        """Read them in the order of the file, which spares a disk most of its ways."""
        require_within(chosen, self._count)
        order = np.argsort(chosen, kind="stable")
        bytes_out = out.reshape(-1).data
        outs = [bytes_out[at * _IMAGE : (at + 1) * _IMAGE] for at in order.tolist()]
        self._file.read_records(_IMAGE, self._begin, chosen[order].tolist(), outs)
        self._file.require_unchanged()
        self._convert(out)

    def blocks(self) -> Iterator[Images]:
        """Blocks of 4 MB."""
        for first in range(0, self._count, BLOCK):
            count = min(BLOCK, self._count - first)
            block = np.empty((count, IMAGE_SIDE, IMAGE_SIDE), np.uint8)
            self._file.read(self._begin + first * _IMAGE, block.reshape(-1).data)
            self._file.require_unchanged()
            self._convert(block)
            yield block

    def expect(self, chosen: Indices) -> None:
        """Also in the order of the file."""
        self._file.expect(_IMAGE, self._begin, np.sort(chosen).tolist())

    def _convert(self, images: Images) -> None:
        if self._shades is not None:
            images[...] = self._shades[images]
        if self._is_transposed:
            images[...] = images.transpose(0, 2, 1).copy()
