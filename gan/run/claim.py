"""The claim on a run: one process at a time, even where a `flock` holds on one machine only.

That is so on NFS mounted with `nolock` or `local_lock=all`. The claim needs nothing but that of two
processes that create the same name, one fails, which every file system provides.

The folder `claim/` has a chain of numbered records, and whoever wrote the newest holds the claim.
To take it, a process reads the newest record. If that is released, or its process is proven dead,
the process adds its own with the next number and looks again: it holds the claim if its record is
the newest then. Why there are never two holders:

- A number is created once, by a process that has seen that the number before is free.
- The newest record is never removed, and only the holder removes older ones. So a process whose
  network file system showed it an old list, and which created a number that was used and removed
  before, finds a higher one afterwards and gives up.

A process that was taken over while it was cut off from the disk finds a newer record than its own.
"""

from __future__ import annotations

import errno
from contextlib import suppress
from typing import TYPE_CHECKING

from gan.errors import RunLockedError
from gan.run.claim_chain import TRIES, ClaimChain, Found
from gan.run.claim_record import ClaimRecord, is_local

if TYPE_CHECKING:
    from gan.run.directory import RunDirectory


class Claim:
    """This process's claim on a run. Every method raises `OSError` if the disk refuses."""

    def __init__(self, run: RunDirectory) -> None:
        """Nothing is claimed yet."""
        self._run = run
        self._chain = ClaimChain(run)
        self._data = b""
        """This process's record."""

        self._numbers: list[int] = []
        """Where it may be."""

        self._known: frozenset[str] = frozenset()
        """The tokens of the records up to its own; empty if it holds no claim."""

    def take(self, *, has_flock: bool, take_over: bool) -> str:
        """Take the claim.

        Args:
            has_flock: Whether this process holds the run's `flock`.
            take_over: Whether to take it even from a process that may be alive elsewhere.

        Returns:
            From whom it was taken over, in words; empty if it was free.

        Raises:
            RunLockedError: Another process holds it.
        """
        own = ClaimRecord.new(self._run.path)
        self._data, self._numbers = own.encode(), []
        try:
            return self._take(own, has_flock=has_flock, take_over=take_over)
        except BaseException:
            # Report the first failure; the record counts as dead once this process has ended.
            with suppress(OSError):
                self.release()
            raise

    def require(self) -> None:
        """Check that no other process has claimed the run since.

        Raises:
            RunLockedError: Another has, so this process must not write to the run any more.
        """
        if self._known:
            self._require_no_rival(self._chain.newest())

    def keep(self) -> bool:
        """Check the claim, and make it again if it was deleted or damaged.

        Returns:
            Whether it was made again.

        Raises:
            RunLockedError: Another process has claimed the run since.
        """
        if not self._known:
            return False
        for count in range(TRIES):
            newest = self._chain.newest()
            if newest is not None and newest.data == self._data:
                return count > 0
            self._require_no_rival(newest)
            self._numbers.append(self._chain.try_to_add(self._data, newest))
        raise OSError(errno.EAGAIN, "the claim is deleted again and again")

    def release(self) -> None:
        """Release the claim, if it is held."""
        self._known = frozenset()
        while self._numbers:
            self._chain.release(self._numbers[-1], self._data)
            self._numbers.pop()

    def _take(self, own: ClaimRecord, *, has_flock: bool, take_over: bool) -> str:
        taken_from, first = "", self._chain.newest()
        newest = first
        for _ in range(TRIES):
            if newest is not None and newest.data == self._data:
                self._chain.tidy(newest.number)
                self._known = frozenset({own.token, *self._chain.tokens_before(newest.number)})
                return taken_from
            taken_from = ""
            if newest is not None and not _is_free(newest, own, has_flock=has_flock):
                # Of two processes that take over at once, the second must not do so to the first.
                is_same = first is not None and first.data == newest.data
                self._require_takeable(newest, own, take_over=take_over and is_same)
                taken_from = _holder(newest)
            self._numbers.append(self._chain.try_to_add(self._data, newest))
            newest = self._chain.newest()
        raise RunLockedError(f"{self._run.path} is being claimed by others. Try again later.")

    def _require_takeable(self, newest: Found, own: ClaimRecord, *, take_over: bool) -> None:
        """Refuse a claim that is held, unless it is to be taken over and may be."""
        record = newest.record
        if record is not None and _runs_here(record, own):
            raise RunLockedError(
                f"{self._run.path} is in use by {record.holder}. "
                "Stop that process, or choose another run."
            )
        if take_over:
            return
        if record is None:
            raise RunLockedError(
                f"{self._run.path} may be in use: {newest.path} says by which process, and is "
                "damaged. If no process uses the run, resume it with --take-over."
            )
        raise RunLockedError(
            f"{self._run.path} is in use by {record.holder}, as far as can be known on this "
            "machine. Stop it there. If it died, or that machine is gone, resume the run with "
            "--take-over."
        )

    def _require_no_rival(self, newest: Found | None) -> None:
        """Refuse a newest record that came from another process since this one took the claim.

        A damaged one may be a claim that is being written. Its process finds the one that this
        process makes after it, and gives up.
        """
        record = newest.record if newest else None
        if record is not None and record.token not in self._known:
            raise RunLockedError(
                f"{self._run.path} was taken over by {record.holder}. "
                "This process stops, and saves nothing more into it."
            )


def _is_free(found: Found, own: ClaimRecord, *, has_flock: bool) -> bool:
    """Whether nobody holds a claim any more."""
    if found.record is None:
        # Whoever began it would have the flock, if that holds for everybody here.
        return has_flock and is_local(own)
    return found.record.is_released or found.record.is_proven_dead(own, has_flock=has_flock)


def _runs_here(record: ClaimRecord, own: ClaimRecord) -> bool:
    """Whether its process is known to run, so that it can be stopped from here."""
    return record.process.is_running is True and record.pid_namespace == own.pid_namespace


def _holder(found: Found) -> str:
    name = found.path.name
    return found.record.holder if found.record else f"an unknown process, whose {name} is damaged"
