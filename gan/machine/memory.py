"""How much memory this process may still take."""

from __future__ import annotations

import os
import resource
from pathlib import Path
from typing import Final

from gan.machine.cgroup import memory_left

MEMORY: Final = Path("/proc/meminfo")
_PAGES: Final = Path("/proc/self/statm")


def free_memory() -> int | None:
    """Bytes that this process may still take; `None` if unknown.

    What the machine has, less if a container, a job or `ulimit` allows less.
    """
    known = (available_memory(MEMORY), memory_left(), unmapped_memory(_PAGES))
    return min((size for size in known if size is not None), default=None)


def available_memory(path: Path) -> int | None:
    """Bytes that programs can still take, by the kernel's estimate; proc(5). `None` if unknown."""
    try:
        lines = path.read_text(encoding="ascii", errors="replace").splitlines()
        (line,) = [line for line in lines if line.startswith("MemAvailable:")]
        return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return None


def unmapped_memory(path: Path) -> int | None:
    """Bytes left below `ulimit -v` and `ulimit -d`; `None` without a limit.

    Args:
        path: The kernel's count of the process's pages; proc(5).
    """
    limits = (resource.getrlimit(name)[0] for name in (resource.RLIMIT_AS, resource.RLIMIT_DATA))
    # The first and the sixth number: all that is mapped, and data with the stack.
    taken = _pages(path, 0), _pages(path, 5)
    pairs = zip(limits, taken, strict=True)
    left = [max(most - size, 0) for most, size in pairs if most != resource.RLIM_INFINITY]
    return min(left, default=None)


def _pages(path: Path, column: int) -> int:
    """A number of pages, in bytes; 0 if the system doesn't count them."""
    try:
        pages = int(path.read_text(encoding="ascii").split()[column])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
