"""Who is writing to a run: the identity that the lock and the status file carry.

A process id alone is reused, and means nothing on another host or after a reboot.
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
    """Changes at every boot; empty where the system does not tell it."""

    started: float
    """When the process said who it is, in seconds since the Unix epoch."""

    @classmethod
    def current(cls) -> ProcessIdentity:
        """This process."""
        return cls(socket.gethostname(), os.getpid(), boot_id(), time.time())

    def to_json(self) -> dict[str, Any]:
        """A dictionary of plain JSON values, one entry a field."""
        return dataclasses.asdict(self)


def boot_id() -> str:
    """The kernel's name for this boot; empty where there is none, as on macOS."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def is_alive(pid: int) -> bool:
    """Whether a process of this id runs on this host, whoever owns it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
