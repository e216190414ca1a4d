"""Signals that end a process end it by an exception: what was begun is taken back first."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_ENDING: Final = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def ended_in_order() -> Iterator[None]:
    """For this block, in the main thread: child processes, files and the terminal's modes go.

    A signal that is ignored, as `nohup` has it, stays ignored.

    Raises:
        SystemExit: A signal has come, with 128 and its number.
    """

    def end(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.getsignal(number) for number in _ENDING}
    replaced = {n: handler for n, handler in before.items() if handler != signal.SIG_IGN}
    for number in replaced:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in replaced.items():
            signal.signal(number, handler)
