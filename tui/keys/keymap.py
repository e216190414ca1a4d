"""The user's keymap: a file with a table of binding ids and keys.

    # ~/.config/gan-tui/keys.toml
    pause = "x"
    grid-before = "comma,less_than_sign"

An entry that can't be used is skipped with a warning; the others apply. No action loses its keys to
another: Textual would silently give a key that two actions share to the last one.
"""

from __future__ import annotations

import difflib
import sys
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from textual.binding import Binding, InvalidBinding
from textual.keys import KEY_NAME_REPLACEMENTS, Keys, key_to_character

from gan.disk.files import read_plain
from gan.hints.quoting import brief
from gan.paths import user_folder

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

_MODIFIERS: Final = frozenset({"ctrl", "shift", "alt", "super", "hyper", "meta"})
_NAMED: Final = frozenset([*(key.value for key in Keys), *KEY_NAME_REPLACEMENTS.values()])
_MAX_BYTES: Final = 65_536
_MAX_ENTRIES: Final = 200
"""Several times the number of actions."""

_NONE: Final[Mapping[str, str]] = MappingProxyType({})


def keymap_path() -> Path:
    """The user's file of remapped keys."""
    return user_folder("config") / "keys.toml"


def load_keymap(
    path: Path,
    known_ids: Collection[str],
    defaults: Mapping[str, str] = _NONE,
    others: Collection[str] = (),
) -> tuple[dict[str, str], list[str]]:
    """The keys by binding id, and a warning for each entry that can't be used.

    Args:
        path: The file; a missing one counts as empty.
        known_ids: The ids of all bindings.
        defaults: The default keys of these ids. Ids that share a default key may share a key in
            the file too.
        others: The ids that only other screens have; their entries are left to those.
    """
    try:
        table = tomllib.loads(read_plain(path, _MAX_BYTES, follow_links=True).decode())
    except (FileNotFoundError, NotADirectoryError):
        return {}, []
    except (OSError, ValueError, RecursionError) as error:
        return {}, [f"{path} ignored: {str(error).partition(chr(10))[0]}"]
    keymap: dict[str, str] = {}
    refused: dict[str, str] = {}
    for id_, keys in list(table.items())[:_MAX_ENTRIES]:
        if id_ in others:
            continue
        reason = _refused(id_, keys, known_ids)
        if reason:
            refused[id_] = reason
        else:
            keymap[id_] = ",".join(_names(keys))
    refused |= _without_clashes(keymap, defaults)
    warnings = [f"{path}: {id_} ignored: {refused[id_]}" for id_ in table if id_ in refused]
    if len(table) > _MAX_ENTRIES:
        count = f"received {len(table):,} entries, expected {_MAX_ENTRIES} or fewer"
        warnings.append(f"{path}: {count}")
    return _with_twins(keymap, defaults), warnings


def remapped(bindings: Iterable[Binding], keymap: Mapping[str, str]) -> list[Binding]:
    """The bindings with the keys of a keymap."""
    return [
        binding.with_key(keymap[binding.id]) if binding.id and binding.id in keymap else binding
        for binding in bindings
    ]


def _refused(id_: str, keys: object, known_ids: Collection[str]) -> str:
    """Why an entry can't be used; empty if it can."""
    if id_ not in known_ids:
        near = difflib.get_close_matches(id_, known_ids, n=1)
        hint = f"Did you mean {near[0]}? " if near else ""
        return f"there is no such action. {hint}The help lists all names."
    if not isinstance(keys, str) or not _are_keys(keys):
        return f'received {brief(keys)}, expected key names such as "x" or "ctrl+x,f2"'
    return ""


def _without_clashes(keymap: dict[str, str], defaults: Mapping[str, str]) -> dict[str, str]:
    """Remove entries until no two ids share a key; returns why each was removed.

    An id whose entry is removed gets its default keys back, which another entry may have taken.
    """
    removed: dict[str, str] = {}
    while clash := _clash(keymap, defaults):
        id_, removed[id_] = clash
        del keymap[id_]
    return removed


def _clash(keymap: Mapping[str, str], defaults: Mapping[str, str]) -> tuple[str, str] | None:
    """The first entry with a key of an earlier entry, or of an id that isn't remapped."""
    held = {id_: keys for id_, keys in defaults.items() if id_ not in keymap}
    for id_, keys in keymap.items():
        for other, others in held.items():
            shared = set(_names(keys)) & set(_names(others))
            if shared and not _are_twins(id_, other, defaults):
                return id_, f"{', '.join(sorted(shared))} is already used by {other}"
        held[id_] = keys
    return None


def _with_twins(keymap: Mapping[str, str], defaults: Mapping[str, str]) -> dict[str, str]:
    """The keymap, with the default keys of ids that share a key with a remapped one added.

    Textual takes a key away from every binding that uses it, not only from the remapped one.
    """
    twins = {
        other: ",".join(_names(keys))
        for id_ in keymap
        for other, keys in defaults.items()
        if _are_twins(id_, other, defaults)
    }
    return {**twins, **keymap}


def _are_twins(one: str, other: str, defaults: Mapping[str, str]) -> bool:
    """Whether two ids share a default key: actions of which only one is possible at a time."""
    ours, theirs = (set(_names(defaults.get(id_, ""))) for id_ in (one, other))
    return one != other and bool(ours & theirs)


def _are_keys(keys: str) -> bool:
    names = _names(keys)
    return bool(names) and all(map(_is_key, names))


def _is_key(key: str) -> bool:
    """Whether Textual knows a key of this name."""
    *modifiers, name = key.split("+")
    return set(modifiers) <= _MODIFIERS and (name in _NAMED or key_to_character(name) is not None)


def _names(keys: str) -> list[str]:
    """The keys by Textual's names, each once; an empty list if one of them is empty."""
    try:
        bindings = list(Binding.make_bindings([Binding(keys, "")]))
    except InvalidBinding:
        return []
    return list(dict.fromkeys(binding.key for binding in bindings))
