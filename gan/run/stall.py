"""Notices that steps do not come back, as on a GPU that hangs.

The trainer's thread is in native code then and can say nothing, so that of the heartbeat looks.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gan.events import STALLED, AlertRaised, Noted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gan.progress import RunProgress
    from gan.run.recorder import Recorder

STALLED_SECONDS: Final = 30.0
_TIMES: Final = 20
"""How many times as long as before steps must take to count as stalled."""


@dataclass(slots=True)
class _Awaited:
    """Steps that a device makes now."""

    seconds: float
    """How long they should take."""

    waited: float = 0.0
    """Seconds that somebody has looked on. A process that is stopped is not looked at, and a clock
    would go on."""

    is_told: bool = False


class StallWatch:
    """Knows which steps are awaited: the trainer's thread says so, and another one looks."""

    def __init__(self, recorder: Recorder) -> None:
        """Await nothing; `recorder` takes the alert."""
        self._recorder = recorder
        self._now: _Awaited | None = None

    @contextmanager
    def awaited(self, seconds: float) -> Iterator[None]:
        """Await steps in this block.

        Args:
            seconds: How long they should take, by those before; 0 if nothing is known.
        """
        self._now = now = _Awaited(seconds) if seconds > 0 else None
        try:
            yield
        finally:
            self._now = None
            if now is not None and now.is_told:
                text = f"the steps have come back after {now.waited:.0f} s."
                self._recorder.emit(Noted(time=time.time(), text=text))

    def look(self, seconds: float) -> None:
        """Raise an alert, once, if the steps take far longer than those before.

        Args:
            seconds: Since the last look, or since the start.
        """
        now = self._now
        if now is None:
            return
        now.waited += seconds
        if now.is_told or now.waited < max(STALLED_SECONDS, _TIMES * now.seconds):
            return
        now.is_told = True
        progress = self._recorder.progress
        self._recorder.emit(
            AlertRaised(
                time=time.time(),
                step=progress.step,
                name=STALLED,
                message=_message(progress, now),
            )
        )


def _message(progress: RunProgress, now: _Awaited) -> str:
    what = (
        f"no step has come back for {now.waited:.0f} s, where the next ones should have taken "
        f"{now.seconds:.2g} s"
    )
    if progress.device == "CPU":
        return f"{what}: the machine is out of memory or very busy."
    saved = progress.checkpoint_step
    going_on = (
        "There is no checkpoint yet."
        if saved is None
        else f"The checkpoint of step {saved:,} is whole: end the run and resume from it, on the "
        "CPU with --device cpu."
    )
    return (
        f"{what}: {progress.device or 'the device'} may hang, as nvidia-smi then does too. Look "
        f"for Xid in dmesg. {going_on}"
    )
