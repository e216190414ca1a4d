"""Commands that write files end by SIGTERM and SIGHUP as by Ctrl-C: nothing half-written stays."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Final

from tui.commands.command_line import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

    Main = Callable[[Sequence[str]], int]

_SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP)


class Terminated(KeyboardInterrupt):
    """A signal asked the process to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.signal = signal.Signals(number)
        """Which one."""


def cleaning_up(main: Main) -> Main:
    """The `main` of a command, ended in order by a signal: with one line, and 128 + n."""

    @wraps(main)
    def run(words: Sequence[str]) -> int:
        with _raising():
            try:
                return main(words)
            except Terminated as end:
                say(f"gan-tui {words[0]}: stopped by {end.signal.name}")
                return 128 + end.signal

    return run


@contextmanager
def _raising() -> Iterator[None]:
    """Within the block the signals raise `Terminated`, once; an ignored one stays ignored."""
    taken = [number for number in _SIGNALS if signal.getsignal(number) is signal.SIG_DFL]

    def end(number: int, frame: FrameType | None) -> None:
        del frame
        # A second one would interrupt the cleaning up.
        for one in taken:
            signal.signal(one, signal.SIG_IGN)
        raise Terminated(number)

    for number in taken:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)
