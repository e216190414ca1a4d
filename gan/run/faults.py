"""What the disk refuses now: told once when it begins and once when it is over."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from gan.disk.os_errors import error_number
from gan.events import StorageFaulted, StorageRecovered

if TYPE_CHECKING:
    from gan.errors import StorageError
    from gan.events import Listener


class FaultReporter:
    """Turns failures and successes of writing into events, one for each change."""

    def __init__(self, tell: Listener) -> None:
        """Begin with a disk that works.

        Args:
            tell: Told of every change; it must not raise.
        """
        self._tell = tell
        self._reasons: dict[str, int | str] = {}

    def failed(self, what: str, error: StorageError) -> None:
        """Writing `what` failed; the same failure again is no news."""
        # Not by the message: on a full disk it counts bytes, which change at every try.
        reason = error_number(error) or str(error)
        if self._reasons.get(what) != reason:
            self._reasons[what] = reason
            self._tell(StorageFaulted(time=time.time(), what=what, message=str(error)))

    def worked(self, what: str) -> None:
        """Writing `what` worked; without a failure before it, that is no news."""
        if self._reasons.pop(what, None) is not None:
            self._tell(StorageRecovered(time=time.time(), what=what))
