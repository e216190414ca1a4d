"""Flags that say how the screen is to end.

Signal handlers may do no more than set a flag; the app reads them on its timer.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class SignalFlags:
    """What signals, a terminal that hung up, or an option have asked of the screen."""

    leave: bool = False
    """Whether to give up the terminal now; the run may go on unseen. The quitter sets it too."""

    exit_when_done: bool = False
    """Whether to leave when the run has ended, and to end it if it diverged."""

    stopping: bool = False
    """Whether the run was asked to stop, so that nobody will want to browse its end."""

    can_leave: bool = False
    """Whether the training can go on in the background, without this terminal."""

    has_left: bool = False
    """Whether a person has left the run training."""
