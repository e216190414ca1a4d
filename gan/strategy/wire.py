"""Messages between workers: a JSON object, and bytes that may follow it, over a stream socket.

Whatever comes from a socket is checked here. Nothing is unpickled, and no more is read than a
message may have.
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any, Final

from gan.hints.quoting import brief

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

_HEADER: Final = struct.Struct(">4sIQ")
"""The magic number, the length of the JSON, and that of the bytes after it."""

_MAGIC: Final = b"gtw1"
"""Begins every message; the digit is the version of this protocol."""

MAX_JSON: Final = 1 << 20
MAX_PAYLOAD: Final = 1 << 32
_CHUNK: Final = 1 << 20

Message = dict[str, Any]
"""A JSON object with a `kind`."""


class WireError(Exception):
    """The other end sends something else than these messages."""


class Closed(Exception):  # noqa: N818 - not an error: the other end has ended the stream
    """The other end has closed the connection."""


def encoded(message: Message) -> bytes:
    """The JSON of a message."""
    return json.dumps(message, separators=(",", ":")).encode("ascii")


def send(stream: socket.socket, message: Message, payload: bytes | memoryview = b"") -> None:
    """Send one message.

    Raises:
        OSError: The connection is gone.
    """
    text = encoded(message)
    stream.sendall(_HEADER.pack(_MAGIC, len(text), len(payload)) + text)
    if len(payload):
        stream.sendall(payload)


def receive(
    stream: socket.socket,
    *,
    max_payload: int = MAX_PAYLOAD,
    on_bytes: Callable[[], None] = lambda: None,
) -> tuple[Message, bytes]:
    """Wait for one message.

    Args:
        stream: The connection.
        max_payload: The most bytes that may follow the JSON.
        on_bytes: Called whenever something has come, so that a long message is seen to progress.

    Raises:
        Closed: The other end has closed the connection.
        WireError: It sends something else.
        OSError: The connection is gone.
    """
    magic, json_length, payload_length = _HEADER.unpack(_exactly(stream, _HEADER.size, on_bytes))
    if magic != _MAGIC:
        raise WireError(f"received {brief(magic)}, expected a message that begins with {_MAGIC!r}")
    if json_length > MAX_JSON or payload_length > max_payload:
        raise WireError(
            f"received a message of {json_length:,} and {payload_length:,} bytes, expected at most "
            f"{MAX_JSON:,} and {max_payload:,}"
        )
    try:
        message = json.loads(_exactly(stream, json_length, on_bytes))
    except (ValueError, RecursionError) as error:
        raise WireError(f"received a message that is no JSON: {error}") from None
    if not isinstance(message, dict) or not isinstance(message.get("kind"), str):
        raise WireError(f"received {brief(message)}, expected an object with a kind")
    return message, bytes(_exactly(stream, payload_length, on_bytes))


def _exactly(stream: socket.socket, count: int, on_bytes: Callable[[], None]) -> bytearray:
    received = bytearray()
    while len(received) < count:
        part = stream.recv(min(count - len(received), _CHUNK))
        if not part:
            raise Closed
        received += part
        on_bytes()
    return received


def field(message: Message, name: str, kind: type) -> Any:
    """A member of a message.

    Raises:
        WireError: It is missing, or of another type.
    """
    value = message.get(name)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise WireError(
            f"received {name} {brief(value)} in a message {brief(message['kind'])}, expected "
            f"{kind.__name__}"
        )
    return value
