"""Commands from another process, as files that are renamed into a folder and consumed once.

The mailbox works across network file systems, needs no port and survives a logout. It accepts a few
fixed messages and nothing else: no paths, no code, no numbers. Anything else is moved aside.
"""

from __future__ import annotations

import heapq
import json
import os
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gan.commands import COMMANDS, Command, Stop
from gan.disk.files import read_plain, write_file
from gan.disk.json_text import read_json
from gan.disk.os_errors import reason, storage_errors

if TYPE_CHECKING:
    from pathlib import Path

    from gan.run.directory import RunDirectory

MAX_BYTES: Final = 4096
"""The largest message."""

MAX_AT_ONCE: Final = 200
"""The oldest messages that one call of `take` handles, so that a flood can't hold up training."""

_NEWEST: Final = 64
"""Messages at the end of a longer queue in which `take` looks for a stop."""

_ACCEPTED: Final = ("pause", "unpause", "save", "resample", "restore_latents")
"""The names of the commands that a message can give, besides `stop`."""

_RECORDS: Final[tuple[tuple[Command, dict[str, str]], ...]] = (
    *((COMMANDS[name], {"command": name}) for name in _ACCEPTED),
    (Stop(), {"command": "stop"}),
    (Stop("epoch_end"), {"command": "stop", "when": "epoch_end"}),
)
"""Every message."""

_FORMER_RECORDS: Final[tuple[tuple[Command, dict[str, str]], ...]] = (
    (COMMANDS["unpause"], {"command": "resume"}),
)
"""Messages of older versions that are still accepted."""

_REFUSED: Final = "refused"
_KEPT_OF_NAME: Final = 48


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message that was refused; the file is kept in `mailbox/refused`."""

    name: str
    """The file's original name."""

    reason: str


class Mailbox:
    """Both ends of a run's mailbox: any process may post, only the trainer takes."""

    def __init__(self, run: RunDirectory) -> None:
        self._run = run
        self._stuck: set[str] = set()

    @property
    def _folder(self) -> Path:
        return self._run.mailbox_path

    def post(self, command: Command) -> None:
        """Post a command to the run. When, or whether, it is carried out is unknown.

        Raises:
            StorageError: The mailbox is missing or can't be written to.
        """
        record = next(record for known, record in _RECORDS if known == command)
        # Names sort by the time they were posted.
        name = f"{time.time_ns():020d}-{os.getpid()}-{secrets.token_hex(4)}.json"
        write_file(self._folder / name, json.dumps(record).encode(), durable=False)

    def take(self) -> tuple[list[Command], list[Refusal]]:
        """Remove the oldest messages and return their commands, oldest first.

        Each message is returned once. A stop among the newest comes after the oldest, however many
        wait in between. A missing mailbox is an empty one.

        Raises:
            StorageError: The mailbox can't be read.
        """
        names = self._names()
        taken = [self._take(name) for name in heapq.nsmallest(MAX_AT_ONCE, names)]
        if len(names) > MAX_AT_ONCE:
            left = len(names) - MAX_AT_ONCE
            newest = heapq.nlargest(min(_NEWEST, left), names)
            taken += [self._take(name) for name in reversed(newest) if self._is_stop(name)]
        refusals = [found for found in taken if isinstance(found, Refusal)]
        commands = [found for found in taken if found and not isinstance(found, Refusal)]
        return commands, refusals

    def clear(self) -> int:
        """Remove every message, and return how many there were: they are for an earlier process.

        Raises:
            StorageError: The mailbox can't be read.
        """
        names = self._names()
        for name in names:
            self._discard(name)
        return len(names)

    def _take(self, name: str) -> Command | Refusal | None:
        try:
            return self._open(self._folder / name)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            why = reason(error) if isinstance(error, OSError) else str(error)
            return Refusal(name, why + self._move_aside(name))

    def _is_stop(self, name: str) -> bool:
        try:
            message = read_plain(self._folder / name, MAX_BYTES, owner=os.geteuid())
            return isinstance(decode(message), Stop)
        except (OSError, ValueError):
            return False

    def _names(self) -> list[str]:
        """The names of the messages, in no order."""
        with storage_errors("read", self._folder):
            try:
                names = [path.name for path in self._folder.iterdir()]
            except FileNotFoundError:
                return []
        # A leading dot is a message that is still being written.
        waiting = (name for name in names if not name.startswith(".") and name != _REFUSED)
        return [name for name in waiting if name not in self._stuck]

    def _open(self, path: Path) -> Command:
        command = decode(read_plain(path, MAX_BYTES, owner=os.geteuid()))
        # Removed before it is carried out: one that can't be removed would be repeated for ever.
        path.unlink()
        return command

    def _discard(self, name: str) -> None:
        try:
            (self._folder / name).unlink(missing_ok=True)
        except OSError:
            # It is a folder, or can't be removed: moved aside, or else ignored from now on.
            self._move_aside(name)

    def _move_aside(self, name: str) -> str:
        """Move a message to `refused`; if that fails, return why, and ignore it from now on."""
        target = self._folder / _REFUSED / f"{name[:_KEPT_OF_NAME]}-{secrets.token_hex(4)}"
        try:
            target.parent.mkdir(mode=0o700, exist_ok=True)
            (self._folder / name).rename(target)
        except OSError as error:
            self._stuck.add(name)
            return f"; it could not be moved: {reason(error)}"
        return ""


def decode(data: bytes) -> Command:
    """The command in a message.

    Raises:
        ValueError: It is not a known message.
    """
    try:
        record: Any = read_json(data)
    except ValueError:
        raise ValueError("it is not JSON") from None
    for command, known in (*_RECORDS, *_FORMER_RECORDS):
        if record == known:
            return command
    verbs = ", ".join(dict.fromkeys(known["command"] for _, known in _RECORDS))
    raise ValueError(f"it is not a known command; expected one of {verbs}")
