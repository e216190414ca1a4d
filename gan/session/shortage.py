"""Errors of Python and its libraries that mean that a limit of the process or the machine is hit.

They come as several types, from wherever the limit was met: an import, a thread, an array.
"""

from __future__ import annotations

import errno
import resource
from typing import Final

_UNMAPPED: Final = ("failed to map segment", "cannot allocate memory", "cannot map zero-fill pages")
"""What the dynamic linker says without memory, in lower case."""

_NO_THREAD: Final = "can't start new thread"


def shortage(error: BaseException) -> str | None:
    """What an error says is short, and what to do, in one line; `None` for any other error."""
    # NumPy wraps the linker's line in advice of many lines.
    lines = str(error).splitlines() or [""]
    if isinstance(error, MemoryError) or _has_number(error, errno.ENOMEM):
        return _memory("out of memory")
    if isinstance(error, ImportError):
        unmapped = [ln for ln in lines if any(said in ln.lower() for said in _UNMAPPED)]
        if unmapped:
            return _memory(f"out of memory while loading a library ({unmapped[0].strip()})")
    if isinstance(error, RuntimeError) and _NO_THREAD in lines[0]:
        return f"no more threads or processes can be started.{_limit_of_threads()}"
    is_import = isinstance(error, ImportError) and "too many open files" in str(error).lower()
    if is_import or _has_number(error, errno.EMFILE, errno.ENFILE):
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        return f"too many open files: the limit is {soft}. Raise it with `ulimit -n`."
    return None


def _has_number(error: BaseException, *numbers: int) -> bool:
    return isinstance(error, OSError) and error.errno in numbers


def _memory(what: str) -> str:
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    if soft == resource.RLIM_INFINITY:
        return f"{what}. Free some memory, or use a machine with more."
    limit = f"{soft / 2**30:.2g} GiB of address space"
    return f"{what}: the limit is {limit}. Raise it with `ulimit -v`."


def _limit_of_threads() -> str:
    soft, _ = resource.getrlimit(resource.RLIMIT_NPROC)
    if soft == resource.RLIM_INFINITY:
        return " Free some memory, or end other processes."
    return f" The limit is {soft} for this user. Raise it with `ulimit -u`, or end other processes."
