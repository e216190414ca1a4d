"""What workers report once, when they have come so far, and waiting for it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from gan.strategy.wire import Message

KINDS: Final = ("facts", "compiled")
"""What is reported."""

_WAIT_SECONDS: Final = 0.25


class Answers:
    """One answer of each kind from each worker. Threads may use it at the same time."""

    def __init__(self) -> None:
        """Begin with none."""
        self._changed = threading.Condition()
        self._by_kind: dict[str, dict[int, Message]] = {kind: {} for kind in KINDS}

    def put(self, worker: int, message: Message) -> None:
        """Keep what a worker has reported."""
        with self._changed:
            self._by_kind[message["kind"]][worker] = message
            self._changed.notify_all()

    def wake(self) -> None:
        """Have whoever waits look again whether there is still something to wait for."""
        with self._changed:
            self._changed.notify_all()

    def of(
        self,
        kind: str,
        workers: Collection[int],
        *,
        require: Callable[[], None],
        on_wait: Callable[[list[int], float], None],
    ) -> dict[int, Message]:
        """Wait until all workers have reported something.

        Args:
            kind: One of `KINDS`.
            workers: Who has to.
            require: Called before each look; it raises if they never will.
            on_wait: Called with those that haven't and the seconds since the beginning, several
                times a second; it may raise to give up.
        """
        answers = self._by_kind[kind]
        waited = 0.0
        while True:
            with self._changed:
                require()
                left = [worker for worker in workers if worker not in answers]
                if not left:
                    return dict(answers)
                self._changed.wait(_WAIT_SECONDS)
            waited += _WAIT_SECONDS
            on_wait(left, waited)
