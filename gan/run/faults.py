"""Reports each disk fault twice: when it begins, and when it is over."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gan.disk.os_errors import error_number
from gan.errors import StorageError
from gan.events import StorageFaulted, StorageRecovered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gan.events import Listener


class FaultReporter:
    """Turns failed and successful reads and writes into events, one for each change."""

    def __init__(self, emit: Listener) -> None:
        """Begin with a disk that works.

        Args:
            emit: Called with an event for every change; it must not raise.
        """
        self._emit = emit
        self._reasons: dict[str, int | str] = {}

    @property
    def ongoing(self) -> bool:
        """Whether the last attempt to read or write something failed."""
        return bool(self._reasons)

    @contextmanager
    def reporting(self, what: str) -> Iterator[None]:
        """Report whether the block can read or write `what`. A `StorageError` ends here."""
        try:
            yield
        except StorageError as error:
            self.failed(what, error)
        else:
            self.worked(what)

    def failed(self, what: str, error: StorageError) -> None:
        """Note that reading or writing `what` failed; the same failure again is not reported."""
        # Not compared by message: on a full disk it contains byte counts that change every time.
        reason = error_number(error) or str(error)
        if self._reasons.get(what) != reason:
            self._reasons[what] = reason
            self._emit(StorageFaulted(time=time.time(), what=what, message=str(error)))

    def worked(self, what: str) -> None:
        """Note that reading or writing `what` worked; this is reported only after a failure."""
        if self._reasons.pop(what, None) is not None:
            self._emit(StorageRecovered(time=time.time(), what=what))
