"""The lock that ensures that only one process at a time trains a run.

It is an `flock`, which the kernel releases however its holder dies, so there are no stale locks,
and a claim (`gan.run.claim`), which holds between machines too. The text in the file of the lock
only identifies the holder.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Final

from gan.disk.files import Files, is_in_place, write_all
from gan.disk.json_text import read_json
from gan.disk.os_errors import reason, storage_errors
from gan.disk.process import ProcessIdentity
from gan.errors import RunLockedError, StorageError
from gan.run.claim import Claim

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

    from typing_extensions import Self

    from gan.run.claim import TakeOver
    from gan.run.directory import RunDirectory

_MAX_BYTES: Final = 4096
_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
_NO_FLOCK: Final = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)
"""What file systems answer that have no `flock`, such as NFS without its lock service."""


class RunLock:
    """An exclusive lock on a run, held from `acquire` to `release` or as a context manager."""

    def __init__(self, run: RunDirectory, *, take_over: TakeOver | None = None) -> None:
        """Nothing is locked yet.

        Args:
            run: The run.
            take_over: How to take the run even from a process elsewhere that may be alive; `None`
                to refuse it then.
        """
        self._run = run
        self._take_over = take_over
        self._claim = Claim(run)
        self._held = ExitStack()
        self._descriptor: int | None = None
        """The file at the lock's path, which is locked; `None` if the lock isn't held."""

        self.lost: RunLockedError | None = None
        """Why this process must not write to the run any more, once that was noticed."""

        self.warnings: list[str] = []
        """What a person should know about how the lock was acquired."""

    def acquire(self) -> None:
        """Take the lock, without waiting unless it has to be taken over.

        Raises:
            RunLockedError: Another process holds the lock; the message names it.
            StorageError: The lock file or the claim can't be opened or written.
        """
        with ExitStack() as taken:
            descriptor, has_flock = self._open(taken)
            with storage_errors("claim the run in", self._run.claim_path):
                former = self._claim.take(has_flock=has_flock, take_over=self._take_over)
            taken.callback(self._claim.release)
            self._sign(descriptor)
            self._held, self._descriptor = taken.pop_all(), descriptor
        if former:
            self.warnings.append(
                f"the run was taken over from {former}. If that process still runs, stop it."
            )

    def require(self) -> None:
        """Check that no other process has claimed the run since.

        Raises:
            RunLockedError: Another has, so this process must not write to the run any more.
            StorageError: The claim can't be read.
        """
        with storage_errors("read", self._run.claim_path), self._noticing():
            self._claim.require()

    def keep(self) -> list[str]:
        """Check the lock, and make again what was deleted of it.

        Returns:
            The names of what was made again.

        Raises:
            RunLockedError: Another process has claimed the run since.
            StorageError: The lock's file was deleted, and another process has locked a new one.
            OSError: Something can't be made again, or the file system does not answer.
        """
        with self._noticing():
            made_again = ["claim"] if self._claim.keep() else []
        if self._descriptor is None or is_in_place(self._descriptor, self._run.lock_path):
            return made_again
        with ExitStack() as taken:
            try:
                self._descriptor, _ = self._open(taken)
            except RunLockedError as error:
                raise StorageError(f"the lock was deleted during the run. {error}") from None
            self._sign(self._descriptor)
            self._held.enter_context(taken.pop_all())
        return [*made_again, "lock"]

    def release(self) -> None:
        """Release the lock if it is held.

        The file isn't removed, because then two processes could lock two files of the same name.

        Raises:
            StorageError: The claim can't be released. It is held until this process ends, and
                machines that can't know that it has ended refuse the run.
        """
        self._descriptor = None
        with storage_errors("release the claim in", self._run.claim_path):
            self._held.close()

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

    @contextmanager
    def _noticing(self) -> Iterator[None]:
        """Remember that another process has claimed the run; once lost, it stays lost."""
        if self.lost is not None:
            raise RunLockedError(str(self.lost))
        try:
            yield
        except RunLockedError as error:
            self.lost = error
            raise

    def _open(self, taken: ExitStack) -> tuple[int, bool]:
        """Open and lock the file; `taken` closes it.

        Returns:
            Its descriptor, and whether it is locked: not every file system can.
        """
        with storage_errors("lock", self._run.lock_path):
            descriptor = os.open(self._run.lock_path, _FLAGS, 0o600)
            taken.callback(os.close, descriptor)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = _holder(os.pread(descriptor, _MAX_BYTES, 0))
                raise RunLockedError(
                    f"{self._run.path} is in use by {holder}. "
                    "Stop that process, or choose another run."
                ) from None
            except OSError as error:
                if error.errno not in _NO_FLOCK:
                    raise
                self.warnings.append(
                    f"{self._run.lock_path} can't be locked: {reason(error)}. Other processes are "
                    f"kept out by {self._run.claim_path.name}/ alone; don't delete that folder."
                )
                return descriptor, False
        return descriptor, True

    def _sign(self, descriptor: int) -> None:
        """Write into the file who holds it."""
        with storage_errors("write", self._run.lock_path):
            os.ftruncate(descriptor, 0)
            write_all(descriptor, json.dumps(ProcessIdentity.current().to_json()).encode())


class LockedFiles(Files):
    """The file operations of a process that stops changing the run once another has claimed it."""

    def __init__(self, lock: RunLock) -> None:
        self._lock = lock

    def rename(self, source: Path, target: Path) -> None:
        """Rename a folder. Raises `RunLockedError` if another process has claimed the run."""
        self._lock.require()
        super().rename(source, target)

    def remove_tree(self, path: Path) -> None:
        """Remove a folder. Raises `RunLockedError` if another process has claimed the run."""
        self._lock.require()
        super().remove_tree(path)


def _holder(text: bytes) -> str:
    """The holder's name according to the lock file, which it may not have written yet."""
    try:
        record: Any = read_json(text)
        return f"process {record['pid']:d} on {record['host']!s}"
    except (ValueError, KeyError, TypeError):
        return "another process"
