"""The folder `claim/`: a chain of numbered records, each of which is created once.

Names are listed and files opened anew at each look, because a network file system may answer from
its memory otherwise. Every method raises `OSError` if the disk refuses.
"""

from __future__ import annotations

import errno
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gan.disk.files import WRONG_KIND, read_plain, write_all, write_new
from gan.disk.leftovers import temporary_path
from gan.disk.permissions import make_folder
from gan.run.claim_record import MAX_BYTES, RELEASED, ClaimRecord

if TYPE_CHECKING:
    from pathlib import Path

    from gan.run.directory import RunDirectory

TRIES: Final = 100
"""How often to look again while other processes add, remove or delete records."""

_NAME: Final = re.compile(r"(?P<number>[0-9]{6,12})\.json")
_TEMPORARY: Final = re.compile(r"\.[0-9]{6,12}\.json\.tmp-[0-9]+-[0-9a-f]+")
_LAST_NUMBER: Final = 10**12 - 1
_KEPT: Final = 4
"""How many records before the newest are kept."""

_NO_LINKS: Final = (errno.EPERM, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)
"""What file systems without links answer, such as exFAT."""


@dataclass(frozen=True, slots=True)
class Found:
    """A record in the folder."""

    path: Path
    number: int
    data: bytes
    record: ClaimRecord | None
    """What `data` says; `None` if it is damaged."""


class ClaimChain:
    """Reads and writes the records of one run."""

    def __init__(self, run: RunDirectory) -> None:
        self._run = run

    def newest(self) -> Found | None:
        """The newest record, or `None` if there is none."""
        for _ in range(TRIES):
            numbers = self._numbers()
            if not numbers:
                return None
            # Otherwise it was removed meanwhile, or the list is old.
            with suppress(FileNotFoundError):
                return self._read(numbers[-1])
        raise OSError(errno.ENOENT, "its newest record is listed and missing", str(self._folder))

    def tokens_before(self, number: int) -> set[str]:
        """The tokens of the records below a number, leaving out damaged ones."""
        tokens = set()
        for other in self._numbers():
            with suppress(FileNotFoundError):
                record = self._read(other).record if other < number else None
                tokens |= {record.token} if record else set()
        return tokens

    def try_to_add(self, data: bytes, after: Found | None) -> int:
        """Try to write a record after the newest; returns the number, whether it worked or not.

        The next look shows which process was the first. The system's answer doesn't: a network file
        system that loses an answer asks again, and reports that the name exists.
        """
        number = after.number + 1 if after else 1
        if number > _LAST_NUMBER:
            raise OSError(errno.EOVERFLOW, "no number is left. Remove it if nobody uses the run")
        make_folder(self._folder, exist_ok=True)
        path = self._path(number)
        temporary = temporary_path(path)
        try:
            write_new(temporary, [data])
            _link(temporary, path, data)
        except FileNotFoundError:
            # The next holder has tidied up already, or the whole folder was deleted.
            pass
        finally:
            # A leftover is removed by the next holder.
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
        return number

    def tidy(self, number: int) -> None:
        """Remove all but the last few records before a number; for the holder of the newest."""
        older = [other for other in self._numbers() if other < number]
        leftovers = [name for name in self._names() if _TEMPORARY.fullmatch(name)]
        for name in [*(self._path(other).name for other in older[:-_KEPT]), *leftovers]:
            # What can't be removed is only untidy.
            with suppress(OSError):
                (self._folder / name).unlink()

    def release(self, number: int, data: bytes) -> None:
        """Mark a record as released, unless it is gone or another one has its number."""
        with suppress(FileNotFoundError):
            if self._read(number).data == data:
                _overwrite(self._path(number), RELEASED)

    @property
    def _folder(self) -> Path:
        # Asked each time, because the run's directory may be renamed.
        return self._run.claim_path

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:06d}.json"

    def _names(self) -> list[str]:
        try:
            return [path.name for path in self._folder.iterdir()]
        except FileNotFoundError:
            return []

    def _numbers(self) -> list[int]:
        """The numbers of the records, in ascending order."""
        found = map(_NAME.fullmatch, self._names())
        return sorted(int(match["number"]) for match in found if match)

    def _read(self, number: int) -> Found:
        path = self._path(number)
        try:
            data = read_plain(path, MAX_BYTES)
        except OSError as error:
            if error.errno not in WRONG_KIND:
                raise
            data = b""
        try:
            return Found(path, number, data, ClaimRecord.decode(data))
        except ValueError:
            return Found(path, number, data, None)


def is_claim_file(name: str) -> bool:
    """Whether a name in the folder is that of a record, or of one that is being written."""
    return bool(_NAME.fullmatch(name) or _TEMPORARY.fullmatch(name))


def _link(temporary: Path, path: Path, data: bytes) -> None:
    """Give a whole record its name, unless the name exists."""
    try:
        # As `Path.hardlink_to`, but never on a link's target.
        os.link(temporary, path, follow_symlinks=False)
    except FileExistsError:
        pass
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _create(path, data)


def _create(path: Path, data: bytes) -> None:
    """Write a record where there are no links; others may find it incomplete for a moment."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, 0o600)
    except FileExistsError:
        return
    try:
        write_all(descriptor, data)
        os.fsync(descriptor)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


def _overwrite(path: Path, beginning: bytes) -> None:
    """Write over the beginning of a file: unlike a new file, that works on a full disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        write_all(descriptor, beginning)
    finally:
        os.close(descriptor)
