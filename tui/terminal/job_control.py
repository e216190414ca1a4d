"""Job control: what a shell asks of a job that owns the terminal.

On SIGTSTP the terminal is restored and the process stops; on SIGCONT it takes the terminal back,
once the shell has put it in the foreground.
"""

from __future__ import annotations

import os
import signal
import termios
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable, Iterator
    from types import FrameType

_FOREGROUND_CHECK_SECONDS: Final = 0.5
_SIGNALS: Final = (signal.SIGTSTP, signal.SIGCONT, signal.SIGWINCH)


class JobControl:
    """Stops and continues the process, and restores the signal handlers at the end."""

    def __init__(self) -> None:
        """Remember the handlers of the terminal's signals."""
        self._handlers_before = {number: signal.getsignal(number) for number in _SIGNALS}
        self._is_asked = False
        """Whether a stop was asked for that has not been made yet."""

        self._is_released = False
        """Whether the terminal was restored for a stop, and not taken over again."""

        self._is_waiting = False
        """Whether a look at the foreground is due."""

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
        # Not the loop's own handlers: those would run once for each of many signals, also for those
        # that a SIGCONT has answered since.
        signal.signal(signal.SIGTSTP, self._ask)
        # Sent for other reasons too; after our own stop no handler is needed to notice it.
        signal.signal(signal.SIGCONT, signal.SIG_DFL)

    def end(self) -> None:
        """Restore the handlers, and take over nothing any more."""
        self._ended = True
        for number, handler in self._handlers_before.items():
            self._loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL if handler is None else handler)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        """The handler of SIGTSTP, which only notes it."""
        del number, frame
        self._is_asked = True
        self._loop.call_soon_threadsafe(self._stop_if_asked)

    def _stop_if_asked(self) -> None:
        """Restore the terminal and stop the process, as a shell expects; then continue."""
        if not self._is_asked or self._ended:
            return
        self._is_released = self._is_released or self._release()
        # Of this thread, so that it has happened when the call returns.
        signal.raise_signal(signal.SIGSTOP)
        # A SIGCONT answers every stop that was asked for before it: Python runs the handlers of
        # those that are still pending in this call, and what they noted no longer holds.
        signal.pthread_sigmask(signal.SIG_BLOCK, ())
        self._is_asked = False
        self._resume()

    def _look_again(self) -> None:
        self._is_waiting = False
        self._resume()

    def _resume(self) -> None:
        """Take over the terminal again, once the process is in the foreground."""
        if self._ended or not self._is_released:
            return
        if in_foreground(self._terminal):
            self._is_released = False
            self._take_over()
        elif not self._is_waiting:
            self._is_waiting = True
            self._loop.call_later(_FOREGROUND_CHECK_SECONDS, self._look_again)


@contextmanager
def stopping_in_order(release: Callable[[], None]) -> Iterator[None]:
    """Within the block, restore the terminal before SIGTSTP stops the process.

    For a program that reads no keys: the terminal itself turns ctrl+z into the signal. One that is
    ignored, as a parent without jobs leaves it, stays ignored.

    Args:
        release: Restores the terminal; called in a signal handler.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        release()
        # Not by the kernel's action on SIGTSTP: the handler would be missing while that is in
        # place, and a second ctrl+z right after `fg` would stop the process unrestored.
        if _has_shell():
            signal.raise_signal(signal.SIGSTOP)

    before = signal.getsignal(signal.SIGTSTP)
    if before is signal.SIG_DFL:
        signal.signal(signal.SIGTSTP, stop)
    try:
        yield
    finally:
        if before is signal.SIG_DFL:
            signal.signal(signal.SIGTSTP, before)


def stop_job() -> bool:
    """Stop this job, as a terminal does on ctrl+z: all processes of its group get SIGTSTP.

    Returns:
        Whether there is a shell that can continue it; if not, nothing is done. The kernel has the
        same rule.
    """
    if not _has_shell():
        return False
    os.killpg(os.getpgrp(), signal.SIGTSTP)
    return True


def _has_shell() -> bool:
    """Whether an ancestor in this session, but in another process group, has started the job."""
    # Imported here, because it is needed for one key only.
    import psutil

    group, session = os.getpgrp(), os.getsid(0)
    try:
        for parent in psutil.Process().parents():
            if os.getsid(parent.pid) != session:
                return False
            if os.getpgid(parent.pid) != group:
                return True
    except (OSError, psutil.Error):
        return False  # It has ended meanwhile, or may not be looked at.
    return False


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
