"""What the system has asked of the screen, between signal handlers and the application.

Apart from both, because handlers may only set flags, and the application looks at them in its time.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class SignalFlags:
    """What the system has asked of the screen. Signal handlers set it, the screen looks at it."""

    leave: bool = False
    """Whether the terminal is to be given up now; the run goes on or not, but unseen."""

    stopping: bool = False
    """Whether the run was asked to stop, and nobody will want to browse its end."""
