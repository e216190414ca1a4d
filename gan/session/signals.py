"""Signal handlers for a run: the first signal stops it in order, the same one again at once.

Handlers only put a command in a queue or set a flag; nothing is saved inside one. They know no
screen: a callback restores the terminal before the process exits.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from gan.commands import SaveCheckpoint, Stop

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from gan.commands import Command

SIGNALLED: Final = 128
"""The exit code after signal n is this plus n."""

KILLED: Final = SIGNALLED + signal.SIGKILL
"""The watchdog's exit code: as if the process had been killed, without a last checkpoint."""

DEFAULT_GRACE_SECONDS: Final = 25.0
"""How long a stop may take. By default, schedulers kill a process after 30 seconds."""


IMPATIENT_SECONDS: Final = 1.0
"""The same signal again is another request only after this time: those who signal a whole process
group reach the run twice, directly and through its parent process."""

_REQUESTS: Final = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGUSR1})
"""Signals that stop a run whatever was set up before."""

_REPEATED: Final = frozenset({signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF, signal.SIGXCPU})
"""Signals of timers and limits: they come again by themselves, without anybody's impatience."""

_HARMLESS: Final = frozenset(
    {
        signal.SIGCHLD,
        signal.SIGCONT,
        signal.SIGTSTP,
        signal.SIGTTIN,
        signal.SIGTTOU,
        signal.SIGURG,
        signal.SIGWINCH,
    }
)
"""Signals that end no process."""

_FAULTS: Final = frozenset(
    {
        signal.SIGABRT,
        signal.SIGBUS,
        signal.SIGFPE,
        signal.SIGILL,
        signal.SIGSEGV,
        signal.SIGSYS,
        signal.SIGTRAP,
    }
)
"""Signals of a process that is broken: the fault would only be met again."""

_UNCATCHABLE: Final = frozenset({signal.SIGKILL, signal.SIGSTOP})


def ending_signals() -> list[int]:
    """Every signal that asks a run to end, and would otherwise end it without a checkpoint.

    Those that something else in the process, or whoever started it, takes care of are left alone.
    """
    others = _HARMLESS | _FAULTS | _UNCATCHABLE | _REQUESTS | {signal.SIGHUP, signal.SIGUSR2}
    return sorted(
        {
            *_REQUESTS,
            *(
                number
                for number in signal.valid_signals() - others
                if signal.getsignal(number) is signal.SIG_DFL
            ),
        }
    )


class SignalHandlers:
    """Installed for the duration of a run; created and restored by the main thread.

    Every signal that would end the process stops the run with a checkpoint; the same one again,
    more than a second later, exits at once. SIGUSR1 stops it too, with the exit code that says that
    the run can be resumed. SIGUSR2 saves a checkpoint. SIGHUP is passed to the front end, or acts
    like SIGTERM without one; if the parent process ignores it, as nohup does, so does the run.
    """

    def __init__(
        self,
        send: Callable[[Command], None],
        *,
        grace_seconds: float = DEFAULT_GRACE_SECONDS,
        before_leaving: Callable[[], None] = lambda: None,
        on_hangup: Callable[[], None] | None = None,
        ended_with: Callable[[], int | None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Install the handlers, and unblock their signals.

        Args:
            send: Takes commands; it must be safe to call from a signal handler.
            grace_seconds: How long after the first signal the process exits in any case.
            before_leaving: Restores the terminal; called before the process exits at once.
            on_hangup: Called on SIGHUP; `None` for a run without a screen.
            ended_with: The exit code of a run that has ended, or `None` while it lives. The
                watchdog uses it if the run has ended but its last output is stuck.
            clock: A monotonic clock in seconds.
        """
        self._send = send
        self._grace_seconds = grace_seconds
        self._before_leaving = before_leaving
        self._on_hangup = on_hangup
        self._ended_with = ended_with
        self._clock = clock
        self.is_stopping = False
        """Whether a signal has asked the run to stop."""

        self._first: dict[int, float] = {}
        """When each signal first asked for that."""

        self._asked, self._over = threading.Event(), threading.Event()
        # Started here, because starting a thread takes locks that a handler may interrupt.
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()
        self._before = self._install()

    def _install(self) -> dict[int, Any]:
        """Install the handlers and unblock their signals; returns the previous handlers."""
        handlers: dict[int, Any] = dict.fromkeys(ending_signals(), self._stop)
        handlers[signal.SIGUSR2] = self._save
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            handlers[signal.SIGHUP] = self._hang_up
        before = {number: signal.signal(number, do) for number, do in handlers.items()}
        # Some were held back until now, so that they did not end a process that has just begun.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, handlers)
        return before

    def restore(self) -> None:
        """Restore the previous handlers and end the watchdog."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._over.set()
        self._asked.set()

    def _stop(self, number: int, frame: FrameType | None) -> None:
        del frame
        now = self._clock()
        if self._is_impatient(number, now):
            self._leave(SIGNALLED + number)
        self._first.setdefault(number, now)
        if self.is_stopping:
            return
        self.is_stopping = True
        self._send(Stop() if number == signal.SIGUSR1 else Stop(exit_code=SIGNALLED + number))
        self._asked.set()

    def _is_impatient(self, number: int, now: float) -> bool:
        """Whether somebody asks again for what they asked for before."""
        if number in _REPEATED or number not in self._first:
            return False
        return now - self._first[number] > IMPATIENT_SECONDS

    def _save(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._send(SaveCheckpoint())

    def _hang_up(self, number: int, frame: FrameType | None) -> None:
        if self._on_hangup is None:
            self._stop(number, frame)
        else:
            self._on_hangup()

    def _watch(self) -> None:
        """The watchdog thread: a stop must be over in time."""
        self._asked.wait()
        if not self._over.wait(self._grace_seconds):
            exit_code = self._ended_with()
            self._leave(KILLED if exit_code is None else exit_code)

    def _leave(self, exit_code: int) -> None:
        """Exit now, whatever the threads are doing."""
        try:
            self._before_leaving()
        finally:
            os._exit(exit_code)
