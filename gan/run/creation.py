"""Creates run directories: at a path that was named, or with the next number."""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING, Final

from gan.disk.os_errors import storage_errors
from gan.disk.permissions import make_top_folder
from gan.errors import UsageError
from gan.paths import absolute
from gan.run.directory import RunDirectory, make_folders
from gan.run.finding import existing_runs, is_unborn, number_of, numbers_in

if TYPE_CHECKING:
    from pathlib import Path

_MAX_LABEL: Final = 48
_LAST_NUMBER: Final = 999_999_999


def require_free(path: Path) -> None:
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
        if not is_empty and not is_unborn(path):
            raise UsageError(
                f"--run-dir: {path} exists and is not an empty folder. "
                "Resume it with --resume, or choose another path."
            )
        if (owner := path.stat().st_uid) != os.geteuid():
            raise UsageError(
                f"--run-dir: {path} belongs to user {owner}, not to {os.geteuid()}. "
                "Choose another path, such as a new folder in it."
            )


def create_run(path: Path) -> RunDirectory:
    """Create a new run's directory at this path, with missing parents.

    Raises:
        UsageError: A new run can't have the path; see `require_free`.
        StorageError: The directory could not be created.
    """
    run = RunDirectory(absolute(path))
    with storage_errors("create the run directory", run.path):
        run.path.parent.mkdir(parents=True, exist_ok=True)
        require_free(run.path)
        make_top_folder(run.path, exist_ok=True)
        make_folders(run)
    return run


def create_numbered_run(runs: Path, label: str) -> RunDirectory:
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
        run = RunDirectory(runs / f"{number:05d}-{_file_name(label)}")
        try:
            make_folders(RunDirectory(claim))
            claim.rename(run.path)
        except OSError:
            shutil.rmtree(claim, ignore_errors=True)
            raise
    return run


def _next_number(runs: Path) -> int:
    """The number after the largest; names that aren't runs count unless they leave no number.

    Raises:
        UsageError: A run has the last number.
    """
    number = max(numbers_in(runs), default=0) + 1
    if number > _LAST_NUMBER:
        number = max((number_of(path) or 0 for path in existing_runs(runs)), default=0) + 1
    if number > _LAST_NUMBER:
        raise UsageError(
            f"--runs {runs}: a run there has the number {_LAST_NUMBER}, the last one. "
            "Rename it, or choose another folder."
        )
    return number


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
    if number in numbers_in(runs):
        claim.rmdir()
        return None
    return claim


def _file_name(label: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", label)[:_MAX_LABEL].strip("-.") or "run"
