"""Standard streams that nobody can write to any more."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO


def divert(stream: TextIO) -> None:
    """Send what the stream still buffers, and what follows, to /dev/null.

    Python flushes the standard streams once more as it exits, and a flush that fails there turns
    the exit code into 120.
    """
    try:
        descriptor = stream.fileno()
    except OSError:
        return  # A stream in memory: nothing is flushed at exit.
    null = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
    os.dup2(null, descriptor, inheritable=os.get_inheritable(descriptor))
    os.close(null)
