"""Runs a session to its end without a screen.

The trainer thread puts events in a queue. The main thread takes them out and calls the listeners,
so a terminal that blocks never stops the training.
"""

from __future__ import annotations

import queue
from typing import TYPE_CHECKING, Final, Protocol

from gan.commands import Stop
from gan.session.session import TrainingSession
from gan.session.signals import DEFAULT_GRACE_SECONDS, SignalHandlers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gan.commands import Command
    from gan.events import Event, Listener
    from gan.progress import RunProgress
    from gan.session.preparation import RunPlan

_WAIT_SECONDS: Final = 0.5
"""How long to wait before checking for signals and for the end of the trainer thread."""


class Session(Protocol):
    """What is run: a training, or a worker's part in one."""

    @property
    def progress(self) -> RunProgress:
        """Where it stands."""

    def start(self) -> None:
        """Start its thread and return at once."""

    def send(self, command: Command) -> None:
        """Ask it for something and return at once."""

    def exit_code_now(self) -> int | None:
        """The exit code if the process ends at this moment; `None` if steps would be lost."""

    def join(self, timeout: float | None = None) -> bool:
        """Wait for its end; returns whether it has come."""


def run_headless(
    plan: RunPlan,
    listeners: Sequence[Listener],
    *,
    grace_seconds: float = DEFAULT_GRACE_SECONDS,
    before_leaving: Callable[[], None] = lambda: None,
) -> RunProgress:
    """Train to the end, call the listeners in this thread, and return where the run stands.

    Signals act as described in `gan.session.signals.SignalHandlers`; SIGHUP acts like SIGTERM.

    Args:
        plan: What to do.
        listeners: Called with every event, in order.
        grace_seconds: How long a stop by signal may take.
        before_leaving: Restores the terminal before the process exits at once.
    """
    return run_session(
        lambda listener: TrainingSession(plan, listeners=[listener]),
        listeners,
        grace_seconds=grace_seconds,
        before_leaving=before_leaving,
    )


def run_session(
    make: Callable[[Listener], Session],
    listeners: Sequence[Listener],
    *,
    grace_seconds: float = DEFAULT_GRACE_SECONDS,
    before_leaving: Callable[[], None] = lambda: None,
) -> RunProgress:
    """As `run_headless`, with any session.

    Args:
        make: Makes it, given the listener of its events.
        listeners: As for `run_headless`.
        grace_seconds: As for `run_headless`.
        before_leaving: As for `run_headless`.
    """
    happened: queue.SimpleQueue[Event] = queue.SimpleQueue()
    session = make(happened.put)
    signals = SignalHandlers(
        session.send,
        grace_seconds=grace_seconds,
        before_leaving=before_leaving,
        ended_with=session.exit_code_now,
    )
    session.start()
    try:
        while not (session.progress.ended or session.join(0)):
            _pass_on_next(happened, listeners)
        _join(session)
        while not happened.empty():
            _pass_on_next(happened, listeners)
    finally:
        # If a listener raised, the run must still end in order.
        session.send(Stop())
        _join(session)
        signals.restore()
    return session.progress


def _join(session: Session) -> None:
    """Wait in short intervals: a signal that another thread received does not end a long wait."""
    while not session.join(_WAIT_SECONDS):
        pass


def _pass_on_next(happened: queue.SimpleQueue[Event], listeners: Sequence[Listener]) -> None:
    try:
        event = happened.get(timeout=_WAIT_SECONDS)
    except queue.Empty:
        return
    for listener in listeners:
        listener(event)
