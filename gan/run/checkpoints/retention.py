"""Which checkpoints are kept, and removing the others."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from gan.disk.os_errors import reason
from gan.errors import CheckpointError
from gan.run.checkpoints.manifest import Rejected
from gan.run.checkpoints.reading import pin_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gan.disk.files import Files
    from gan.run.checkpoints.folder import CheckpointFolder
    from gan.run.checkpoints.manifest import Pin


def prune(folder: CheckpointFolder, files: Files, *, keep: int, saved: int) -> str:
    """Remove all but the newest few; returns a warning if that failed.

    Args:
        folder: The checkpoints.
        files: The file operations.
        keep: How many to keep besides the pinned ones, at least 1.
        saved: The step that was saved just now, which stays in any case.
    """
    try:
        for step in unpinned(_readable_pins(folder, files))[:-keep]:
            if step != saved:
                folder.discard(step)
    except OSError as error:
        return f"an older checkpoint could not be removed: {reason(error)}."
    return remove_leftovers(folder)


def unpinned(pins: Mapping[int, Pin | None]) -> list[int]:
    """The steps that may be removed, in the order of `pins`.

    Of those pinned as the best, only the last one is.
    """
    best = max((step for step, pin in pins.items() if pin == "best"), default=None)
    return [step for step, pin in pins.items() if pin != "requested" and step != best]


def remove_leftovers(folder: CheckpointFolder) -> str:
    """Remove leftover temporary folders; returns a warning if that failed."""
    try:
        folder.remove_leftovers()
    except OSError as error:
        return f"a leftover could not be removed from {folder.path}: {reason(error)}."
    return ""


def _readable_pins(folder: CheckpointFolder, files: Files) -> dict[int, Pin | None]:
    """The pins by step, in ascending order, without unreadable checkpoints: one may be pinned."""
    pins: dict[int, Pin | None] = {}
    for step in folder.steps():
        with contextlib.suppress(Rejected, CheckpointError):
            pins[step] = pin_of(files, folder.path_of(step), step)
    return pins
