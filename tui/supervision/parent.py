"""The fork, and the parent's life: pass signals on, stop and continue with the child, report it.

Both processes are in one group, as the shell made it: what the terminal sends to the group reaches
the child without help, and what is sent to the parent alone is passed on. Who signals the whole
group reaches the child twice within a moment, which `gan.session.signals` takes for once.
"""

from __future__ import annotations

import os
import signal
import sys
import time

from tui.supervision.link import Link
from tui.supervision.terminal_state import TerminalState, write_line

TYPE_CHECKING = False  # `typing` would cost the waiting process a megabyte
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SIGNALLED = 128
"""The exit code after signal n is this plus n."""

UNTIL_READY = (signal.SIGUSR1, signal.SIGUSR2)
"""Held back until the run has handlers for them: they ask a run for something, and would otherwise
end a process that has only begun."""

_OF_TERMINAL = (
    signal.SIGINT,
    signal.SIGQUIT,
    signal.SIGTSTP,
    signal.SIGTTIN,
    signal.SIGTTOU,
    signal.SIGWINCH,
)
"""What the kernel sends to each process of the terminal's foreground."""

_STOPPING = (signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)

_UNWATCHED = (
    "gan-tui: no process to spare to watch over the run ({}): "
    "it trains, but a crash would leave the terminal as it is"
)

_SI_KERNEL = 0x80
_STOP_SECONDS = 1.0
"""How long a child may take to stop on a signal that the whole group has received."""

_SET_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG in <sys/prctl.h>."""


class Ending:
    """How the child ended."""

    def __init__(self, pid: int, status: int) -> None:
        """Read what `waitpid` returned."""
        self.pid = pid
        self.signal = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
        """The signal that killed it; `None` if it exited."""

        self.exit_code = os.WEXITSTATUS(status) if self.signal is None else SIGNALLED + self.signal
        """The exit code to pass on."""


def supervise(
    program: Callable[[Link | None], int], report_death: Callable[[Ending, Link], None]
) -> int:
    """Run a program in a child process, and wait for it; returns the exit code in both.

    Call it before anything large is imported and before there are threads.

    Args:
        program: Called in the child. It unblocks the signals in `UNTIL_READY`. Without a parent,
            because the system has no process to spare, it is called with `None`.
        report_death: Called in the parent after a signal has killed the child, after native code
            has ended it with an exit code, or if it has left a run that had not ended. The terminal
            is restored before.
    """
    # A child of a process that ignores this signal could not be waited for.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    terminal, link = TerminalState(), Link()
    waited_for = _waited_for()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, waited_for)
    parent = os.getpid()
    try:
        child = os.fork()
    except OSError as error:
        signal.pthread_sigmask(signal.SIG_SETMASK, {*before, *UNTIL_READY})
        write_line(_UNWATCHED.format(error.strerror))
        return program(None)
    if child == 0:
        signal.pthread_sigmask(signal.SIG_SETMASK, {*before, *UNTIL_READY})
        return _run_child(program, link, parent)
    status = _Parent(child, terminal, waited_for, link).wait()
    if status is None:
        return 0
    ending = Ending(child, status)
    notes = link.notes()
    # Native code may also exit; `os._exit` comes after the terminal was restored.
    if ending.signal is not None or "returned" not in notes:
        terminal.restore(had_screen=ending.signal is not None and notes.get("screen", False))
    if _is_reported(ending, notes):
        _report(report_death, ending, link, before)
    return ending.exit_code


def _run_child(program: Callable[[Link | None], int], link: Link, parent: int) -> int:
    _end_with(parent)
    try:
        return program(link)
    finally:
        link.note(returned=True)


def _is_reported(ending: Ending, notes: Mapping[str, object]) -> bool:
    """Whether to report a child's end: a death, or one that leaves a run that has not ended."""
    if ending.signal is not None:
        return True
    # A run that has recorded its end was left at once, by its own code.
    return "ended" not in notes and ("returned" not in notes or "run_dir" in notes)


def _report(
    report_death: Callable[[Ending, Link], None], ending: Ending, link: Link, before: set[int]
) -> None:
    """Report, so that a signal can end it, and no error of it changes the exit code."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, {*before, *UNTIL_READY})
    try:
        report_death(ending, link)
    except Exception as error:  # noqa: BLE001 - the code of the run matters more
        write_line(f"gan-tui: cannot report how the run ended: {type(error).__name__}")


def _waited_for() -> set[int]:
    """Every signal that can be passed on. A hang-up that is ignored, as under nohup, stays so."""
    signals = {int(number) for number in signal.valid_signals()}
    signals -= {signal.SIGKILL, signal.SIGSTOP}
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signals.remove(signal.SIGHUP)
    return signals


def _end_with(parent: int) -> None:
    """Have the kernel send SIGTERM to this process, the child, when its parent dies.

    Only Linux can: elsewhere a run goes on if its parent is killed, and ends without a report.
    """
    if sys.platform != "linux":
        return
    import ctypes

    ctypes.CDLL(None).prctl(_SET_DEATH_SIGNAL, signal.SIGTERM)
    if os.getppid() != parent:
        # It died before the kernel was asked.
        os.kill(os.getpid(), signal.SIGTERM)


def forget_parent() -> None:
    """Have the kernel send nothing any more when the parent ends."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_SET_DEATH_SIGNAL, 0)


class _Parent:
    """The waiting process. Every signal that it takes care of is blocked, and waited for."""

    def __init__(self, child: int, terminal: TerminalState, signals: set[int], link: Link) -> None:
        self._link = link
        self._child = child
        self._terminal = terminal
        self._signals = signals
        self._is_stopped = False
        self._stop_was_asked = False
        """Whether the job was stopped as a whole, and not the child alone."""

        self._has_followed = False
        """Whether this process has stopped since the child did."""

        self._status: int | None = None

    def wait(self) -> int | None:
        """Wait for the child's end; returns its status as `waitpid` does.

        `None` if the child has left the terminal, to go on without this process.
        """
        # These came before the fork, so that the child knows nothing of them.
        for number in signal.sigpending() - {signal.SIGCHLD}:
            signal.sigwait({number})
            self._pass_on(number, is_of_terminal=False)
        self._look()
        while self._status is None:
            number, is_of_terminal = _next_signal(self._signals)
            if number == signal.SIGCHLD:
                self._look()
                if self._status is None and "detached" in self._link.notes():
                    return None
            else:
                self._pass_on(number, is_of_terminal=is_of_terminal)
        return self._status

    def _look(self) -> None:
        """Take note of what the child has done, and stop with it."""
        was_stopped = self._is_stopped
        while self._status is None:
            options = os.WNOHANG | os.WUNTRACED | os.WCONTINUED
            pid, status = os.waitpid(self._child, options)
            if pid == 0:
                break
            if os.WIFSTOPPED(status) or os.WIFCONTINUED(status):
                self._is_stopped = os.WIFSTOPPED(status)
            else:
                self._status = status
                return
        if was_stopped and not self._is_stopped:
            self._stop_was_asked = self._has_followed = False
        self._follow()

    def _follow(self) -> None:
        """Stop with the child, so that the shell sees that its job has; it continues both.

        Not for a child in the background that was stopped alone, nor without a shell: nobody would
        continue this process.
        """
        if not self._is_stopped or self._has_followed or not _has_shell():
            return
        if self._stop_was_asked or self._terminal.is_foreground:
            self._has_followed = True
            os.kill(os.getpid(), signal.SIGSTOP)

    def _pass_on(self, number: int, *, is_of_terminal: bool) -> None:
        """Send a signal to the child, unless it has received it already."""
        self._stop_was_asked |= number in _STOPPING
        if is_of_terminal:
            self._follow()
            return
        if number == signal.SIGCONT:
            self._look()
            if not self._is_stopped:
                return
        elif number == signal.SIGTSTP and self._has_stopped_within(_STOP_SECONDS):
            return
        if self._status is None:
            # The process is not reaped yet, so its number cannot be another's.
            os.kill(self._child, number)

    def _has_stopped_within(self, seconds: float) -> bool:
        """Whether the child stops, or ends, by itself: its whole group may have been signalled.

        A second such signal would stop it again after it was continued. If it is to continue
        meanwhile, it need not stop any more.
        """
        self._look()
        number = None
        if not (self._is_stopped or self._status is not None):
            number = _signal_within({signal.SIGCHLD, signal.SIGCONT}, seconds)
            if number is None:
                return False
        if number == signal.SIGCONT:
            self._pass_on(number, is_of_terminal=False)
        else:
            self._look()
        return True


def _has_shell() -> bool:
    """Whether a shell with job control has started this process, and could continue it."""
    started_by = os.getppid()
    try:
        same_session = os.getsid(started_by) == os.getsid(0)
        return same_session and os.getpgid(started_by) != os.getpgrp()
    except OSError:
        # It belongs to somebody else, or is gone.
        return False


if sys.platform == "darwin":

    def _next_signal(signals: set[int]) -> tuple[int, bool]:
        """The next signal; who sent it is unknown here, so all are passed on."""
        return signal.sigwait(signals), False

    def _signal_within(signals: set[int], seconds: float) -> int | None:
        """The first of these signals that is pending after this time; `None` if none is."""
        time.sleep(seconds)
        pending = signals & signal.sigpending()
        return signal.sigwait(pending) if pending else None

else:

    def _next_signal(signals: set[int]) -> tuple[int, bool]:
        """The next signal, and whether the terminal has sent it to the whole group."""
        info = signal.sigwaitinfo(signals)
        by_kernel = info.si_code == _SI_KERNEL
        return info.si_signo, by_kernel and info.si_signo in _OF_TERMINAL

    def _signal_within(signals: set[int], seconds: float) -> int | None:
        """The next of these signals; `None` if none comes in this time."""
        info = signal.sigtimedwait(signals, seconds)
        return None if info is None else info.si_signo
