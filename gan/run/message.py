"""Messages to the process that trains a run: a command, and who wants an answer from which process.

A message is a small JSON object. It can say a few fixed things and nothing else: no paths, no code.
"""

from __future__ import annotations

import json
import os
import pwd
import re
import socket
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from gan.commands import COMMANDS, Command, Stop
from gan.disk.json_text import read_json
from gan.disk.process import MAX_PID, ProcessIdentity
from gan.exchange.requests import Ticket

_RECORDS: Final[tuple[tuple[Command, dict[str, str]], ...]] = (
    *((command, {"command": name}) for name, command in COMMANDS.items()),
    (Stop(), {"command": "stop"}),
    (Stop("epoch_end"), {"command": "stop", "when": "epoch_end"}),
)
"""What each message says of its command."""

_FORMER_RECORDS: Final[tuple[tuple[Command, dict[str, str]], ...]] = (
    (COMMANDS["unpause"], {"command": "resume"}),
)
"""What messages of older versions say that are still accepted."""

_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MAX_VERB: Final = 64
"""Characters of an unknown command that its refusal repeats."""

_MAX_NAME: Final = 255
"""Characters in the name of a host or a user."""


@dataclass(frozen=True, slots=True)
class Sender:
    """The process that sends a message, for people to read."""

    host: str
    pid: int
    user: str

    @classmethod
    def current(cls) -> Sender:
        """This process."""
        return cls(socket.gethostname(), os.getpid(), _user_name(os.geteuid()))

    @classmethod
    def from_json(cls, record: Any) -> Sender:
        """Read a sender back.

        Raises:
            ValueError: It is not one.
        """
        kinds = {"host": str, "pid": int, "user": str}
        if not isinstance(record, dict) or {k: type(v) for k, v in record.items()} != kinds:
            raise ValueError("its `from` must have `host`, `pid` and `user`, and nothing else")
        sender = cls(**record)
        if not 0 < sender.pid <= MAX_PID:
            raise ValueError(f"its sender's `pid` must be from 1 to {MAX_PID}")
        if max(len(sender.host), len(sender.user)) > _MAX_NAME:
            raise ValueError(f"its sender's names must have at most {_MAX_NAME} characters")
        return sender

    def __str__(self) -> str:
        return f"{self.user}@{self.host} (pid {self.pid})"


@dataclass(frozen=True, slots=True)
class Message:
    """A message that was understood."""

    command: Command
    ticket: Ticket | None = None
    """What the answer names; `None` if the message has no id, and so no answer."""

    meant_for: ProcessIdentity | None = None
    """The process that is to carry it out; `None` for whichever trains the run."""


class MessageError(ValueError):
    """A message that can't be understood; its id may still be readable."""

    def __init__(self, reason: str, command: str = "", ticket: Ticket | None = None) -> None:
        super().__init__(reason)
        self.command = command
        self.ticket = ticket


def encode(
    command: Command, message_id: str, sender: Sender, meant_for: ProcessIdentity | None = None
) -> bytes:
    """A message as `decode` reads it.

    Raises:
        ValueError: No message can say this.
    """
    said = [record for known, record in _RECORDS if known == command]
    if not said:
        raise ValueError(f"{command} can't be sent to another process")
    record: dict[str, Any] = {**said[0], "id": message_id, "from": asdict(sender)}
    if meant_for is not None:
        record["for"] = meant_for.to_json()
    return json.dumps(record).encode()


def decode(data: bytes) -> Message:
    """The message in a file.

    Raises:
        MessageError: It is not a known message.
    """
    try:
        record: Any = read_json(data)
    except ValueError:
        raise MessageError("it is not JSON") from None
    said = dict(record) if isinstance(record, dict) else {}
    envelope = {key: said.pop(key) for key in ("id", "from", "for") if key in said}
    verb = said.get("command")
    name = verb[:_MAX_VERB] if isinstance(verb, str) else ""
    ticket: Ticket | None = None
    try:
        ticket = _ticket(envelope)
        sender = Sender.from_json(envelope["from"]) if "from" in envelope else ""
        meant_for = _process(envelope["for"]) if "for" in envelope else None
        command = _command(said)
    except ValueError as error:
        raise MessageError(str(error), name, ticket) from None
    return Message(command, ticket and replace(ticket, sender=str(sender)), meant_for)


def _ticket(envelope: dict[str, Any]) -> Ticket | None:
    """What the answer to a message names, without its sender."""
    if "id" not in envelope:
        if envelope:
            raise ValueError(f"it has `{next(iter(envelope))}` but no `id`")
        return None
    message_id = envelope["id"]
    if not isinstance(message_id, str) or not _ID.fullmatch(message_id):
        raise ValueError(
            f"its `id` is {message_id!r:.80}; expected 1 to 64 of the characters A-Z, a-z, 0-9, "
            "`-` and `_`"
        )
    return Ticket(message_id, "")


def _process(record: Any) -> ProcessIdentity:
    if not isinstance(record, dict):
        raise ValueError("its `for` is not an object; expected a process as in status.json")  # noqa: TRY004
    try:
        return ProcessIdentity.from_json(record)
    except ValueError as error:
        raise ValueError(f"its `for` is {error}; expected a process as in status.json") from None


def _command(said: dict[str, Any]) -> Command:
    for command, known in (*_RECORDS, *_FORMER_RECORDS):
        if said == known:
            return command
    verbs = ", ".join(dict.fromkeys(known["command"] for _, known in _RECORDS))
    raise ValueError(f"it is not a known command; expected one of {verbs}")


def _user_name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        # A container may run as a user that has no name.
        return f"user {user}"
