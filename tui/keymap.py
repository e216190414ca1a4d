"""Keys as somebody wants them: a table of binding ids and keys in a file of theirs.

    # ~/.config/gan-tui/keys.toml
    pause = "x"
    grid-before = "comma,less_than_sign"

Whatever in it cannot be is left out and told of; the rest holds.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Collection


def keymap_path() -> Path:
    """Where the keys are remapped."""
    return Path(platformdirs.user_config_dir("gan-tui")) / "keys.toml"


def load_keymap(path: Path, known_ids: Collection[str]) -> tuple[dict[str, str], list[str]]:
    """The keys by binding id, and a line for each entry that is not used.

    Args:
        path: The file; one that is not there is an empty one.
        known_ids: The ids of the bindings that there are.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}, []
    except (OSError, ValueError) as error:
        return {}, [f"{path} is not used: {error}"]
    keymap: dict[str, str] = {}
    warnings: list[str] = []
    for id_, keys in table.items():
        reason = _refused(id_, keys, known_ids) or _taken(keys, keymap)
        if reason:
            warnings.append(f"{path}: {id_} is not used: {reason}")
        else:
            keymap[id_] = ",".join(_names(keys))
    return keymap, warnings


def _refused(id_: str, keys: Any, known_ids: Collection[str]) -> str:
    """Why an entry cannot be; empty where it can."""
    if id_ not in known_ids:
        return f"there is no such key. There are: {', '.join(sorted(known_ids))}"
    if not isinstance(keys, str) or not all(_names(keys)):
        return f'received {keys!r}, expected key names such as "x" or "ctrl+x,f2"'
    return ""


def _taken(keys: str, keymap: dict[str, str]) -> str:
    """Which entry before it has one of the same keys; empty where none has."""
    for other, others in keymap.items():
        if shared := set(_names(keys)) & set(others.split(",")):
            return f"{other} has {', '.join(sorted(shared))} already"
    return ""


def _names(keys: str) -> list[str]:
    return [key.strip() for key in keys.split(",")]
