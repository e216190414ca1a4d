"""Events as JSON objects, one a line, and back.

Standard JSON only: it has no NaN, so a value that is not finite is the string `NaN`, `Infinity` or
`-Infinity`. A float32 is written with nine significant digits, which read back to the same bits.
"""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any, Final

import numpy as np

from gan import events
from gan.events import Event, Phase

_KINDS: Final[dict[str, type[Event]]] = {
    kind.__name__: kind
    for kind in (
        events.PhaseEntered,
        events.ProgressMade,
        events.DataLoaded,
        events.RunStarted,
        events.ModelsBuilt,
        events.StepsCompleted,
        events.SamplesDrawn,
        events.CheckpointSaved,
        events.CheckpointRejected,
        events.Paused,
        events.Resumed,
        events.Resampled,
        events.Noted,
        events.RunFinished,
        events.RunFailed,
    )
}
_FLOAT_ARRAYS: Final = ("d_loss", "g_loss", "real_score", "fake_score")
_NO_IMAGES: Final = np.zeros((0, 28, 28), np.uint8)


def to_line(event: Event) -> str:
    """The event as one line of JSON, without the newline."""
    return json.dumps(to_json(event), ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def to_json(event: Event) -> dict[str, Any]:
    """The event as a dictionary of plain JSON values; images are left to their file."""
    record: dict[str, Any] = {"event": type(event).__name__}
    for field in dataclasses.fields(event):
        if field.name != "images" or not isinstance(event, events.SamplesDrawn):
            record[field.name] = _encode(getattr(event, field.name))
    return record


def from_line(line: str | bytes) -> Event:
    """Read an event back.

    Raises:
        ValueError: The line is not an event: not JSON, of an unknown kind, or a field is missing.
    """
    return from_json(json.loads(line))


def from_json(record: dict[str, Any]) -> Event:
    """Read an event back from its dictionary.

    Raises:
        ValueError: The record is not an event.
    """
    if not isinstance(record, dict) or record.get("event") not in _KINDS:
        kind = record.get("event") if isinstance(record, dict) else type(record).__name__
        msg = f"not an event: {kind!r}. Expected one of {', '.join(_KINDS)}."
        raise ValueError(msg)
    kind_class = _KINDS[record["event"]]
    known = {field.name for field in dataclasses.fields(kind_class)}
    values = {name: _decode(name, value) for name, value in record.items() if name in known}
    if kind_class is events.SamplesDrawn:
        values["images"] = _NO_IMAGES
    try:
        return kind_class(**values)
    except TypeError as error:
        msg = f"not a complete {kind_class.__name__}: {error}"
        raise ValueError(msg) from None


def _encode(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return [_encode_float(float(f"{number:.9g}")) for number in value.tolist()]
    if isinstance(value, float):
        return _encode_float(value)
    if isinstance(value, Phase):
        return value.value
    return value


def _encode_float(value: float) -> float | str:
    if math.isfinite(value):
        return value
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _decode(name: str, value: Any) -> Any:
    if name in _FLOAT_ARRAYS:
        array = np.array([float(number) for number in value], np.float32)
        array.setflags(write=False)
        return array
    if name == "phase":
        return Phase(value)
    if name in ("time", "train_seconds", "seconds"):
        return float(value)
    return value
