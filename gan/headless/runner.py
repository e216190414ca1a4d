"""Runs a session to its end without a screen.

The trainer thread only ever puts events in a queue; this, the main thread, takes them out and
tells the listeners, so that a terminal that stands still never stops the training.
"""

from __future__ import annotations

import queue
from typing import TYPE_CHECKING, Final

from gan.commands import Stop
from gan.session.session import TrainingSession
from gan.session.signals import DEFAULT_GRACE_SECONDS, SignalHandlers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gan.events import Event, Listener
    from gan.progress import RunProgress
    from gan.session.preparation import RunPlan

_WAIT_SECONDS: Final = 0.5
"""How long to wait before looking whether the trainer thread is still there, or a signal came."""


def run_headless(
    plan: RunPlan,
    listeners: Sequence[Listener],
    *,
    grace_seconds: float = DEFAULT_GRACE_SECONDS,
    before_leaving: Callable[[], None] = lambda: None,
) -> RunProgress:
    """Train, telling the listeners of every event in this thread, and return where it ended.

    Signals act as `gan.session.signals.SignalHandlers` has it; SIGHUP is a SIGTERM.

    Args:
        plan: What to train.
        listeners: Told of every event, in order.
        grace_seconds: How long a stop by signal may take.
        before_leaving: Puts the terminal right before the process is ended at once.
    """
    happened: queue.SimpleQueue[Event] = queue.SimpleQueue()
    session = TrainingSession(plan, listeners=[happened.put])
    signals = SignalHandlers(
        session.send,
        grace_seconds=grace_seconds,
        before_leaving=before_leaving,
        ended_with=lambda: session.progress.exit_code,
    )
    session.start()
    try:
        while not (session.progress.ended or session.join(0)):
            _tell_next(happened, listeners)
        _join(session)
        while not happened.empty():
            _tell_next(happened, listeners)
    finally:
        # A listener that raised must not take the run with it.
        session.send(Stop())
        _join(session)
        signals.restore()
    return session.progress


def _join(session: TrainingSession) -> None:
    """In short waits: a signal that the system gave to another thread does not end a long one."""
    while not session.join(_WAIT_SECONDS):
        pass


def _tell_next(happened: queue.SimpleQueue[Event], listeners: Sequence[Listener]) -> None:
    try:
        event = happened.get(timeout=_WAIT_SECONDS)
    except queue.Empty:
        return
    for listener in listeners:
        listener(event)
