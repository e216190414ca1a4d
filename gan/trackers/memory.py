"""What a run remembers of a tracker, in its own directory: under which name it is known there.

One small JSON file for each, `trackers/NAME.json`, so that a resumed run goes on in the same place.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from gan.disk.files import read_plain, write_file
from gan.disk.json_text import read_json
from gan.disk.os_errors import storage_errors
from gan.disk.permissions import make_folder

if TYPE_CHECKING:
    from pathlib import Path

    from gan.run.directory import RunDirectory

_FOLDER: Final = "trackers"
_LIMIT: Final = 65_536
"""Bytes of a file."""

_KEY: Final = "known_as"


def remembered(run: RunDirectory, name: str) -> str:
    """The name under which a tracker knows the run; empty if it doesn't, or the file is damaged.

    Raises:
        StorageError: The file can't be read.
    """
    path = run.path / _FOLDER / f"{name}.json"
    with storage_errors("read", path):
        try:
            record = read_json(read_plain(path, _LIMIT))
        except (FileNotFoundError, ValueError):
            # Without it the run begins anew there, and nothing is lost here.
            return ""
    known_as = record.get(_KEY) if isinstance(record, dict) else None
    return known_as if isinstance(known_as, str) else ""


def remember(run: RunDirectory, name: str, known_as: str) -> None:
    """Keep that name.

    Raises:
        StorageError: The disk refused.
    """
    data = json.dumps({"tracker": name, _KEY: known_as}).encode()
    write_file(tracker_folder(run) / f"{name}.json", data)


def tracker_folder(run: RunDirectory) -> Path:
    """The folder in the run for what belongs to its trackers, which is made if it is missing.

    Raises:
        StorageError: It can't be made.
    """
    folder = run.path / _FOLDER
    with storage_errors("create", folder):
        make_folder(folder, exist_ok=True)
    return folder
