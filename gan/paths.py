"""Paths as a person gives them: `~` for a home folder, and relative to the working directory."""

from __future__ import annotations

import os
from pathlib import Path

from gan.errors import StorageError, UsageError


def expanded(word: str) -> str:
    """The path with a leading `~` or `~user` replaced by that home folder; others are unchanged.

    Raises:
        UsageError: There is no such home folder.
    """
    if not word.startswith("~"):
        return word
    home = word.partition("/")[0]
    found = os.path.expanduser(home)  # noqa: PTH111 - Path refuses some names only
    # Without HOME and an entry for the user, Python returns `~`; with an empty HOME, the root.
    if found == home or (home == "~" and os.environ.get("HOME") == ""):
        why = "HOME is not set" if home == "~" else f"there is no user {home[1:]}"
        raise UsageError(
            f"received {word!r:.80}, but {why}. Write the path in full, or ./{home[:40]} for a "
            "folder of that name."
        )
    return found + word[len(home) :]


def absolute(path: Path) -> Path:
    """An absolute path without `..`, but with symbolic links kept.

    Raises:
        StorageError: It is relative to a working directory that was deleted.
    """
    try:
        return Path(os.path.abspath(path))  # noqa: PTH100 - Path.absolute keeps `..`
    except FileNotFoundError as error:
        raise StorageError(
            f"cannot find {path}: the working directory was deleted. "
            "Change to another folder, or write the path in full."
        ) from error
