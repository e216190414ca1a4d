"""Job control: what a shell asks of a job that owns the terminal.

On SIGTSTP the terminal is restored and the process stops; on SIGCONT it takes the terminal back,
once the shell has put it in the foreground.
"""

from __future__ import annotations

import os
import signal
import termios
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable

_FOREGROUND_CHECK_SECONDS: Final = 0.5
_SIGNALS: Final = (signal.SIGTSTP, signal.SIGCONT, signal.SIGWINCH)


class JobControl:
    """Stops and continues the process, and restores the signal handlers at the end."""

    def __init__(self) -> None:
        """Remember the handlers of the terminal's signals."""
        self._handlers_before = {number: signal.getsignal(number) for number in _SIGNALS}
        self._stopped = False
        self._ended = False

    def listen(
        self,
        loop: AbstractEventLoop,
        terminal: int,
        *,
        release: Callable[[], bool],
        take_over: Callable[[], None],
    ) -> None:
        """Handle signals from here on, between the callbacks of an event loop.

        Args:
            loop: The application's event loop.
            terminal: A descriptor of the terminal.
            release: Restores the terminal for a while; returns whether `take_over` must follow.
            take_over: Takes over the terminal again.
        """
        self._loop = loop
        self._terminal = terminal
        self._release = release
        self._take_over = take_over
        loop.add_signal_handler(signal.SIGTSTP, self._suspend)
        loop.add_signal_handler(signal.SIGCONT, self._continue)

    def end(self) -> None:
        """Restore the handlers, and take over nothing any more."""
        self._ended = True
        for number, handler in self._handlers_before.items():
            self._loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL if handler is None else handler)

    def _suspend(self) -> None:
        """Restore the terminal and stop the process, as a shell expects."""
        self._stopped |= self._release()
        os.kill(os.getpid(), signal.SIGSTOP)

    def _continue(self) -> None:
        """Resume, but only after our own stop: SIGCONT is sent for other reasons too."""
        if self._stopped:
            self._stopped = False
            self._resume()

    def _resume(self) -> None:
        """Take over the terminal again, once the process is in the foreground."""
        if self._ended:
            return
        if in_foreground(self._terminal):
            self._take_over()
        else:
            self._loop.call_later(_FOREGROUND_CHECK_SECONDS, self._resume)


def in_foreground(terminal: int) -> bool:
    """Whether this process is in the foreground of the terminal of a descriptor."""
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        # It is not our controlling terminal, so no shell assigns it to jobs.
        return True


def restore_settings(terminal: int, settings: list[Any] | None) -> None:
    """Restore the line discipline and discard unread input, which is not for the shell.

    In the background the terminal is the shell's, and changing it would stop the process.

    Args:
        terminal: A descriptor of the terminal.
        settings: What `termios.tcgetattr` returned before; `None` if it failed.
    """
    if settings is None or not in_foreground(terminal):
        return
    with suppress(termios.error):
        termios.tcflush(terminal, termios.TCIFLUSH)
        termios.tcsetattr(terminal, termios.TCSANOW, settings)
