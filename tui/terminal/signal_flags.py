"""Flags that signal handlers set and the app reads on its timer: a handler may do no more."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class SignalFlags:
    """What signals have asked of the screen."""

    leave: bool = False
    """Whether to give up the terminal now; the run may go on unseen."""

    stopping: bool = False
    """Whether the run was asked to stop, so that nobody will want to browse its end."""
