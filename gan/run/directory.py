"""The run directory: creating and finding it, and the names of its files.

The format is documented in `docs/run-directory.md`.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gan.disk.os_errors import error_number, storage_errors
from gan.disk.permissions import make_folder, make_top_folder
from gan.errors import CheckpointError, StorageError, UsageError
from gan.hints.nearest import hint, nearest
from gan.hints.quoting import brief
from gan.paths import absolute, expanded
from gan.run.claim_chain import is_claim_file

NEWEST: Final = "@"
"""What stands for the newest run, as in `@best`."""

_MAX_LABEL: Final = 48
_LAST_NUMBER: Final = 999_999_999
_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_OTHERS_WRITE: Final = 0o022
_MAX_SHOWN: Final = 300
"""Characters of a name that an error repeats."""

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
        return _is_run(self.path)

    @classmethod
    def require_free(cls, path: Path) -> None:
        """Refuse a path that a new run can't have.

        It can have a path without anything, an empty folder of this user, or the folder of a run
        that was killed before it had a configuration.

        Raises:
            UsageError: There is something else at the path.
            StorageError: It can't be looked at, or the working directory was deleted.
        """
        path = absolute(path)
        with storage_errors("look into", path):
            try:
                path.lstat()
            except FileNotFoundError:
                return
            is_empty = path.is_dir() and not any(path.iterdir())
            if not is_empty and not _is_unborn(path):
                raise UsageError(
                    f"--run-dir: {path} exists and is not an empty folder. "
                    "Resume it with --resume, or choose another path."
                )
            if (owner := path.stat().st_uid) != os.geteuid():
                raise UsageError(
                    f"--run-dir: {path} belongs to user {owner}, not to {os.geteuid()}. "
                    "Choose another path, such as a new folder in it."
                )

    def move_to(self, path: Path) -> None:
        """Follow the directory to where it was renamed; whoever holds this record does too."""
        self._former.append(self.path)
        self.path = path

    @classmethod
    def create(cls, path: Path) -> RunDirectory:
        """Create a new run's directory at this path, with missing parents.

        Raises:
            UsageError: A new run can't have the path; see `require_free`.
            StorageError: The directory could not be created.
        """
        run = cls(absolute(path))
        with storage_errors("create the run directory", run.path):
            run.path.parent.mkdir(parents=True, exist_ok=True)
            cls.require_free(run.path)
            make_top_folder(run.path, exist_ok=True)
            _make_folders(run)
        return run

    @classmethod
    def create_numbered(cls, runs: Path, label: str) -> RunDirectory:
        """Create the directory of the next run, such as `00007-mlp-mnist`.

        Processes that call this at the same time get different numbers.

        Args:
            runs: The folder of runs.
            label: The name after the number; characters unsuitable for a file name are replaced.

        Raises:
            UsageError: No number is left.
            StorageError: The directory could not be created.
        """
        runs = absolute(runs)
        with storage_errors("create a run directory in", runs):
            runs.mkdir(parents=True, exist_ok=True)
            number = _next_number(runs)
            while not (claim := _claim(runs, number)):
                number += 1
            run = cls(runs / f"{number:05d}-{_file_name(label)}")
            try:
                _make_folders(cls(claim))
                claim.rename(run.path)
            except OSError:
                shutil.rmtree(claim, ignore_errors=True)
                raise
        return run

    @classmethod
    def open(cls, path: Path) -> RunDirectory:
        """The existing run at this path, even one that was killed before it had a configuration.

        Raises:
            CheckpointError: There is no run at this path.
        """
        run = cls(absolute(path))
        if not _is_run(run.path) and not _is_unborn(run.path):
            raise CheckpointError(
                f"not a run: {run.path} contains no {_CONFIG}. "
                "Begin a new run without --resume, or name another."
            )
        return run

    @classmethod
    def look_up(cls, runs: Path, wanted: str) -> RunDirectory | None:
        """The run of this path, name or number, or `None` if there is none; see `find`."""
        runs = absolute(runs)
        matches = []
        if _NUMBER.fullmatch(wanted):
            matches = [path for path in _existing(runs) if _number(path) == int(wanted)]
        for path in (Path(expanded(wanted)), runs / wanted, *matches):
            if wanted and (_is_run(path) or _is_unborn(path)):
                return cls(absolute(path))
        return None

    @classmethod
    def find(cls, runs: Path, wanted: str | None) -> RunDirectory:
        """Find a run by its path, name or number.

        Args:
            runs: The folder of runs.
            wanted: A path, or a name or number in the folder of runs; `None` means the newest run.

        Raises:
            CheckpointError: There is no such run; the message names the folder of runs.
        """
        runs = absolute(runs)
        if wanted is None:
            if not (found := _existing(runs)):
                raise CheckpointError(f"no run to resume in {runs}. Name one, or set --runs.")
            return cls(found[-1])
        if (run := cls.look_up(runs, wanted)) is not None:
            return run
        meant = nearest(wanted, [path.name for path in _existing(runs)])
        raise CheckpointError(
            f"no run {brief(wanted, _MAX_SHOWN)}: expected the path of a run, or a name or number "
            f"in {runs}.{hint(meant)}"
        )

    def complete(self) -> None:
        """Make the folders that runs of older versions lack; for the holder of the run's lock.

        Raises:
            StorageError: A folder can't be made.
        """
        with storage_errors("create the folders of", self.path):
            _make_folders(self)

    def relative(self, path: Path) -> str:
        """The path of a file in the run, relative to the run directory, with forward slashes.

        Raises:
            ValueError: The path isn't inside the run.
        """
        paths = (self.path, *self._former)
        base = next((base for base in paths if path.is_relative_to(base)), self.path)
        return path.relative_to(base).as_posix()


def _make_folders(run: RunDirectory) -> None:
    for folder in run.folders:
        make_folder(folder, exist_ok=True)


def _is_run(path: Path) -> bool:
    with storage_errors("read", path):
        try:
            return (path / _CONFIG).is_file()
        except OSError as error:
            # What no file can be called is no run.
            if error.errno != errno.ENAMETOOLONG:
                raise
            return False


def _is_seen(path: Path) -> bool:
    """Whether a folder is a run that this user may look into; others' runs may lie there too."""
    try:
        return _is_run(path)
    except StorageError as error:
        if error_number(error) not in (errno.EACCES, errno.EPERM):
            raise
        return False


def _is_unborn(path: Path) -> bool:
    """Whether a folder is what a killed process leaves of a run without a configuration.

    That is a folder that only this user can write to, with nothing in it but what a run makes
    first.
    """
    with storage_errors("look into", path):
        try:
            status = path.lstat()
            is_own = status.st_uid == os.geteuid() and not status.st_mode & _OTHERS_WRITE
            if not stat.S_ISDIR(status.st_mode) or not is_own:
                return False
            found = list(path.iterdir())
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG):
                raise
            return False
        return bool(found) and all(map(_is_made_first, found))


def _is_made_first(path: Path) -> bool:
    """Whether a run makes this before its configuration.

    That is an empty folder, an empty log, a lock, and claims.
    """
    status, run = path.lstat(), RunDirectory(path.parent)
    if path == run.claim_path:
        is_folder = stat.S_ISDIR(status.st_mode)
        return is_folder and all(is_claim_file(claim.name) for claim in path.iterdir())
    if path in run.folders:
        return stat.S_ISDIR(status.st_mode) and not any(path.iterdir())
    if not stat.S_ISREG(status.st_mode):
        return False
    is_temporary = path.name.startswith(f".{_CONFIG}.tmp-")
    return path == run.lock_path or is_temporary or (path == run.log_path and not status.st_size)


def _number(path: Path) -> int | None:
    match = _NUMBERED.fullmatch(path.name)
    return int(match["number"]) if match else None


def _numbers(runs: Path) -> list[int]:
    return [number for path in runs.iterdir() if (number := _number(path)) is not None]


def _next_number(runs: Path) -> int:
    """The number after the largest; names that aren't runs count unless they leave no number.

    Raises:
        UsageError: A run has the last number.
    """
    number = max(_numbers(runs), default=0) + 1
    if number > _LAST_NUMBER:
        number = max((_number(path) or 0 for path in _existing(runs)), default=0) + 1
    if number > _LAST_NUMBER:
        raise UsageError(
            f"--runs {runs}: a run there has the number {_LAST_NUMBER}, the last one. "
            "Rename it, or choose another folder."
        )
    return number


def _existing(runs: Path) -> list[Path]:
    """The numbered runs that have a configuration, oldest first."""
    with storage_errors("read", runs):
        if not runs.is_dir():
            return []
        found = [path for path in runs.iterdir() if _number(path) is not None and _is_seen(path)]
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
        make_top_folder(claim)
    except FileExistsError:
        return None
    if number in _numbers(runs):
        claim.rmdir()
        return None
    return claim


def _file_name(label: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", label)[:_MAX_LABEL].strip("-.") or "run"
