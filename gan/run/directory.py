"""The run directory: creating and finding it, and the names of its files.

The format is documented in `docs/run-directory.md`.
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gan.disk.os_errors import storage_errors
from gan.errors import CheckpointError, UsageError

_MAX_LABEL: Final = 48
_NUMBERED: Final = re.compile(r"(?P<number>[0-9]{5,9})-[A-Za-z0-9._-]+")
_CONFIG: Final = "config.json"


@dataclass(slots=True)
class RunDirectory:
    """A run's directory, as `create`, `create_numbered`, `open` and `find` return it."""

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
        return self.path / _CONFIG

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

    def move_to(self, path: Path) -> None:
        """Follow the directory to where it was renamed; whoever holds this record does too."""
        self._former.append(self.path)
        self.path = path

    @classmethod
    def create(cls, path: Path) -> RunDirectory:
        """Create a new run's directory at this path, with missing parents.

        Raises:
            UsageError: The path exists and isn't an empty folder.
            StorageError: The directory could not be created.
        """
        run = cls(_absolute(path))
        with storage_errors("create the run directory", run.path):
            run.path.parent.mkdir(parents=True, exist_ok=True)
            try:
                _create_folders(run)
            except FileExistsError:
                raise UsageError(
                    f"--run-dir: {run.path} exists and is not an empty folder. "
                    "Resume it with --resume, or choose another path."
                ) from None
        return run

    @classmethod
    def create_numbered(cls, runs: Path, label: str) -> RunDirectory:
        """Create the directory of the next run, such as `00007-mlp-mnist`.

        Processes that call this at the same time get different numbers.

        Args:
            runs: The folder of runs.
            label: The name after the number; characters unsuitable for a file name are replaced.

        Raises:
            StorageError: The directory could not be created.
        """
        runs = _absolute(runs)
        with storage_errors("create a run directory in", runs):
            runs.mkdir(parents=True, exist_ok=True)
            number = max(_numbers(runs), default=0) + 1
            while not (claim := _claim(runs, number)):
                number += 1
            run = cls(runs / f"{number:05d}-{_file_name(label)}")
            try:
                _create_subfolders(cls(claim))
                claim.rename(run.path)
            except OSError:
                shutil.rmtree(claim, ignore_errors=True)
                raise
        return run

    @classmethod
    def open(cls, path: Path) -> RunDirectory:
        """The existing run at this path.

        Raises:
            CheckpointError: There is no run at this path.
        """
        run = cls(_absolute(path))
        if not _is_run(run.path):
            raise CheckpointError(f"not a run: {run.path} contains no {_CONFIG}.")
        return run

    @classmethod
    def find(cls, runs: Path, wanted: str | None) -> RunDirectory:
        """Find a run by its path, name or number.

        Args:
            runs: The folder of runs.
            wanted: A path, or a name or number in the folder of runs; `None` means the newest run.

        Raises:
            CheckpointError: There is no such run; the message names the folder of runs.
        """
        runs = _absolute(runs)
        found = _existing(runs)
        if wanted is None:
            if not found:
                raise CheckpointError(f"no run to resume in {runs}. Name one, or set --runs.")
            return cls(found[-1])
        matches = [path for path in found if wanted.isdecimal() and _number(path) == int(wanted)]
        for path in (Path(wanted), runs / wanted, *matches):
            if wanted and _is_run(path):
                return cls(_absolute(path))
        raise CheckpointError(
            f"no run {wanted!r}: expected the path of a run, or a name or number in {runs}."
        )

    def relative(self, path: Path) -> str:
        """The path of a file in the run, relative to the run directory, with forward slashes.

        Raises:
            ValueError: The path isn't inside the run.
        """
        paths = (self.path, *self._former)
        base = next((base for base in paths if path.is_relative_to(base)), self.path)
        return path.relative_to(base).as_posix()


def _create_folders(run: RunDirectory) -> None:
    """Create the run's directory, or use an empty one, and its subfolders.

    Raises:
        FileExistsError: The path is a file or a folder that isn't empty.
    """
    run.path.mkdir(mode=0o700, exist_ok=True)
    if any(run.path.iterdir()):
        raise FileExistsError
    run.path.chmod(0o700)
    _create_subfolders(run)


def _create_subfolders(run: RunDirectory) -> None:
    for folder in (run.samples_path, run.checkpoints_path, run.mailbox_path):
        folder.mkdir(mode=0o700)


def _absolute(path: Path) -> Path:
    """An absolute path without `..`, but with symbolic links kept."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - Path.absolute keeps `..`


def _is_run(path: Path) -> bool:
    with storage_errors("read", path):
        return (path / _CONFIG).is_file()


def _number(path: Path) -> int | None:
    match = _NUMBERED.fullmatch(path.name)
    return int(match["number"]) if match else None


def _numbers(runs: Path) -> list[int]:
    return [number for path in runs.iterdir() if (number := _number(path)) is not None]


def _existing(runs: Path) -> list[Path]:
    """The numbered runs that have a configuration, oldest first."""
    with storage_errors("read", runs):
        if not runs.is_dir():
            return []
        found = [path for path in runs.iterdir() if _number(path) is not None and _is_run(path)]
    return sorted(found, key=lambda path: (_number(path) or 0, path.name))


def _claim(runs: Path, number: int) -> Path | None:
    """Reserve a run number for this process, by creating a folder that is later renamed.

    Creating the final folder would not be enough, because two runs with different labels could then
    have the same number.

    Returns:
        The path of the claim, or `None` if the number is taken.
    """
    claim = runs / f".{number:05d}"
    try:
        claim.mkdir(mode=0o700)
    except FileExistsError:
        return None
    if number in _numbers(runs):
        claim.rmdir()
        return None
    return claim


def _file_name(label: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", label)[:_MAX_LABEL].strip("-.") or "run"
