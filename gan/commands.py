"""Commands to a run. Imperative and frozen; the trainer carries them out between two executions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Pause:
    """Make no more steps until `Unpause`; every other command is still carried out."""


@dataclass(frozen=True, slots=True)
class Unpause:
    """Make steps again."""


@dataclass(frozen=True, slots=True)
class SaveCheckpoint:
    """Write a checkpoint of the last completed step."""


@dataclass(frozen=True, slots=True)
class Resample:
    """Draw new latents, and a grid of samples from them."""


@dataclass(frozen=True, slots=True)
class RestoreLatents:
    """Go back to the run's own latents, and draw a grid of samples from them."""


@dataclass(frozen=True, slots=True)
class ShowGenerator:
    """Draw previews from the raw generator, or from the averaged one again.

    The samples on disk come from the averaged generator whatever is shown.
    """

    raw: bool


@dataclass(frozen=True, slots=True)
class Interpolate:
    """Draw the interpolation from the current latents to new ones, for somebody watching.

    The run keeps its current latents.
    """


@dataclass(frozen=True, slots=True)
class Evaluate:
    """Measure the generated images of the last completed step now, whatever the schedule."""


@dataclass(frozen=True, slots=True)
class RollBack:
    """Go back to the newest checkpoint, and continue from there with new random draws."""


DECISION_SECONDS: Final = 600.0
"""How long a run that has diverged waits, once its last viewer has gone, for somebody to come back
and roll it back or stop it."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Draw previews this often from now on, for whoever is watching."""

    preview_seconds: float | None
    """Seconds between two previews, at least 0. `None`: nobody is watching any more, so draw none,
    and wait for a decision only as long as `DECISION_SECONDS`."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Save a checkpoint and end the run. It can be resumed."""

    when: Literal["now", "epoch_end"] = "now"
    """`now`: after the current execution. `epoch_end`: after the current epoch."""

    exit_code: int = 75
    """What the process returns if the run wasn't complete; 128 + n for a stop by signal n."""


@dataclass(frozen=True, slots=True)
class Abandon:
    """End the run here at once and save nothing, because another process trains it by now."""

    message: str
    """Which process that is, and what follows."""


Command = (
    Pause
    | Unpause
    | SaveCheckpoint
    | Resample
    | RestoreLatents
    | ShowGenerator
    | Interpolate
    | Evaluate
    | RollBack
    | Watch
    | Stop
    | Abandon
)

COMMANDS: Final[dict[str, Command]] = {
    "pause": Pause(),
    "unpause": Unpause(),
    "save": SaveCheckpoint(),
    "resample": Resample(),
    "restore_latents": RestoreLatents(),
    "show_raw": ShowGenerator(raw=True),
    "show_averaged": ShowGenerator(raw=False),
    "interpolate": Interpolate(),
    "evaluate": Evaluate(),
    "roll_back": RollBack(),
}
"""The commands that a key or a message names, by name."""
