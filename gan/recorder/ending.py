"""How a recorded run has ended, as its last event."""

from __future__ import annotations

import time
import traceback
from dataclasses import dataclass
from typing import Final

from gan.events import RunFailed, RunFinished
from gan.recorder.saying import said_by

_INTERRUPTED: Final = 130
"""What a shell sees of a program that was interrupted: 128 and the number of SIGINT."""

_MAX_CODE: Final = 255


@dataclass(frozen=True, slots=True)
class Ending:
    """Why no more steps come."""

    is_stopped: bool = False
    """Whether the loop was left before its end, because somebody wanted it or it was cut short."""

    completed: bool | None = None
    """Whether the loop has done all that it was to do; `None` to judge by its steps."""

    error: BaseException | None = None
    """What has left the loop; `None` if nothing was raised."""


def last_event(
    ending: Ending, *, step: int, total_steps: int, train_seconds: float
) -> RunFinished | RunFailed:
    """The event that ends a run.

    Args:
        ending: Why it ends.
        step: The last step.
        total_steps: The step at which it was to end; 0 if that was not known.
        train_seconds: As in `RunFinished`.
    """
    code = _stop_code(ending.error)
    if ending.error is not None and code is None:
        return _failed(ending.error)
    is_whole = ending.completed
    if is_whole is None:
        is_whole = step >= total_steps if total_steps else not ending.is_stopped
    return RunFinished(
        time=time.time(),
        step=step,
        completed=is_whole and ending.error is None,
        resumable=False,
        train_seconds=train_seconds,
        exit_code=code or 0,
    )


def _stop_code(error: BaseException | None) -> int | None:
    """What the process returns if an error is a wish to stop; `None` if it is a failure."""
    if isinstance(error, KeyboardInterrupt):
        return _INTERRUPTED
    if isinstance(error, SystemExit) and not error.code:
        return 0
    return None


def _failed(error: BaseException) -> RunFailed:
    said = error.code if isinstance(error, SystemExit) else None
    return RunFailed(
        time=time.time(),
        error=type(error).__name__,
        message=said_by(error),
        exit_code=said if isinstance(said, int) and 0 < said <= _MAX_CODE else 1,
        traceback="".join(traceback.format_exception(type(error), error, error.__traceback__)),
    )
