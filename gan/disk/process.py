"""The identity of a process, as the lock and the status file of a run record it.

A process id alone is not enough: ids are reused, and mean nothing on another host or after a
reboot.
"""

from __future__ import annotations

import dataclasses
import os
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """One process on one boot of one host."""

    host: str
    pid: int

    boot_id: str
    """Changes at every boot; empty if the system does not provide it."""

    started: float
    """When the identity was taken, in seconds since the Unix epoch."""

    @classmethod
    def current(cls) -> ProcessIdentity:
        """This process."""
        return cls(socket.gethostname(), os.getpid(), boot_id(), time.time())

    def to_json(self) -> dict[str, Any]:
        """A dictionary of JSON values, one entry per field."""
        return dataclasses.asdict(self)


def boot_id() -> str:
    """The kernel's id of this boot; empty if there is none, as on macOS."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def is_alive(pid: int) -> bool:
    """Whether a process with this id runs on this host, whoever owns it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
