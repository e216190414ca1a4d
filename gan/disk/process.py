"""The identity of a process, as the lock, the claim and the status file of a run record it.

A process id alone is not enough: ids are reused, and mean nothing on another host or after a
reboot. Together with the kernel's boot id and the process's start time it names one process.
"""

from __future__ import annotations

import dataclasses
import os
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_MACHINE_ID: Final = Path("/etc/machine-id")
_PROCESSES: Final = Path("/proc")
_PID_NAMESPACE: Final = Path("/proc/self/ns/pid")
_START_TIME: Final = 22
"""The place of a process's start time in `/proc/PID/stat`, counted from 1; proc(5)."""

_STATE_AT: Final = 3
"""The place of its state there: one letter."""

_NAME_AT: Final = 2
"""The place of its name there, which is in brackets and may contain anything."""

MAX_PID: Final = 2**31 - 1
"""The largest process id of any system."""

_LAST_TIME: Final = 253_402_300_799
"""The last second of the year 9999, since the Unix epoch."""


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """One process on one boot of one host."""

    host: str
    pid: int

    boot_id: str
    """Changes at every boot; empty if the system does not provide it."""

    started: float
    """When the identity was taken, in seconds since the Unix epoch."""

    start_ticks: int = 0
    """When the process started, in clock ticks since the boot; 0 if the system does not say."""

    machine_id: str = ""
    """Stays the same over boots; empty if the system does not provide it, as in a container."""

    pid_namespace: int = 0
    """Among which processes the id is unique, see `pid_namespace`; 0 if that isn't known."""

    @classmethod
    def current(cls) -> ProcessIdentity:
        """This process."""
        pid = os.getpid()
        return cls(
            socket.gethostname(),
            pid,
            boot_id(),
            time.time(),
            start_ticks(pid) or 0,
            machine_id(),
            pid_namespace(),
        )

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> ProcessIdentity:
        """Read an identity back; fields that older versions did not write may be missing.

        Raises:
            ValueError: It is not the identity of a process.
        """
        values: dict[str, Any] = {"start_ticks": 0, "machine_id": "", "pid_namespace": 0, **record}
        kinds = {"host": str, "pid": int, "boot_id": str, "start_ticks": int, "machine_id": str}
        kinds["pid_namespace"] = int
        wrong = [name for name, kind in kinds.items() if type(values.get(name)) is not kind]
        started: Any = values.get("started")
        # Also false for NaN, and for an integer that no float can hold.
        if type(started) not in (int, float) or not 0 <= started <= _LAST_TIME:
            wrong.append("started")
        if wrong or values["pid"] <= 0 or values["pid"] > MAX_PID:
            raise ValueError(f"not a process: {', '.join(wrong) or 'pid'} missing or wrong")
        kept = {field.name: values[field.name] for field in dataclasses.fields(cls)}
        return cls(**{**kept, "started": float(kept["started"])})

    @property
    def is_running(self) -> bool | None:
        """Whether the process runs; `None` if that can't be known from here.

        It is known on the same boot of the same kernel, and on the same machine after a reboot,
        which no process survives. In another container its id means nothing here, or another one.
        """
        if not self.boot_id or self.host != socket.gethostname():
            return None
        # Older versions recorded none.
        if self.pid_namespace and self.pid_namespace != pid_namespace():
            return None
        if self.boot_id != boot_id():
            rebooted = bool(self.machine_id) and self.machine_id == machine_id()
            return False if rebooted else None
        if not is_alive(self.pid) or is_zombie(self.pid):
            return False
        ticks = start_ticks(self.pid)
        return not (self.start_ticks and ticks and ticks != self.start_ticks)

    def is_same_as(self, other: ProcessIdentity) -> bool:
        """Whether both name the same process, whenever each was taken."""
        mine, others = ((one.host, one.boot_id, one.pid, one.start_ticks) for one in (self, other))
        return mine == others

    def to_json(self) -> dict[str, Any]:
        """A dictionary of JSON values, one entry per field."""
        return dataclasses.asdict(self)


def boot_id() -> str:
    """The kernel's id of this boot; empty if there is none, as on macOS."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def machine_id() -> str:
    """The id that this machine keeps over boots; empty if there is none."""
    try:
        return _MACHINE_ID.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def start_ticks(pid: int) -> int | None:
    """When a process of this host started, in clock ticks since the boot.

    `None` if there is no such process, or the system does not say, as macOS.
    """
    try:
        return int(_stat_of(pid, _START_TIME))
    except (OSError, ValueError, IndexError):
        return None


def is_zombie(pid: int) -> bool:
    """Whether a process of this host has ended and its parent has not asked how.

    In a container whose first process never asks, it stays so for ever.
    """
    try:
        return _stat_of(pid, _STATE_AT) in ("Z", "X")
    except (OSError, IndexError):
        return False


def pid_namespace() -> int:
    """Identifies the processes among which this one's id is unique; 0 if the system does not say.

    Each container has its own. Outside of containers it is the same on every Linux.
    """
    try:
        return _PID_NAMESPACE.stat().st_ino
    except OSError:
        return 0


def _stat_of(pid: int, place: int) -> str:
    """A field after the name in `/proc/PID/stat`, by its place counted from 1."""
    text = (_PROCESSES / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    return text.rpartition(")")[2].split()[place - _NAME_AT - 1]


def is_alive(pid: int) -> bool:
    """Whether a process with this id runs on this host, whoever owns it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
