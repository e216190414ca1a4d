"""Tries a folder out: writing, syncing, replacing, locking, and the clock of its file server.

Everything happens in a folder of its own, which is removed again.
"""

from __future__ import annotations

import errno
import fcntl
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from gan.disk.file_system import LOCAL, Mount, mount_of
from gan.disk.files import write_all
from gan.disk.os_errors import reason

if TYPE_CHECKING:
    from collections.abc import Callable

Exclusion = Literal["excludes", "both hold it", "unsupported", "unknown"]
"""What became of a lock that two processes asked for."""

_SYNCS: Final = 5
_SYNCED_BYTES: Final = 65_536
_REPLACEMENTS: Final = 64
_LEAST_SECONDS: Final = 0.1
"""However fast it goes, for the reader to find something."""

_REPLACED_BYTES: Final = 8192
_TRIAL_SECONDS: Final = 1.5
"""The longest time for one series; a slow server is measured fewer times."""

_CHILD_SECONDS: Final = 10.0

_HOLDER: Final = """
import fcntl, sys
file = open(sys.argv[1], "r+")
try:
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError as error:
    print(error.errno, flush=True)
else:
    print("held", flush=True)
    sys.stdin.read()
"""
"""Holds a lock until its standard input ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageFacts:
    """What is known of a folder, and what became of the trial."""

    folder: str
    """The folder that was tried: the one asked for, or the nearest around it that exists."""

    mount: Mount = field(default_factory=Mount)
    free: int | None = None
    """Bytes that this user may still write; `None` if the system does not say."""

    free_files: int | None = None
    """Files that may still be made; `None` if the file system has no such limit."""

    error: str = ""
    """Why nothing can be written, in the system's words; empty if it can."""

    sync_seconds: float = 0.0
    """The median time to sync 64 kB."""

    replace_seconds: float = 0.0
    """The median time to replace a file by renaming another over it."""

    broken_reads: int = 0
    """How often a reader found no file, or a half, while it was replaced."""

    reads: int = 0
    lock: Exclusion = "unknown"
    lock_error: str = ""
    """Why it is unsupported or unknown."""

    skew_seconds: float = 0.0
    """How far the clock that stamps files is ahead of this machine's."""

    @property
    def is_shared(self) -> bool:
        """Whether other machines may have the folder too."""
        return self.mount.type not in LOCAL


def existing(folder: Path) -> Path:
    """The folder, or the nearest around it that exists."""
    found = Path(os.path.abspath(folder))  # noqa: PTH100 - Path.absolute keeps `..`
    # Path.is_dir raises where nothing may be looked at.
    while not os.path.isdir(found) and found != found.parent:  # noqa: PTH112
        found = found.parent
    return found


def _in_the_way(folder: Path) -> StorageFacts | None:
    """The facts of a folder that can't be made, because a file has its place or one above it."""
    path = Path(os.path.abspath(folder))  # noqa: PTH100 - Path.absolute keeps `..`
    above = existing(folder)
    if path == above:
        return None
    first = above / path.relative_to(above).parts[0]
    # A link to nowhere is in the way too.
    if not os.path.lexists(first):
        return None
    return StorageFacts(folder=str(first), error=os.strerror(errno.ENOTDIR))


def room_in(folder: Path) -> StorageFacts:
    """How much room there is, and whether files can be made; nothing is written."""
    if (facts := _in_the_way(folder)) is not None:
        return facts
    found = existing(folder)
    try:
        free, files = _free(found)
    except OSError as error:
        return StorageFacts(folder=str(found), error=reason(error))
    denied = "" if os.access(found, os.W_OK | os.X_OK) else os.strerror(errno.EACCES)
    return StorageFacts(folder=str(found), free=free, free_files=files, error=denied)


def try_folder(folder: Path) -> StorageFacts:
    """Try the folder, or the nearest around it that exists. Raises nothing of the file system."""
    if (facts := _in_the_way(folder)) is not None:
        return facts
    found = existing(folder)
    facts = StorageFacts(folder=str(found))
    try:
        mount, (free, files) = mount_of(found), _free(found)
        facts = StorageFacts(folder=str(found), mount=mount, free=free, free_files=files)
        with tempfile.TemporaryDirectory(prefix=".gan-tui-doctor-", dir=found) as made:
            trial = Path(made)
            lock, lock_error = lock_exclusion(trial / "lock")
            broken, reads, replaced = replacements(trial)
            return StorageFacts(
                folder=str(found),
                mount=mount,
                free=free,
                free_files=files,
                sync_seconds=_median(lambda: _write_synced(trial / "synced"), _SYNCS),
                replace_seconds=replaced,
                broken_reads=broken,
                reads=reads,
                lock=lock,
                lock_error=lock_error,
                skew_seconds=_skew(trial / "stamped"),
            )
    except OSError as error:
        return StorageFacts(
            folder=facts.folder,
            mount=facts.mount,
            free=facts.free,
            free_files=facts.free_files,
            error=reason(error),
        )


def lock_exclusion(path: Path) -> tuple[Exclusion, str]:
    """Whether a lock that another process holds is refused to this one, and why it is not known.

    Raises:
        OSError: The file can't be made.
    """
    path.touch()
    words = [sys.executable, "-I", "-S", "-c", _HOLDER, str(path)]
    try:
        holder = subprocess.Popen(  # noqa: S603 - this interpreter, with a program of ours
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    except OSError as error:
        return "unknown", f"no second process: {reason(error)}"
    # An NFS server without its lock service may never answer.
    timer = threading.Timer(_CHILD_SECONDS, holder.kill)
    timer.start()
    try:
        said = holder.stdout.readline().decode().strip() if holder.stdout else ""
        if said != "held":
            return _unsupported(said)
        with path.open("r+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return "excludes", ""
            return "both hold it", ""
    finally:
        holder.communicate()
        timer.cancel()


def replacements(
    folder: Path, clock: Callable[[], float] = time.monotonic
) -> tuple[int, int, float]:
    """Replace a file again and again while another thread reads it.

    Returns:
        How often the reader found no file or a half, how often it read, and the median time of a
        replacement in seconds.

    Raises:
        OSError: A file can't be written or renamed.
    """
    target, ended = folder / "replaced", threading.Event()
    target.write_bytes(b"0" * _REPLACED_BYTES)
    counts = [0, 0]

    def read() -> None:
        while not ended.is_set():
            try:
                content = target.read_bytes()
            except OSError:
                content = b""
            counts[0] += len(content) != _REPLACED_BYTES or len(set(content)) != 1
            counts[1] += 1

    # A daemon: a signal may come before the block that ends it.
    reader = threading.Thread(target=read, name="doctor-reader", daemon=True)
    reader.start()
    try:
        times = _replace_often(folder / "replacing", target, clock)
    finally:
        ended.set()
        reader.join()
    return counts[0], counts[1], statistics.median(times)


def _replace_often(source: Path, target: Path, clock: Callable[[], float]) -> list[float]:
    """Replace a file again and again; returns how long each replacement took, in seconds."""
    times: list[float] = []
    deadline = clock() + _TRIAL_SECONDS
    begun = clock()
    while len(times) < _REPLACEMENTS or clock() < begun + _LEAST_SECONDS:
        source.write_bytes(bytes([ord("0") + len(times) % 10]) * _REPLACED_BYTES)
        before = clock()
        source.replace(target)
        times.append(clock() - before)
        if clock() > deadline:
            break
    return times


def _unsupported(said: str) -> tuple[Exclusion, str]:
    """What the holder's words mean: a number of the system, or nothing if it was killed."""
    if not said.isdecimal():
        return "unknown", "the file system gave no answer"
    number = int(said)
    if number in (errno.EAGAIN, errno.EACCES):
        return "unknown", "somebody else holds the new lock"
    return "unsupported", os.strerror(number)


def _free(folder: Path) -> tuple[int, int | None]:
    about = os.statvfs(folder)
    return about.f_bavail * about.f_frsize, about.f_favail if about.f_files else None


def _write_synced(path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        write_all(descriptor, bytes(_SYNCED_BYTES))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _median(action: Callable[[], None], times: int) -> float:
    """The median time of an action in seconds."""
    taken: list[float] = []
    while len(taken) < times and sum(taken) < _TRIAL_SECONDS:
        before = time.monotonic()
        action()
        taken.append(time.monotonic() - before)
    return statistics.median(taken)


def _skew(path: Path) -> float:
    """How far the file's time of change is ahead of the middle of its writing; 0 if it may be."""
    before = time.time()
    path.write_bytes(b"now")
    after = time.time()
    stamped = path.stat().st_mtime
    if before <= stamped <= after:
        return 0.0
    return stamped - (before + after) / 2
