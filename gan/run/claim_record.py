"""One record of the chain of claims: which process holds it, and whether that is proven dead."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gan.disk.file_system import LOCAL, file_system_of
from gan.disk.json_text import read_json
from gan.disk.process import ProcessIdentity

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES: Final = 4096
"""The largest record."""

HELD, RELEASED = b'{"released": false, ', b'{"released": true , '
"""How a record begins. Both have the same length, so that one can be written over the other: that
needs no space on the disk."""

_MAX_HOST: Final = 255
_MAX_TIME: Final = 253_402_300_800
"""The year 10000, in seconds since the Unix epoch."""


@dataclass(frozen=True, slots=True)
class ClaimRecord:
    """A process that holds a claim, or has released it."""

    process: ProcessIdentity
    device: int
    """The device number of the run's directory, as that process's kernel has it."""

    file_system: str
    """The type of the file system that the run's directory is on, as that process sees it."""

    token: str
    """Differs between any two claims."""

    is_released: bool = False

    @classmethod
    def new(cls, folder: Path) -> ClaimRecord:
        """A claim of this process on the run in a folder.

        Raises:
            OSError: The folder can't be opened.
        """
        return cls(
            ProcessIdentity.current(),
            folder.stat().st_dev,
            file_system_of(folder),
            secrets.token_hex(8),
        )

    @classmethod
    def decode(cls, data: bytes) -> ClaimRecord:
        """Read a record.

        Raises:
            ValueError: It is damaged.
        """
        record: Any = read_json(data)
        kinds = {
            "released": bool,
            "token": str,
            "pid_namespace": int,
            "device": int,
            "file_system": str,
        }
        if type(record) is not dict:
            raise ValueError("not an object")
        wrong = [name for name, kind in kinds.items() if type(record.get(name)) is not kind]
        if wrong:
            raise ValueError(f"{', '.join(wrong)} missing or wrong")
        process = ProcessIdentity.from_json(record)
        if len(process.host) > _MAX_HOST or not 0 <= process.started < _MAX_TIME:
            raise ValueError("host or started is out of range")
        return cls(
            process,
            record["device"],
            record["file_system"],
            record["token"],
            is_released=record["released"],
        )

    def encode(self) -> bytes:
        """The record of a claim that is held; `RELEASED` over its beginning makes it released."""
        record = {
            **self.process.to_json(),
            "device": self.device,
            "file_system": self.file_system,
            "token": self.token,
        }
        return HELD + json.dumps(record)[1:].encode() + b"\n"

    @property
    def holder(self) -> str:
        """Which process it is, and since when, in words."""
        process = self.process
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(process.started))
        return f"process {process.pid} on {process.host} since {since}"

    def is_proven_dead(self, seen_by: ClaimRecord, *, has_flock: bool) -> bool:
        """Whether this process can't be at work any more.

        Args:
            seen_by: The record of the process that asks.
            has_flock: Whether the process that asks holds the run's `flock`.
        """
        process, runs = self.process, self.process.is_running
        if runs is False and process.pid_namespace == seen_by.process.pid_namespace:
            return True
        # Whoever is known to run holds the claim, even if the file with its flock was deleted.
        return runs is not True and has_flock and self._would_block(seen_by)

    def _would_block(self, other: ClaimRecord) -> bool:
        """Whether this process's `flock`, as long as it lives, keeps the other from having one.

        It does on a file system of one machine, unless either process reaches it over a network,
        and between the processes that use one mounted file system through one kernel.
        """
        if is_local(self) and is_local(other):
            return True
        boot = self.process.boot_id
        return bool(boot) and boot == other.process.boot_id and self.device == other.device


def is_local(record: ClaimRecord) -> bool:
    """Whether a process sees the run on a file system of its machine alone."""
    return record.file_system in LOCAL
