"""The names in a run's folder of checkpoints, and what each of them says.

There is no pointer to the newest checkpoint and no list of them: the names are the truth, so they
are made and read in one place.

    step-00000500                       a checkpoint: state.npz and manifest.json
    step-00000500.tmp-<pid>-<hex>       being written, or being removed
    step-00000500.replaced-<pid>-<hex>  making room for a new one of the same step
    step-00000500.corrupt[-<n>]         failed verification; kept for whoever wants to look
    step-00000500.abandoned[-<n>]       the run went on from an earlier step; kept, and not counted
"""

from __future__ import annotations

import os
import re
import secrets
from typing import Final, Literal

AtWork = Literal["tmp", "replaced"]
"""Why a process gave a checkpoint a name of its own for a moment."""

Aside = Literal["corrupt", "abandoned"]
"""Why a checkpoint is kept under a name that does not count."""

_NAME: Final = re.compile(r"step-(?P<step>[0-9]{8}|[1-9][0-9]{8,12})(?P<rest>\..+)?")
_AT_WORK: Final = re.compile(r"\.(?P<kind>tmp|replaced)-(?P<pid>[0-9]{1,9})-[0-9a-f]+")


def name_of(step: int) -> str:
    """The name of the checkpoint of a step."""
    return f"step-{step:08d}"


def step_of(name: str) -> int | None:
    """The step of a checkpoint; none for every other name."""
    match = _NAME.fullmatch(name)
    return int(match["step"]) if match and not match["rest"] else None


def name_at_work(name: str, kind: AtWork) -> str:
    """A name that no other process uses, for a checkpoint that is being moved."""
    return f"{name}.{kind}-{os.getpid()}-{secrets.token_hex(4)}"


def read_at_work(name: str) -> tuple[AtWork, int] | None:
    """Why a name was given for a moment, and the process that gave it; none for other names."""
    match = _NAME.fullmatch(name)
    at_work = _AT_WORK.fullmatch(match["rest"] or "") if match else None
    if at_work is None:
        return None
    return ("tmp" if at_work["kind"] == "tmp" else "replaced"), int(at_work["pid"])


def name_aside(name: str, kind: Aside, number: int) -> str:
    """The n-th name to keep a checkpoint under; the first one is 1."""
    return f"{name}.{kind}" if number == 1 else f"{name}.{kind}-{number}"


def is_corrupt(name: str) -> bool:
    """Whether a name is that of a checkpoint that failed verification."""
    return _NAME.fullmatch(name) is not None and ".corrupt" in name


def base_of(name: str) -> str:
    """The name that a checkpoint has, or had, when it is at rest."""
    return name.partition(".")[0]
