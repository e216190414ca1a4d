"""The lock that ensures that only one process at a time trains a run.

It is an `flock`, which the kernel releases however its holder dies, so there are no stale locks.
The text in the file only identifies the holder.
"""

from __future__ import annotations

import fcntl
import json
import os
from typing import TYPE_CHECKING, Any, Final

from gan.disk.files import write_all
from gan.disk.json_text import read_json
from gan.disk.os_errors import storage_errors
from gan.disk.process import ProcessIdentity
from gan.errors import RunLockedError

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from gan.run.directory import RunDirectory

_MAX_BYTES: Final = 4096


class RunLock:
    """An exclusive lock on a run, held from `acquire` to `release` or as a context manager."""

    def __init__(self, run: RunDirectory) -> None:
        self._run = run
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock, without waiting.

        Raises:
            RunLockedError: Another process holds the lock; the message names it.
            StorageError: The lock file can't be opened or written.
        """
        with storage_errors("lock", self._run.lock_path):
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            descriptor = os.open(self._run.lock_path, flags, 0o600)
            try:
                self._take(descriptor)
            except BaseException:
                os.close(descriptor)
                raise
        self._descriptor = descriptor

    def release(self) -> None:
        """Release the lock if it is held.

        The file isn't removed, because then two processes could lock two files of the same name.
        """
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()

    def _take(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _holder(os.pread(descriptor, _MAX_BYTES, 0))
            raise RunLockedError(
                f"{self._run.path} is in use by {holder}. Stop that process, or choose another run."
            ) from None
        os.ftruncate(descriptor, 0)
        write_all(descriptor, json.dumps(ProcessIdentity.current().to_json()).encode())


def _holder(text: bytes) -> str:
    """The holder's name according to the lock file, which it may not have written yet."""
    try:
        record: Any = read_json(text)
        return f"process {record['pid']:d} on {record['host']!s}"
    except (ValueError, KeyError, TypeError):
        return "another process"
