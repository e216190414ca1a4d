"""How somebody last chose to look, kept from one time to the next.

A small file with a version, that nothing depends on: where it cannot be read the defaults hold, and
one line says why. A field that another version wrote, or a hand, is taken only if it is valid.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args

import platformdirs

from gan.disk.files import replace_file
from tui.model.view import SMOOTHINGS, History
from tui.render.digits import GLYPHS
from tui.style.themes import THEMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui.render.digits import Glyphs

VERSION: Final = 1
_MOST_BYTES: Final = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """The choices that are kept; each is a field of `tui.model.view.View` too."""

    glyphs: Glyphs = "auto"
    log_axis: bool = True
    smoothing: float = SMOOTHINGS[0]
    history: History = "full"
    look: str = "dark"


_CHOICES: Final[Mapping[str, tuple[object, ...]]] = {
    "glyphs": GLYPHS,
    "log_axis": (True, False),
    "smoothing": SMOOTHINGS,
    "history": get_args(History),
    "look": tuple(THEMES),
}
"""What each field may be."""


def preferences_path() -> Path:
    """Where the choices are kept."""
    return Path(platformdirs.user_state_dir("gan-tui")) / "view.json"


def load(path: Path) -> tuple[Preferences, str]:
    """The choices kept in a file, and why some of them are not; empty where all is well.

    A file that is not there is nobody's mistake.
    """
    try:
        with path.open("rb") as file:
            record = json.loads(file.read(_MOST_BYTES))
    except FileNotFoundError:
        return Preferences(), ""
    except (OSError, ValueError, RecursionError) as error:
        return Preferences(), f"{path} is not used: {error}"
    version = record.get("version") if isinstance(record, dict) else None
    if version != VERSION:
        return Preferences(), f"{path} is not used: version {version!r}, expected {VERSION}"
    return _valid(path, record)


def save(path: Path, preferences: Preferences) -> None:
    """Save the choices. The file is replaced as a whole.

    Raises:
        OSError: It could not be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"version": VERSION, **asdict(preferences)}, indent=2)
    replace_file(path, [f"{text}\n".encode()], durable=False)


def _valid(path: Path, record: Mapping[str, Any]) -> tuple[Preferences, str]:
    """The fields that are valid, and a word about those that are not."""
    names = [field.name for field in fields(Preferences) if field.name in record]
    good = {name: record[name] for name in names if _is_choice(name, record[name])}
    bad = [f"{name} {record[name]!r}" for name in names if name not in good]
    return Preferences(**good), f"{path}: not used: {', '.join(bad)}" if bad else ""


def _is_choice(name: str, value: object) -> bool:
    return any(type(value) is type(choice) and value == choice for choice in _CHOICES[name])
