"""Finds runs: by a path, a name, a number, or the newest one in a folder of runs."""

from __future__ import annotations

import errno
import os
import re
import stat
from pathlib import Path
from typing import Final

from gan.disk.os_errors import error_number, storage_errors
from gan.errors import CheckpointError, StorageError
from gan.hints.nearest import hint, nearest
from gan.hints.quoting import brief
from gan.paths import absolute, expanded
from gan.run.claim_chain import is_claim_file
from gan.run.directory import CONFIG, RunDirectory, is_run

NEWEST: Final = "@"
"""What stands for the newest run, as in `@best`."""

_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_NUMBERED: Final = re.compile(r"(?P<number>[0-9]{5,9})-[A-Za-z0-9._-]+")
_OTHERS_WRITE: Final = 0o022
_MAX_SHOWN: Final = 300
"""Characters of a name that an error repeats."""


def open_run(path: Path) -> RunDirectory:
    """The existing run at this path, even one that was killed before it had a configuration.

    Raises:
        CheckpointError: There is no run at this path.
    """
    run = RunDirectory(absolute(path))
    if not is_run(run.path) and not is_unborn(run.path):
        raise CheckpointError(
            f"not a run: {run.path} contains no {CONFIG}. "
            "Begin a new run without --resume, or name another."
        )
    return run


def look_up_run(runs: Path, wanted: str) -> RunDirectory | None:
    """The run of this path, name or number, or `None` if there is none; see `find_run`."""
    runs = absolute(runs)
    matches = []
    if _NUMBER.fullmatch(wanted):
        matches = [path for path in existing_runs(runs) if number_of(path) == int(wanted)]
    for path in (Path(expanded(wanted)), runs / wanted, *matches):
        if wanted and (is_run(path) or is_unborn(path)):
            return RunDirectory(absolute(path))
    return None


def find_run(runs: Path, wanted: str | None, verb: str = "resume") -> RunDirectory:
    """Find a run by its path, name or number.

    Args:
        runs: The folder of runs.
        wanted: A path, or a name or number in the folder of runs; `None` means the newest run.
        verb: What is done with it, for an error.

    Raises:
        CheckpointError: There is no such run; the message names the folder of runs.
    """
    runs = absolute(runs)
    if wanted is None:
        if not (found := existing_runs(runs)):
            raise CheckpointError(f"no run to {verb} in {runs}. Name one, or set --runs.")
        return RunDirectory(found[-1])
    if (run := look_up_run(runs, wanted)) is not None:
        return run
    meant = nearest(wanted, [path.name for path in existing_runs(runs)])
    raise CheckpointError(
        f"no run {brief(wanted, _MAX_SHOWN)}: expected the path of a run, or a name or number "
        f"in {runs}.{hint(meant)}"
    )


def existing_runs(runs: Path) -> list[Path]:
    """The numbered runs that have a configuration, oldest first.

    Raises:
        StorageError: The folder can't be read.
    """
    with storage_errors("read", runs):
        if not runs.is_dir():
            return []
        found = [path for path in runs.iterdir() if number_of(path) is not None and _is_seen(path)]
    return sorted(found, key=lambda path: (number_of(path) or 0, path.name))


def number_of(path: Path) -> int | None:
    """The number in a run's name; `None` if the name has none."""
    match = _NUMBERED.fullmatch(path.name)
    return int(match["number"]) if match else None


def numbers_in(runs: Path) -> list[int]:
    """The numbers in the names of a folder; may raise `OSError`."""
    return [number for path in runs.iterdir() if (number := number_of(path)) is not None]


def is_unborn(path: Path) -> bool:
    """Whether a folder is what a killed process leaves of a run without a configuration.

    That is a folder that only this user can write to, with nothing in it but what a run makes
    first.

    Raises:
        StorageError: It can't be looked into.
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
    is_temporary = path.name.startswith(f".{CONFIG}.tmp-")
    return path == run.lock_path or is_temporary or (path == run.log_path and not status.st_size)


def _is_seen(path: Path) -> bool:
    """Whether a folder is a run that this user may look into; others' runs may lie there too."""
    try:
        return is_run(path)
    except StorageError as error:
        if error_number(error) not in (errno.EACCES, errno.EPERM):
            raise
        return False
