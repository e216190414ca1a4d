"""What has been downloaded of a file so far: kept from one attempt to the next.

Two processes may download the same file: the first has the shared part, the other one of its own.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from gan.disk.files import is_in_place

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    from typing_extensions import Self

_CHUNK: Final = 2**20
_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW


class PartFile:
    """A part of a file, beside the place where the whole will be."""

    def __init__(self, target: Path) -> None:
        """Open what there is of it, or begin it.

        Args:
            target: Where the whole file will be; missing folders are created.

        Raises:
            OSError: The folder can't be made or written to.
        """
        self._made = [folder for folder in target.parents if not folder.exists()]
        target.parent.mkdir(parents=True, exist_ok=True)
        self._target = target
        self._is_whole = False
        self._path = target.with_name(f"{target.name}.part")
        descriptor = os.open(self._path, _FLAGS, 0o666)
        self._is_shared = _is_mine(descriptor, self._path)
        if not self._is_shared:
            os.close(descriptor)
            self._path = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
            descriptor = os.open(self._path, _FLAGS | os.O_EXCL, 0o666)
        self._file = open(descriptor, "r+b")  # noqa: PTH123, SIM115 - a descriptor; closed on exit

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Keep it for the next attempt if it has anything; else leave nothing, no folder either."""
        with self._file:
            if self._is_whole or (self._is_shared and self.size):
                return
            with suppress(OSError):
                self._path.unlink()
                for folder in self._made:
                    folder.rmdir()

    @property
    def size(self) -> int:
        """Bytes so far."""
        self._file.flush()
        return os.fstat(self._file.fileno()).st_size

    def begin_at(self, position: int) -> None:
        """Cut it off at a position, from where on it is written."""
        self._file.seek(position)
        self._file.truncate()

    def write(self, piece: bytes) -> None:
        """Add to it.

        Raises:
            OSError: The disk refuses.
        """
        self._file.write(piece)

    def sha256(self, progress: Callable[[int], None]) -> str:
        """The checksum of what there is, in hexadecimal.

        Args:
            progress: Called with the number of bytes that were read.
        """
        self._file.flush()
        self._file.seek(0)
        digest, done = hashlib.sha256(), 0
        while piece := self._file.read(_CHUNK):
            digest.update(piece)
            done += len(piece)
            progress(done)
        return digest.hexdigest()

    def finish(self) -> None:
        """Make it the whole file, in place of any that is there."""
        self._file.flush()
        self._path.replace(self._target)
        self._is_whole = True


def _is_mine(descriptor: int, path: Path) -> bool:
    """Whether this process alone has the file at a path open."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        # Another process has it, or the file system has no locks.
        return False
    # The process that had it before may have renamed it meanwhile.
    return is_in_place(descriptor, path)
