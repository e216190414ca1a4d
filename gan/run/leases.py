"""Leases: files by which viewers ask a run for previews for as long as they watch.

A viewer renews its lease every two seconds. The process that trains believes a lease for as long as
it sees it change on its own clock, so no two hosts' clocks are compared, and a viewer that was
killed stops costing anything within ten seconds.
"""

from __future__ import annotations

import heapq
import json
import math
import os
import secrets
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gan.disk.files import read_plain, replace_file
from gan.disk.json_text import read_json
from gan.disk.leftovers import remove_leftovers
from gan.disk.os_errors import storage_errors
from gan.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gan.run.directory import RunDirectory

RENEW_SECONDS: Final = 2.0
"""How often a viewer renews its lease."""

EXPIRE_SECONDS: Final = 7.0
"""How long a lease is believed without a change. A network file system shows changes late."""

MIN_PREVIEW_SECONDS: Final = 0.1
MAX_PREVIEW_SECONDS: Final = 60.0
"""The range of what a viewer may ask for: more often would cost the training too much."""

MAX_LEASES: Final = 64
"""How many are read at most: a flood of files must not hold up the heartbeat."""

_MAX_BYTES: Final = 4096
_SUFFIX: Final = ".json"


class Lease:
    """A viewer's end: one file, for as long as it watches."""

    def __init__(self, run: RunDirectory, preview_seconds: float) -> None:
        """Nothing is written yet.

        Args:
            run: The run.
            preview_seconds: Seconds between two previews that the viewer can show.
        """
        self._run = run
        self._preview_seconds = preview_seconds
        self._sequence = 0
        host, pid = socket.gethostname(), os.getpid()
        # The host in the file alone: a name of a file has its limits.
        self._name = f"{pid}-{secrets.token_hex(6)}{_SUFFIX}"
        self._holder = {"host": host, "pid": pid}

    def renew(self) -> None:
        """Write the file again, with another content.

        Raises:
            StorageError: The folder of leases is missing or can't be written to.
        """
        self._sequence += 1
        record = {
            "sequence": self._sequence,
            "preview_seconds": self._preview_seconds,
            "from": self._holder,
        }
        path = self._path
        with storage_errors("write", path):
            replace_file(path, [json.dumps(record).encode()], durable=False)

    def release(self) -> None:
        """Remove the file, if it is there; a run that is gone needs no release."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    @property
    def _path(self) -> Path:
        return self._run.leases_path / self._name


@dataclass(frozen=True, slots=True)
class _Seen:
    """One lease, as it was seen last."""

    content: bytes
    since: float
    """When this content was seen first."""

    counts: bool
    """Whether it is believed."""

    preview_seconds: float


class Leases:
    """The end of the process that trains. Used by one thread."""

    def __init__(self, run: RunDirectory, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing was seen yet.

        Args:
            run: The run, whose lock this process holds.
            clock: A monotonic clock in seconds.
        """
        self._run = run
        self._clock = clock
        self._seen: dict[str, _Seen] | None = None

    def look(self) -> float | None:
        """How often viewers want previews now, in seconds; `None` if nobody watches.

        Leases that have expired are removed. One that is there at the first look may be that of a
        viewer that was killed, so it counts once it changes.

        Raises:
            StorageError: The folder can't be read.
        """
        now = self._clock()
        before, is_first = self._seen or {}, self._seen is None
        seen: dict[str, _Seen] = {}
        for name in self._names():
            one = self._look_at(name, before.get(name), now, counts=not is_first)
            if one is None:
                continue
            if now - one.since < EXPIRE_SECONDS:
                seen[name] = one
            else:
                self._remove(name)
        self._seen = seen
        return min((one.preview_seconds for one in seen.values() if one.counts), default=None)

    def clear(self) -> None:
        """Remove every lease, at the end of the run."""
        with suppress(StorageError):
            for name in self._names():
                self._remove(name)

    def _look_at(self, name: str, known: _Seen | None, now: float, *, counts: bool) -> _Seen | None:
        try:
            content = read_plain(self._run.leases_path / name, _MAX_BYTES, owner=os.geteuid())
        except OSError:
            # Its viewer has left, or it is no lease.
            return None
        if known is not None and known.content == content:
            return known
        return _Seen(content, now, counts, _preview_seconds(content))

    def _names(self) -> list[str]:
        folder = self._run.leases_path
        with storage_errors("read", folder):
            try:
                found = [entry.name for entry in os.scandir(folder)]
            except FileNotFoundError:
                return []
        remove_leftovers(folder, found)
        names = (name for name in found if name.endswith(_SUFFIX) and name[0] != ".")
        return heapq.nsmallest(MAX_LEASES, names)

    def _remove(self, name: str) -> None:
        with suppress(OSError):
            (self._run.leases_path / name).unlink(missing_ok=True)


def _preview_seconds(content: bytes) -> float:
    """What a lease asks for, within the range; one that can't be read asks for the least."""
    try:
        record: Any = read_json(content)
        seconds = float(record["preview_seconds"])
    except (ValueError, KeyError, TypeError, OverflowError):
        return MAX_PREVIEW_SECONDS
    if not math.isfinite(seconds):
        return MAX_PREVIEW_SECONDS
    return min(max(seconds, MIN_PREVIEW_SECONDS), MAX_PREVIEW_SECONDS)
