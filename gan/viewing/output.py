"""What native libraries print in the process that trains, read from the run's `stderr.log`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from gan.disk.files import open_plain

if TYPE_CHECKING:
    from gan.run.directory import RunDirectory

_BLOCK_BYTES: Final = 65_536


class OutputReader:
    """Reads the lines that come after the first look."""

    def __init__(self, run: RunDirectory) -> None:
        """Nothing is read yet."""
        self._run = run
        self._offset: int | None = None

    def unread(self) -> list[str]:
        """The complete lines since the last call; of very many, only the newest."""
        try:
            with open_plain(self._run.stderr_path) as file:
                return self._read(file.fileno())
        except OSError:
            # There is none yet, or it can't be read: what libraries print is an extra.
            return []

    def _read(self, descriptor: int) -> list[str]:
        size = os.fstat(descriptor).st_size
        if self._offset is None or size < self._offset:
            self._offset = size
        begin = max(self._offset, size - _BLOCK_BYTES)
        data = os.pread(descriptor, size - begin, begin)
        end = data.rfind(b"\n") + 1
        self._offset = begin + end
        return data[:end].decode(errors="backslashreplace").splitlines()
