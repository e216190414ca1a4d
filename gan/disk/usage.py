"""What a folder takes on disk."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_BLOCK_BYTES: Final = 512
"""The unit of `st_blocks`, whatever the blocks of the file system are; stat(2)."""


def size_on_disk(path: Path) -> int | None:
    """Bytes that the files in a folder take on disk, following no links.

    A file that vanishes meanwhile counts as nothing.

    Returns:
        `None` if a part of it can't be read.
    """
    blocks, folders = 0, [os.fspath(path)]
    try:
        while folders:
            blocks += _blocks(folders.pop(), folders)
    except OSError:
        return None
    return blocks * _BLOCK_BYTES


def _blocks(folder: str, folders: list[str]) -> int:
    """The blocks of what is in one folder, to which the folders in it are added.

    Raises:
        OSError: It can't be read.
    """
    blocks = 0
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            with suppress(FileNotFoundError):
                blocks += entry.stat(follow_symlinks=False).st_blocks
    return blocks
