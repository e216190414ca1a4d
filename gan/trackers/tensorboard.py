"""TensorBoard's event files, written while the run trains: every step, as an export has them.

By default they are in the run's own folder `tensorboard`, so that `tensorboard --logdir runs` shows
all runs; in a folder that was named, each run has one of its own name.
"""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from gan.disk.files import write_all
from gan.disk.os_errors import storage_errors
from gan.disk.permissions import create, make_folder, mode_beside
from gan.export.event_file import first_record, framed, purging_record
from gan.export.tensorboard_log import EVENT_FILES, event_file_name, pieces_of
from gan.trackers.memory import remember, remembered
from gan.trackers.table import OWN_FOLDER, TENSORBOARD

if TYPE_CHECKING:
    from gan.export.tracked import Entry
    from gan.run.directory import RunDirectory
    from gan.trackers.tracker import Beginning, Ending


class TensorBoard:
    """A tracker that writes event files. Each process of a run has a file of its own."""

    def __init__(self, folder: Path | None) -> None:
        """Write nothing yet.

        Args:
            folder: Where the run gets a folder; `None` for the run's own directory.
        """
        self._folder = folder
        self._path = Path()
        self._descriptor: int | None = None

    def open(self, beginning: Beginning) -> None:
        """Begin a file; what former ones have of later steps counts no more.

        Raises:
            StorageError: The disk refused.
        """
        folder = self._folder_of(beginning.run, beginning.name)
        is_resumed = any(folder.glob(EVENT_FILES))
        self._path = folder / f"{event_file_name(beginning.time)}.{os.getpid()}"
        with storage_errors("create", self._path):
            self._descriptor = create(self._path, os.O_WRONLY, mode_beside(self._path))
        self._write(framed(first_record(beginning.time)))
        if is_resumed:
            self.rewind(beginning.step, beginning.time)

    def write(self, entry: Entry) -> None:
        """Write an entry at once, for whoever looks while the run trains.

        Raises:
            StorageError: The disk refused.
        """
        self._write(pieces_of(entry))

    def rewind(self, step: int, time: float) -> None:
        """Have TensorBoard forget what it has read of later steps.

        Raises:
            StorageError: The disk refused.
        """
        self._write(framed(purging_record(time, step + 1)))

    def close(self, ending: Ending) -> None:
        """End the file; TensorBoard knows no ending of a run but the mark of it.

        Raises:
            StorageError: The disk refused.
        """
        del ending
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            with storage_errors("write", self._path):
                os.close(descriptor)

    def abandon(self) -> str:
        """Nothing: the thread that waits for the disk ends with the process."""
        return ""

    def _write(self, data: bytes) -> None:
        if self._descriptor is None:
            raise ValueError("the event file is not open; call open first")
        with storage_errors("write", self._path):
            write_all(self._descriptor, data)

    def _folder_of(self, run: RunDirectory, name: str) -> Path:
        """The folder of the run, which is made; that of its former processes if there is one.

        Raises:
            StorageError: The disk refused.
        """
        if self._folder is None:
            own = run.path / OWN_FOLDER
            with storage_errors("create", own):
                make_folder(own, exist_ok=True)
            return own
        before = remembered(run, TENSORBOARD)
        if before and Path(before).parent == self._folder and Path(before).is_dir():
            return Path(before)
        with storage_errors("create a folder in", self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            made = _made_new(self._folder, name)
        remember(run, TENSORBOARD, str(made))
        return made


def _made_new(parent: Path, name: str) -> Path:
    """A new folder with this name, or `NAME-2` and so on: another run may have the same name.

    Raises:
        OSError: The disk refused.
    """
    for number in count(1):
        folder = parent / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder
    raise AssertionError("unreachable: there is always a next number")
