"""What a run tells the process of a tracker, and what that answers: one JSON object a line."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Final

from gan.export.pictures import grid_png
from gan.export.tensorboard_log import GRID_SCALE
from gan.export.tracked import Note, Picture, Scalars

if TYPE_CHECKING:
    from gan.export.tracked import Entry
    from gan.trackers.tracker import Beginning, Ending

OPEN: Final = "open"
SCALARS: Final = "scalars"
PICTURE: Final = "picture"
NOTE: Final = "note"
CLOSE: Final = "close"

KNOWN_AS: Final = "known_as"
"""An answer: the name under which the tracker knows the run."""

ERROR: Final = "error"
"""An answer: why it can't go on."""

LAST_SECONDS: Final = 60
"""How long the process may go on once the run has ended; then it ends itself."""


def line(kind: str, **fields: Any) -> bytes:
    """A message as a line."""
    return json.dumps({"kind": kind, **fields}).encode() + b"\n"


def opening(beginning: Beginning, known_as: str) -> bytes:
    """Asks to begin a run, or to go on with the one that is known by this name."""
    return line(
        OPEN,
        name=beginning.name,
        config=dict(beginning.config),
        known_as=known_as,
        time=beginning.time,
    )


def closing(ending: Ending) -> bytes:
    """Asks to end the run."""
    return line(CLOSE, ending=ending.value)


def told(entry: Entry) -> bytes:
    """An entry as a line; empty for one that such a tracker gets otherwise."""
    where: dict[str, Any] = {"step": entry.step, "time": entry.time}
    if isinstance(entry, Scalars):
        return line(SCALARS, **where, values=dict(entry.values))
    if isinstance(entry, Note):
        return line(NOTE, **where, tag=entry.tag, text=entry.text)
    if isinstance(entry, Picture):
        png = base64.b64encode(grid_png(entry.images, GRID_SCALE)).decode()
        return line(PICTURE, **where, tag=entry.tag, png=png)
    return b""
