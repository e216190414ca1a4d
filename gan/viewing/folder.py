"""A run's directory as a viewer follows it: found again after it was renamed."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from gan.disk.files import is_in_place
from gan.errors import StorageError
from gan.run.place import path_of

if TYPE_CHECKING:
    from gan.run.directory import RunDirectory


class FollowedFolder:
    """Holds a run's directory open, to know it under another name."""

    def __init__(self, run: RunDirectory) -> None:
        """Nothing is opened until `open`."""
        self._run = run
        self._descriptor: int | None = None

    def open(self) -> None:
        """Open the directory; one that can't be opened is not followed."""
        with suppress(OSError):
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
            self._descriptor = os.open(self._run.path, flags)

    def follow(self) -> None:
        """Follow the directory if it was renamed.

        Raises:
            StorageError: It is gone.
        """
        if self._descriptor is None:
            return
        try:
            if is_in_place(self._descriptor, self._run.path):
                return
            path = path_of(self._descriptor)
            if path is not None and is_in_place(self._descriptor, path):
                self._run.move_to(path)
                return
        except OSError as error:
            raise StorageError(f"{self._run.path}: {error.strerror}.") from error
        raise StorageError(f"{self._run.path} is gone. What is shown is the last that was read.")

    def close(self) -> None:
        """Close the directory, if it was opened."""
        if self._descriptor is not None:
            os.close(self._descriptor)
