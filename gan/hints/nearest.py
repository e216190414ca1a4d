"""The valid name that a person may have meant: by its spelling, or by what it is called elsewhere.

One mechanism for options, their values, subcommands, keys of a file and names of runs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_CUTOFF: Final = 0.7
"""Minimum similarity, from 0 to 1: one wrong or missing letter in a short word."""

_MAX_LENGTH: Final = 64
"""Characters: no valid name is longer, and comparing takes the square of the length."""

_NO_ALIASES: Final[Mapping[str, str]] = {}


def nearest(
    word: str, names: Iterable[str], aliases: Mapping[str, str] = _NO_ALIASES
) -> str | None:
    """The name that a word most likely stands for, or `None` if no name is near.

    Case, `_` in place of `-`, and leading dashes don't count.

    Args:
        word: What was given.
        names: The valid names.
        aliases: What names are called elsewhere, in lower case with `-`, and the names.
    """
    if len(word) > _MAX_LENGTH:
        return None
    # Imported here: most processes refuse nothing, and the first frame should not wait for it.
    from difflib import get_close_matches

    given, known = _folded(word), {_folded(name): name for name in names}
    if given in known:
        return known[given]
    if given in aliases:
        return aliases[given]
    found = get_close_matches(given, known, n=1, cutoff=_CUTOFF)
    return known[found[0]] if found else None


def hint(name: str | None) -> str:
    """The question that ends an error, with a space in front; empty without a name."""
    return "" if name is None else f" Did you mean {name}?"


def _folded(word: str) -> str:
    return re.sub(r"[-_\s]+", "-", word.casefold()).strip("-")
