"""A benchmark's own application as a child process on a pseudo-terminal that is always read."""

from __future__ import annotations

import os
import re
import select
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.end_to_end.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

_TURN_SECONDS = 0.2
_BLOCK_BYTES = 65_536


def output_of(words: Sequence[str], *, columns: int, rows: int) -> bytes:
    """Run a command with 256 colours; returns all that it wrote to its terminal.

    What it writes is read and not drawn, because a reader that falls behind has frames dropped.

    Raises:
        CalledProcessError: The command failed.
    """
    environ = {name: value for name, value in os.environ.items() if name != "COLORTERM"}
    output = bytearray()
    with Terminal(words, columns=columns, rows=rows, cwd=Path.cwd(), env=environ) as terminal:
        while terminal.process.poll() is None:
            output += _read(terminal._keyboard, _TURN_SECONDS)
        output += _read(terminal._keyboard, _TURN_SECONDS)
    if terminal.process.returncode:
        raise subprocess.CalledProcessError(terminal.process.returncode, words, bytes(output))
    return bytes(output)


def printed_at_the_end(output: bytes) -> str:
    """What a child wrote after it left the alternate screen, as plain text."""
    text = output.rpartition(b"\x1b[?1049l")[2].decode()
    return re.sub(r"\x1b\[[^a-z]*[a-z]|\r", "", text).strip("\n")


def _read(keyboard: int, seconds: float) -> bytes:
    """What arrives within the time."""
    data, end = b"", time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if select.select([keyboard], [], [], left)[0]:
            data += os.read(keyboard, _BLOCK_BYTES)
    return data
