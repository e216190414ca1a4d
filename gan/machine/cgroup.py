"""The memory that a container or a batch job may use: the limits of Linux's control groups."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_GROUPS: Final = Path("/proc/self/cgroup")
_ROOT: Final = Path("/sys/fs/cgroup")

_UNLIMITED: Final = 2**60
"""Version 1 writes a number of this size for no limit."""


def memory_left(groups: Path = _GROUPS, root: Path = _ROOT) -> int | None:
    """Bytes that this process's groups may still take; `None` without a limit.

    The kernel counts what it has cached of files too; that counts as left, as it gives it up.

    Args:
        groups: The kernel's list of the process's groups; cgroups(7).
        root: Where they are mounted.
    """
    try:
        lines = groups.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    left = [part for line in lines for part in _left_in(line, root)]
    return min(left, default=None)


def _left_in(line: str, root: Path) -> Iterator[int]:
    """What is left in one group and in each around it; a line is `number:controllers:path`."""
    _, _, rest = line.partition(":")
    controllers, _, path = rest.partition(":")
    if controllers == "":
        top, limit, used, prefix = root, "memory.max", "memory.current", ""
    elif "memory" in controllers.split(","):
        top, prefix = root / "memory", "total_"
        limit, used = "memory.limit_in_bytes", "memory.usage_in_bytes"
    else:
        return
    group = top / path.strip("/")
    while True:
        most, taken = _number(group / limit), _number(group / used)
        if most is not None and most < _UNLIMITED:
            held = (taken or 0) - _cached(group / "memory.stat", prefix)
            yield max(most - max(held, 0), 0)
        if group == top or top not in group.parents:
            return
        group = group.parent


def _number(path: Path) -> int | None:
    """The number in a file; `None` if it is missing or says `max`."""
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _cached(path: Path, prefix: str) -> int:
    """The bytes of files in the cache, by a file of statistics; 0 if it says nothing of them."""
    names = {f"{prefix}active_file", f"{prefix}inactive_file"}
    try:
        rows = [line.split() for line in path.read_text(encoding="ascii").splitlines()]
        return sum(int(row[1]) for row in rows if row[:1] and row[0] in names)
    except (OSError, ValueError, IndexError):
        return 0
