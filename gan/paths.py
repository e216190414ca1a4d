"""Paths as a person gives them: `~` for a home folder, and relative to the working directory.

And the folders in which programs keep things for a user.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, Literal

from gan.errors import StorageError, UsageError

NOWHERE: Final = Path(os.devnull) / "gan-tui"
"""A folder that never exists and can't be made, because it would be below a device."""


def user_folder(kind: Literal["cache", "config", "state"]) -> Path:
    """The folder of this program for a user's things of one kind.

    `NOWHERE` for a user without a home folder, as in a container that runs under any number: then
    nothing is found there, and nothing is kept.
    """
    # Imported here: not every command needs it.
    import platformdirs

    folders = {
        "cache": platformdirs.user_cache_path,
        "config": platformdirs.user_config_path,
        "state": platformdirs.user_state_path,
    }
    try:
        return folders[kind]("gan-tui")
    except RuntimeError:
        return NOWHERE


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
