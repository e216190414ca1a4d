"""Commands from another process, as files that are renamed into a folder and consumed once.

The mailbox works across network file systems, needs no port and survives a logout. What is not a
message (`gan.run.message`) is moved aside.
"""

from __future__ import annotations

import heapq
import os
import secrets
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from gan.commands import Stop
from gan.disk.files import read_plain, replace_file
from gan.disk.leftovers import remove_leftovers
from gan.disk.os_errors import reason, storage_errors
from gan.disk.permissions import make_folder
from gan.exchange.requests import name_of
from gan.run.message import Message, MessageError, Sender, decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gan.commands import Command
    from gan.disk.process import ProcessIdentity
    from gan.exchange.requests import Ticket
    from gan.run.directory import RunDirectory

MAX_BYTES: Final = 4096
"""The largest message."""

MAX_AT_ONCE: Final = 200
"""The oldest messages that one call of `take` handles, so that a flood can't hold up training."""

_NEWEST: Final = 64
"""Messages at the end of a longer queue in which `take` looks for a stop."""

_EARLIER: Final = "it was sent before this process began to train the run"
_REFUSED: Final = "refused"
_KEPT_OF_NAME: Final = 48


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message that was refused."""

    name: str
    """The file's original name."""

    reason: str
    command: str = ""
    """The name that it gives its command; empty if it gives none."""

    ticket: Ticket | None = None
    """What the answer names; `None` if the message has no id that can be read."""


class Mailbox:
    """Both ends of a run's mailbox: any process may post, only the trainer takes."""

    def __init__(self, run: RunDirectory) -> None:
        self._run = run
        self._stuck: set[str] = set()

    @property
    def _folder(self) -> Path:
        return self._run.mailbox_path

    def post(
        self,
        command: Command,
        *,
        meant_for: ProcessIdentity | None = None,
        sender: Sender | None = None,
    ) -> str:
        """Post a command to the run.

        Args:
            command: One of `gan.commands.COMMANDS`, or a stop.
            meant_for: The process that is to carry it out, as `status.json` names it; another
                refuses it. `None` for whichever trains the run.
            sender: Who sends it; this process by default.

        Returns:
            The message's id. The log has a `CommandAnswered` with it once the trainer has carried
            the command out or refused it.

        Raises:
            StorageError: The mailbox is missing or can't be written to.
            ValueError: No message can say this.
        """
        message_id = secrets.token_hex(8)
        message = encode(command, message_id, sender or Sender.current(), meant_for)
        # Names sort by the time they were posted.
        name = f"{time.time_ns():020d}-{os.getpid()}-{secrets.token_hex(4)}.json"
        path = self._folder / name
        with storage_errors("write", path):
            replace_file(path, [message], durable=False)
        return message_id

    def take(self) -> tuple[list[Message], list[Refusal]]:
        """Remove the oldest messages and return them, oldest first.

        Each message is returned once. A stop among the newest comes after the oldest, however many
        wait in between. What can't be understood is kept in `mailbox/refused`. A missing mailbox is
        an empty one.

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
        messages = [found for found in taken if isinstance(found, Message)]
        return messages, refusals

    def clear(self, is_for_me: Callable[[ProcessIdentity], bool]) -> list[Refusal]:
        """Remove the messages to an earlier process, and refuse each.

        Args:
            is_for_me: Whether a process that a message names is the one that trains the run now. A
                message to it stays: it was sent just after that process had begun.

        Raises:
            StorageError: The mailbox can't be read.
        """
        cleared = [self._clear(name, is_for_me) for name in sorted(self._names())]
        return [refusal for refusal in cleared if refusal is not None]

    def _take(self, name: str) -> Message | Refusal | None:
        """Remove a message and return it; `None` if it is gone."""
        message: Message | None = None
        try:
            message = self._read(name)
            # Before it is carried out: one that can't be removed would be repeated for ever.
            (self._folder / name).unlink()
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            refusal = _refusal(name, error, message)
            return replace(refusal, reason=refusal.reason + self._move_aside(name))
        return message

    def _clear(self, name: str, is_for_me: Callable[[ProcessIdentity], bool]) -> Refusal | None:
        try:
            message = self._read(name)
        except (OSError, ValueError) as error:
            refusal = _refusal(name, error, None)
        else:
            if message.meant_for is not None and is_for_me(message.meant_for):
                return None
            refusal = Refusal(name, "", name_of(message.command), message.ticket)
        self._discard(name)
        return replace(refusal, reason=_EARLIER)

    def _is_stop(self, name: str) -> bool:
        try:
            return isinstance(self._read(name).command, Stop)
        except (OSError, ValueError):
            return False

    def _read(self, name: str) -> Message:
        return decode(read_plain(self._folder / name, MAX_BYTES, owner=os.geteuid()))

    def _names(self) -> list[str]:
        """The names of the messages, in no order."""
        with storage_errors("read", self._folder):
            try:
                names = [path.name for path in self._folder.iterdir()]
            except FileNotFoundError:
                return []
        remove_leftovers(self._folder, names)
        # A leading dot is a message that is still being written.
        waiting = (name for name in names if not name.startswith(".") and name != _REFUSED)
        return [name for name in waiting if name not in self._stuck]

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
            make_folder(target.parent, exist_ok=True)
            (self._folder / name).rename(target)
        except OSError as error:
            self._stuck.add(name)
            return f"; it could not be moved: {reason(error)}"
        return ""


def _refusal(name: str, error: OSError | ValueError, message: Message | None) -> Refusal:
    """A message that could not be taken; `message` is what it says, if that was understood."""
    if isinstance(error, MessageError):
        return Refusal(name, str(error), error.command, error.ticket)
    why = reason(error) if isinstance(error, OSError) else str(error)
    if message is None:
        return Refusal(name, why)
    return Refusal(name, why, name_of(message.command), message.ticket)
