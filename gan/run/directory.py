"""The run directory: the names of the files in it.

The format is documented in `docs/run-directory.md`.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gan.disk.os_errors import storage_errors
from gan.disk.permissions import make_folder

if TYPE_CHECKING:
    from pathlib import Path

CONFIG: Final = "config.json"


@dataclass(slots=True)
class RunDirectory:
    """A run's directory; `gan.run.creation` makes one, `gan.run.finding` finds one."""

    path: Path
    """The absolute path. It changes if the directory is renamed while the run trains."""

    _former: list[Path] = field(default_factory=list, repr=False, compare=False)
    """The paths before that, which whoever was at work meanwhile may have used."""

    @property
    def name(self) -> str:
        """The directory's name, such as `00007-mlp-mnist`."""
        return self.path.name

    @property
    def config_path(self) -> Path:
        """The resolved configuration, the environment and the command line."""
        return self.path / CONFIG

    @property
    def log_path(self) -> Path:
        """Events, one per line."""
        return self.path / "events.jsonl"

    @property
    def status_path(self) -> Path:
        """The run's current state, replaced every second."""
        return self.path / "status.json"

    @property
    def stderr_path(self) -> Path:
        """Output of native libraries while the dashboard is on screen."""
        return self.path / "stderr.log"

    @property
    def lock_path(self) -> Path:
        """Locked by the process that trains the run."""
        return self.path / "lock"

    @property
    def claim_path(self) -> Path:
        """The folder of claims, the newest of which names the process that trains the run."""
        return self.path / "claim"

    @property
    def samples_path(self) -> Path:
        """The folder of sample grids."""
        return self.path / "samples"

    @property
    def exports_path(self) -> Path:
        """The folder of exported files; created by the first export."""
        return self.path / "exports"

    @property
    def checkpoints_path(self) -> Path:
        """The folder of checkpoints."""
        return self.path / "checkpoints"

    @property
    def mailbox_path(self) -> Path:
        """The folder where other processes leave commands."""
        return self.path / "mailbox"

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders that a run has from its beginning."""
        return self.samples_path, self.checkpoints_path, self.mailbox_path, self.leases_path

    @property
    def leases_path(self) -> Path:
        """The folder where viewers ask for previews."""
        return self.path / "leases"

    @property
    def live_path(self) -> Path:
        """The folder of the newest preview and interpolation; created for the first viewer."""
        return self.path / "live"

    @property
    def has_config(self) -> bool:
        """Whether there is a configuration; a run that was killed at its start has none yet."""
        return is_run(self.path)

    def move_to(self, path: Path) -> None:
        """Follow the directory to where it was renamed; whoever holds this record does too."""
        self._former.append(self.path)
        self.path = path

    def complete(self) -> None:
        """Make the folders that runs of older versions lack; for the holder of the run's lock.

        Raises:
            StorageError: A folder can't be made.
        """
        with storage_errors("create the folders of", self.path):
            make_folders(self)

    def relative(self, path: Path) -> str:
        """The path of a file in the run, relative to the run directory, with forward slashes.

        Raises:
            ValueError: The path isn't inside the run.
        """
        paths = (self.path, *self._former)
        base = next((base for base in paths if path.is_relative_to(base)), self.path)
        return path.relative_to(base).as_posix()


def make_folders(run: RunDirectory) -> None:
    """Make the folders that a run has from its beginning; may raise `OSError`."""
    for folder in run.folders:
        make_folder(folder, exist_ok=True)


def is_run(path: Path) -> bool:
    """Whether a folder is a run with a configuration.

    Raises:
        StorageError: It can't be looked into.
    """
    with storage_errors("read", path):
        try:
            return (path / CONFIG).is_file()
        except OSError as error:
            # What no file can be called is no run.
            if error.errno != errno.ENAMETOOLONG:
                raise
            return False
