"""Addresses of workers, `host:port`, and lists of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gan.errors import UsageError
from gan.hints.quoting import brief

if TYPE_CHECKING:
    from collections.abc import Sequence

EXPECTED: Final = "host:port with a port from 1 to 65535, such as gpu1:4000 or [::1]:4000"

MAX_WORKERS: Final = 1024
"""More than any run of these networks could use."""

_ADDRESS: Final = re.compile(
    r"(?P<host>[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])"
    r":(?P<port>[0-9]{1,5})"
)
_MAX_PORT: Final = 65_535


def host_and_port(address: str) -> tuple[str, int]:
    """The host, without the brackets of an IPv6 address, and the port.

    Raises:
        UsageError: It is no such address.
    """
    match = _ADDRESS.fullmatch(address)
    if match is None or not 1 <= int(match["port"]) <= _MAX_PORT:
        raise UsageError(f"received {brief(address)}, expected {EXPECTED}.")
    return match["host"].strip("[]"), int(match["port"])


def read_addresses(words: Sequence[str]) -> tuple[str, ...]:
    """The addresses of all workers, in order.

    Raises:
        UsageError: One is no address, one is given twice, or there are too many.
    """
    if len(words) > MAX_WORKERS:
        raise UsageError(f"received {len(words):,} workers, expected at most {MAX_WORKERS:,}.")
    for word in words:
        host_and_port(word)
    twice = sorted({word for word in words if words.count(word) > 1})
    if twice:
        raise UsageError(f"received {twice[0]} twice, expected another address for each worker.")
    return tuple(words)
