"""How many processor cores there are for this process, without asking anything that is slow."""

from __future__ import annotations

import os


def usable_cores() -> int:
    """How many processor cores this process may use, at least one."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
