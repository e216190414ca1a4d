"""Keys as somebody wants them: a table of binding ids and keys in a file of theirs.

    # ~/.config/gan-tui/keys.toml
    pause = "x"
    grid-before = "comma,less_than_sign"

Whatever in it cannot be is left out and told of; the rest holds. An action never loses its keys to
another: Textual would give a key that two of them have to the last, without a word.
"""

from __future__ import annotations

import difflib
import sys
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import platformdirs
from textual.binding import Binding, InvalidBinding
from textual.keys import KEY_NAME_REPLACEMENTS, Keys, key_to_character

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

_MODIFIERS: Final = frozenset({"ctrl", "shift", "alt", "super", "hyper", "meta"})
_NAMED: Final = frozenset([*(key.value for key in Keys), *KEY_NAME_REPLACEMENTS.values()])
_NONE: Final[Mapping[str, str]] = MappingProxyType({})


def keymap_path() -> Path:
    """Where the keys are remapped."""
    return Path(platformdirs.user_config_dir("gan-tui")) / "keys.toml"


def load_keymap(
    path: Path, known_ids: Collection[str], defaults: Mapping[str, str] = _NONE
) -> tuple[dict[str, str], list[str]]:
    """The keys by binding id, and a line for each entry that is not used.

    Args:
        path: The file; one that is not there is an empty one.
        known_ids: The ids of the bindings that there are.
        defaults: The keys that these have where the file says nothing. Ids that share a key here
            may share one there.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}, []
    except (OSError, ValueError, RecursionError) as error:
        return {}, [f"{path} is not used: {str(error).partition(chr(10))[0]}"]
    keymap: dict[str, str] = {}
    refused: dict[str, str] = {}
    for id_, keys in table.items():
        reason = _refused(id_, keys, known_ids)
        if reason:
            refused[id_] = reason
        else:
            keymap[id_] = ",".join(_names(keys))
    refused |= _without_clashes(keymap, defaults)
    warnings = [f"{path}: {id_} is not used: {refused[id_]}" for id_ in table if id_ in refused]
    return _with_twins(keymap, defaults), warnings


def remapped(bindings: Iterable[Binding], keymap: Mapping[str, str]) -> list[Binding]:
    """The bindings with the keys that they have under a keymap."""
    return [
        binding.with_key(keymap[binding.id]) if binding.id and binding.id in keymap else binding
        for binding in bindings
    ]


def _refused(id_: str, keys: object, known_ids: Collection[str]) -> str:
    """Why an entry cannot be; empty where it can."""
    if id_ not in known_ids:
        near = difflib.get_close_matches(id_, known_ids, n=1)
        hint = f"Did you mean {near[0]}? " if near else ""
        return f"there is no such key. {hint}The help has all names."
    if not isinstance(keys, str) or not _are_keys(keys):
        return f'received {keys!r}, expected key names such as "x" or "ctrl+x,f2"'
    return ""


def _without_clashes(keymap: dict[str, str], defaults: Mapping[str, str]) -> dict[str, str]:
    """Take entries out until no two ids have one key; returns why each went.

    An entry that goes gives its id the default keys back, which another entry may have taken.
    """
    gone: dict[str, str] = {}
    while clash := _clash(keymap, defaults):
        id_, gone[id_] = clash
        del keymap[id_]
    return gone


def _clash(keymap: Mapping[str, str], defaults: Mapping[str, str]) -> tuple[str, str] | None:
    """The first entry with a key that an id before it, or one that stays as it is, has."""
    held = {id_: keys for id_, keys in defaults.items() if id_ not in keymap}
    for id_, keys in keymap.items():
        for other, others in held.items():
            shared = set(_names(keys)) & set(_names(others))
            if shared and not _are_twins(id_, other, defaults):
                return id_, f"{other} has {', '.join(sorted(shared))} already"
        held[id_] = keys
    return None


def _with_twins(keymap: Mapping[str, str], defaults: Mapping[str, str]) -> dict[str, str]:
    """The keymap, with the keys of each id that shares a key with a remapped one spelled out.

    Textual takes a key away from every binding that has it, and not only from the one that moves.
    """
    twins = {
        other: ",".join(_names(keys))
        for id_ in keymap
        for other, keys in defaults.items()
        if _are_twins(id_, other, defaults)
    }
    return {**twins, **keymap}


def _are_twins(one: str, other: str, defaults: Mapping[str, str]) -> bool:
    """Whether two ids share a key by default, as actions do of which one is possible at a time."""
    ours, theirs = (set(_names(defaults.get(id_, ""))) for id_ in (one, other))
    return one != other and bool(ours & theirs)


def _are_keys(keys: str) -> bool:
    names = _names(keys)
    return bool(names) and all(map(_is_key, names))


def _is_key(key: str) -> bool:
    """Whether there is such a key, as far as Textual's names tell."""
    *modifiers, name = key.split("+")
    return set(modifiers) <= _MODIFIERS and (name in _NAMED or key_to_character(name) is not None)


def _names(keys: str) -> list[str]:
    """The keys by Textual's own names, each once; none where one of them is empty."""
    try:
        bindings = list(Binding.make_bindings([Binding(keys, "")]))
    except InvalidBinding:
        return []
    return list(dict.fromkeys(binding.key for binding in bindings))
