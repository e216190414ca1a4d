"""What can be asked of a run. Imperative, frozen, and carried out between two executions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Pause:
    """Stop stepping until `Unpause`; every other command is still carried out."""


@dataclass(frozen=True, slots=True)
class Unpause:
    """Go on stepping."""


@dataclass(frozen=True, slots=True)
class SaveCheckpoint:
    """Write a checkpoint of the step that is completed now."""


@dataclass(frozen=True, slots=True)
class Resample:
    """Draw new latents, and a grid from them."""


@dataclass(frozen=True, slots=True)
class RestoreLatents:
    """Go back to the run's own latents, and draw a grid from them."""


@dataclass(frozen=True, slots=True)
class Interpolate:
    """Draw the way from the present latents to others, for somebody watching.

    The run's latents stay as they are.
    """


@dataclass(frozen=True, slots=True)
class RollBack:
    """Go back to the newest checkpoint, and on from there with other draws."""


@dataclass(frozen=True, slots=True)
class Unwatch:
    """Nobody is watching any more: draw nothing for a screen, and wait for nobody's decision."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Save a checkpoint and end the run, resumable."""

    when: Literal["now", "epoch_end"] = "now"
    """`now` is after the running execution; `epoch_end` completes the running epoch first."""

    exit_code: int = 75
    """What the process returns if the run was not complete; 128 + n where signal n asked."""


Command = (
    Pause
    | Unpause
    | SaveCheckpoint
    | Resample
    | RestoreLatents
    | Interpolate
    | RollBack
    | Unwatch
    | Stop
)
