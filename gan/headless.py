"""Runs a session to its end without a screen.

The trainer thread only ever puts events in a queue; this, the main thread, takes them out and
tells the listeners, so that a terminal that stands still never stops the training.
"""

from __future__ import annotations

import os
import queue
import signal
from typing import TYPE_CHECKING, Final

from gan.commands import Stop
from gan.session import RunPlan, TrainingSession

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from gan.events import Event, Listener
    from gan.progress import RunProgress

_WAIT_SECONDS: Final = 0.5
"""How long to wait for an event before looking whether the trainer thread is still there."""

_STOPPING: Final = (signal.SIGINT, signal.SIGTERM)
_SIGNALLED: Final = 128


def run_headless(plan: RunPlan, listeners: Sequence[Listener]) -> RunProgress:
    """Train, telling the listeners of every event in this thread, and return where it ended.

    SIGINT and SIGTERM save a checkpoint and stop; a second one leaves at once.
    """
    happened: queue.SimpleQueue[Event] = queue.SimpleQueue()
    session = TrainingSession(plan, listeners=[happened.put])
    stop_on = _StopOnSignal(session)
    session.start()
    try:
        while not (session.progress.ended or session.join(0)):
            _tell_next(happened, listeners)
        session.join()
        while not happened.empty():
            _tell_next(happened, listeners)
    finally:
        # A listener that raised must not take the run with it.
        session.send(Stop())
        session.join()
        stop_on.restore()
    return session.progress


def _tell_next(happened: queue.SimpleQueue[Event], listeners: Sequence[Listener]) -> None:
    try:
        event = happened.get(timeout=_WAIT_SECONDS)
    except queue.Empty:
        return
    for listener in listeners:
        listener(event)


class _StopOnSignal:
    """Asks a session to stop on the first signal, and leaves at once on the second."""

    def __init__(self, session: TrainingSession) -> None:
        self._session = session
        self._asked = False
        self._before = {number: signal.signal(number, self._stop) for number in _STOPPING}

    def restore(self) -> None:
        """Put the handlers back that were there before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        del frame
        if self._asked:
            os._exit(_SIGNALLED + number)
        self._asked = True
        self._session.send(Stop(exit_code=_SIGNALLED + number))
