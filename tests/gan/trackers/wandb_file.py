"""Reads the file that wandb writes offline: its own protocol buffers, framed as LevelDB's log is.

The package has no reader of it for programs: its compiled part reads it for `wandb sync`.
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FILE_HEADER: Final = 7
_BLOCK: Final = 32_768
_FRAME: Final = struct.Struct("<IHB")
_LAST: Final = (1, 4)
"""The kinds of frames that end a record: one that is whole, and the last of several."""


def records(path: Path) -> Iterator[Any]:
    """Every record of the file, as wandb's own `Record`."""
    from wandb.proto.wandb_internal_pb2 import Record

    data, at, parts = path.read_bytes(), _FILE_HEADER, b""
    while at + _FRAME.size <= len(data):
        if _BLOCK - at % _BLOCK < _FRAME.size:
            at += _BLOCK - at % _BLOCK
            continue
        _, length, kind = _FRAME.unpack_from(data, at)
        at += _FRAME.size
        parts += data[at : at + length]
        at += length
        if kind in _LAST:
            record = Record()
            record.ParseFromString(parts)
            parts = b""
            yield record


def history(path: Path) -> list[dict[str, Any]]:
    """What was logged, call by call: the values by tag."""
    rows = [record.history for record in records(path) if record.HasField("history")]
    return [
        {"/".join(item.nested_key) or item.key: json.loads(item.value_json) for item in row.item}
        for row in rows
    ]
