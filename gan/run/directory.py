"""The folder that a run lives in: its name, the names inside it, and its `config.json`.

Every other module of `gan.run` takes one of these, so that a file's name is written once.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gan.config import RunConfig
from gan.disk import atomic
from gan.disk.files import read_plain
from gan.disk.os_errors import reason, storage_errors
from gan.errors import CheckpointError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SCHEMA_VERSION: Final = 1
"""The form of `config.json` that this version writes, and the newest that it reads."""

_MAX_CONFIG_BYTES: Final = 1 << 20
_MAX_LABEL: Final = 48
_NUMBERED: Final = re.compile(r"(?P<number>[0-9]{5,9})-[A-Za-z0-9._-]+")
_CONFIG: Final = "config.json"


@dataclass(frozen=True, slots=True)
class RunDirectory:
    """A run's folder. Make one with `create`, `create_numbered`, `open` or `find`."""

    path: Path
    """Absolute."""

    @property
    def name(self) -> str:
        """The folder's own name, such as `00007-mlp-mnist`."""
        return self.path.name

    @property
    def config_path(self) -> Path:
        """The resolved configuration, the environment and the command line."""
        return self.path / _CONFIG

    @property
    def log_path(self) -> Path:
        """Every event, one a line."""
        return self.path / "events.jsonl"

    @property
    def status_path(self) -> Path:
        """Where the run stands, replaced every second."""
        return self.path / "status.json"

    @property
    def stderr_path(self) -> Path:
        """What native libraries print while the screen is in use."""
        return self.path / "stderr.log"

    @property
    def lock_path(self) -> Path:
        """Held by the one process that writes to the run."""
        return self.path / "lock"

    @property
    def samples_path(self) -> Path:
        """The folder of sample grids."""
        return self.path / "samples"

    @property
    def exports_path(self) -> Path:
        """The folder of what was written for people; made with the first of it."""
        return self.path / "exports"

    @property
    def checkpoints_path(self) -> Path:
        """The folder of checkpoints."""
        return self.path / "checkpoints"

    @property
    def mailbox_path(self) -> Path:
        """The folder that commands are posted to."""
        return self.path / "mailbox"

    @classmethod
    def create(cls, path: Path) -> RunDirectory:
        """Make a new run's folder at exactly this path, with any parents it needs.

        Raises:
            UsageError: Something is there already, other than an empty folder.
            StorageError: It could not be made.
        """
        run = cls(_absolute(path))
        with storage_errors("make the run directory", run.path):
            run.path.parent.mkdir(parents=True, exist_ok=True)
            try:
                _occupy(run)
            except FileExistsError:
                raise UsageError(
                    f"--run-dir: {run.path} exists and is not an empty folder. "
                    "Go on from it with --resume, or choose another path."
                ) from None
        return run

    @classmethod
    def create_numbered(cls, runs: Path, label: str) -> RunDirectory:
        """Make the next run's folder, `00007-label`, in the folder of runs.

        Processes that do this at once get different numbers. A label loses what a file name
        should not hold.

        Raises:
            StorageError: It could not be made.
        """
        runs = _absolute(runs)
        with storage_errors("make a run directory in", runs):
            runs.mkdir(parents=True, exist_ok=True)
            number = max(_numbers(runs), default=0) + 1
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
        """The run that is already at this path.

        Raises:
            CheckpointError: There is no run there.
        """
        run = cls(_absolute(path))
        if not _is_run(run.path):
            raise CheckpointError(f"not a run: {run.path} holds no {_CONFIG}.")
        return run

    @classmethod
    def find(cls, runs: Path, wanted: str | None) -> RunDirectory:
        """The run that a person means.

        Args:
            runs: The folder of runs.
            wanted: A path, a name or a number in the folder of runs; none means the newest there.

        Raises:
            CheckpointError: There is no such run; the message names the folder looked in.
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
            f"no run {wanted!r}: neither a run's path, nor a name or number in {runs}."
        )

    def write_config(
        self,
        config: RunConfig,
        *,
        environment: Mapping[str, Any],
        command_line: Sequence[str],
    ) -> None:
        """Write `config.json`. Writing it again keeps the time that the run was created.

        Args:
            config: What the run is.
            environment: What it runs on, in JSON values: versions, device, threads.
            command_line: The arguments that this process was started with.

        Raises:
            CheckpointError: There is a `config.json` already and it cannot be read.
            StorageError: It could not be written.
        """
        before = self._read_record() if self.config_path.exists() else {}
        record = {
            "schema_version": SCHEMA_VERSION,
            "created": before.get("created", datetime.now(timezone.utc).isoformat()),
            "config": config.to_json(),
            "environment": dict(environment),
            "command_line": list(command_line),
        }
        text = json.dumps(record, indent=2, allow_nan=False) + "\n"
        atomic.write_bytes(self.config_path, text.encode())

    def read_config(self) -> RunConfig:
        """Read `config.json` back, every field validated anew.

        Raises:
            CheckpointError: It is missing, malformed, or of a newer version.
        """
        config = self._read_record().get("config")
        if not isinstance(config, dict):
            raise CheckpointError(f"{self.config_path}: expected an object under `config`.")
        try:
            return RunConfig.resolve(config)
        except UsageError as error:
            raise CheckpointError(f"{self.config_path}: {error}") from None

    def relative(self, path: Path) -> str:
        """A path inside the run, from the run's folder on.

        Raises:
            ValueError: The path is not inside the run.
        """
        return path.relative_to(self.path).as_posix()

    def _read_record(self) -> dict[str, Any]:
        try:
            record = json.loads(read_plain(self.config_path, _MAX_CONFIG_BYTES))
        except OSError as error:
            raise CheckpointError(f"cannot read {self.config_path}: {reason(error)}.") from None
        except (ValueError, RecursionError) as error:
            raise CheckpointError(f"{self.config_path} is not JSON: {error}.") from None
        version = record.get("schema_version") if isinstance(record, dict) else None
        if not isinstance(version, int) or not 1 <= version <= SCHEMA_VERSION:
            raise CheckpointError(
                f"{self.config_path}: received schema_version {version!r}, expected at most "
                f"{SCHEMA_VERSION}. A newer gan-tui may have written it."
            )
        return dict(record)


def _occupy(run: RunDirectory) -> None:
    """Make the folder this run's own; an empty one that is there already will do."""
    run.path.mkdir(mode=0o700, exist_ok=True)
    if any(run.path.iterdir()):
        raise FileExistsError
    run.path.chmod(0o700)
    _make_folders(run)


def _make_folders(run: RunDirectory) -> None:
    for folder in (run.samples_path, run.checkpoints_path, run.mailbox_path):
        folder.mkdir(mode=0o700)


def _absolute(path: Path) -> Path:
    """Absolute, but with its links left as the user wrote them."""
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
    """The numbered runs that hold a configuration, oldest first."""
    with storage_errors("read", runs):
        if not runs.is_dir():
            return []
        found = [path for path in runs.iterdir() if _number(path) is not None and _is_run(path)]
    return sorted(found, key=lambda path: (_number(path) or 0, path.name))


def _claim(runs: Path, number: int) -> Path | None:
    """Take a number for this process alone; none where another has it.

    Two runs of one number could have different labels, so making the final name would not settle
    who has the number. The claim does, and becomes the run's folder by being renamed.
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
