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

A process may also take a claim over that is held elsewhere, if a person says so and the run's
status shows no sign of life. A process that was taken over, because it was cut off from the disk,
finds a newer record than its own.
"""

from __future__ import annotations

import errno
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gan.errors import RunLockedError, StorageError
from gan.run.claim_chain import TRIES, ClaimChain, Found
from gan.run.claim_record import ClaimRecord, is_local
from gan.run.liveness import SILENT_SECONDS, Pulse
from gan.run.status import INTERVAL_SECONDS, read_status
from gan.run_facts.sighting import Liveness

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.run.directory import RunDirectory


@dataclass(frozen=True, slots=True)
class TakeOver:
    """How to take a run over from a process elsewhere that may be alive."""

    wait: Callable[[float], None]
    """Waits this many seconds; whatever it raises is passed on."""

    note: Callable[[str], None]
    """Called with one line before the wait."""


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

    def take(self, *, has_flock: bool, take_over: TakeOver | None = None) -> str:
        """Take the claim.

        Args:
            has_flock: Whether this process holds the run's `flock`.
            take_over: How to take it even from a process elsewhere that may be alive; `None` to
                refuse then.

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

    def _take(self, own: ClaimRecord, *, has_flock: bool, take_over: TakeOver | None) -> str:
        taken_from = ""
        watched: Found | None = None
        newest = self._chain.newest()
        for _ in range(TRIES):
            if newest is not None and newest.data == self._data:
                self._chain.tidy(newest.number)
                self._known = frozenset({own.token, *self._chain.tokens_before(newest.number)})
                return taken_from
            taken_from = ""
            if newest is not None and not _is_free(newest, own, has_flock=has_flock):
                # Of two processes that take over at once, the second must not do so to the first.
                can_be_taken = take_over is not None and watched in (None, newest)
                self._require_takeable(newest, own, take_over=can_be_taken)
                if take_over is not None and watched is None:
                    watched = newest
                    self._require_silent(_holder(newest), take_over)
                    newest = self._chain.newest()
                    continue
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

    def _require_silent(self, holder: str, take_over: TakeOver) -> None:
        """Watch the run's status, and refuse if whoever holds the claim still writes it."""
        take_over.note(
            f"watching for {SILENT_SECONDS:.0f} s whether the run is still trained by {holder}"
        )
        pulse = Pulse()
        for count in range(round(SILENT_SECONDS / INTERVAL_SECONDS) + 1):
            if count:
                take_over.wait(INTERVAL_SECONDS)
            # What can't be read is no sign of life.
            with suppress(StorageError):
                if pulse.see(read_status(self._run)).liveness is Liveness.LIVE:
                    raise RunLockedError(
                        f"{self._run.path} is still trained by {holder}: its status.json changes. "
                        "Stop that process before you take the run over."
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
    process = record.process
    return process.is_running is True and process.pid_namespace == own.process.pid_namespace


def _holder(found: Found) -> str:
    name = found.path.name
    return found.record.holder if found.record else f"an unknown process, whose {name} is damaged"
