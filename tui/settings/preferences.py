"""The view preferences, remembered from one run of the program to the next.

A small versioned JSON file that nothing depends on: if it cannot be read the defaults apply, and
one line says why. A field that was edited or comes from another version is used only if valid.
"""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, Final

from gan.disk.files import read_plain, replace_file
from gan.disk.json_text import read_json
from gan.paths import user_folder
from tui.choices import GLYPHS, HISTORIES, SMOOTHINGS, THEME_CHOICES
from tui.model.view import Preferences

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

VERSION: Final = 1
_MAX_BYTES: Final = 65_536


_CHOICES: Final[Mapping[str, tuple[object, ...]]] = {
    "glyphs": GLYPHS,
    "log_axis": (True, False),
    "smoothing": SMOOTHINGS,
    "history": HISTORIES,
    "theme": THEME_CHOICES,
}
"""The valid values of each field."""

_FORMER_NAMES: Final[Mapping[str, str]] = {"look": "theme"}
"""Names of fields in older files, and their names today."""


def preferences_path() -> Path:
    """The file of the preferences."""
    return user_folder("state") / "view.json"


def load(path: Path) -> tuple[Preferences, str]:
    """The preferences in a file, and a warning about what is not used; empty if all is well.

    A missing file gives the defaults without a warning.
    """
    try:
        record = read_json(read_plain(path, _MAX_BYTES, follow_links=True))
    except (FileNotFoundError, NotADirectoryError):
        return Preferences(), ""
    except (OSError, ValueError) as error:
        return Preferences(), f"ignoring {path}: {error}"
    version = record.get("version") if isinstance(record, dict) else None
    if type(version) is not int or version != VERSION:
        return Preferences(), f"ignoring {path}: version {version!r:.40}, expected {VERSION}"
    renamed = {_FORMER_NAMES.get(name, name): value for name, value in record.items()}
    return _valid(path, {**renamed, **record})


def save(path: Path, preferences: Preferences) -> None:
    """Write the preferences atomically: the file is the old or the new one, never half of either.

    Raises:
        OSError: It could not be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"version": VERSION, **asdict(preferences)}, indent=2)
    replace_file(path, [f"{text}\n".encode()], durable=False)


def _valid(path: Path, record: Mapping[str, Any]) -> tuple[Preferences, str]:
    """The valid fields, and a warning about the others."""
    names = [field.name for field in fields(Preferences) if field.name in record]
    good = {name: record[name] for name in names if _is_choice(name, record[name])}
    bad = [f"{name} {record[name]!r:.40}" for name in names if name not in good]
    return Preferences(**good), f"{path}: ignoring {', '.join(bad)}" if bad else ""


def _is_choice(name: str, value: object) -> bool:
    return any(type(value) is type(choice) and value == choice for choice in _CHOICES[name])
