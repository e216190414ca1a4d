"""Weights & Biases. Its own settings say where to: `WANDB_MODE`, `WANDB_PROJECT`, `wandb login`.

It takes steps in ascending order alone, and drops others. So the step is a value, and the axis of
all charts: an evaluation comes after later steps, and a resumed run makes steps again.
"""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING, Any, Final

from gan.trackers.service import PROJECT
from gan.trackers.tracker import Ending

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PIL.Image import Image

STEP: Final = "step"
"""The value that is the axis."""


class WandbService:
    """A run in wandb, online or offline."""

    def __init__(self) -> None:
        import wandb

        self._wandb = wandb
        self._run: Any = None

    def open(self, name: str, config: Mapping[str, Any], known_as: str, time: float) -> str:
        """Begin a run, or go on with the one of this id."""
        del time
        run_id = known_as or secrets.token_hex(4)
        self._run = self._wandb.init(
            project=os.environ.get("WANDB_PROJECT") or PROJECT,
            name=name,
            id=run_id,
            resume="allow",
            config=dict(config),
            # There is nothing on this process's terminal: it has none.
            settings=self._wandb.Settings(console="off"),
        )
        self._run.define_metric(STEP)
        self._run.define_metric("*", step_metric=STEP)
        return run_id

    def scalars(self, step: int, time: float, values: Mapping[str, float]) -> None:
        """Log numbers."""
        del time
        self._run.log({STEP: step, **values})

    def picture(self, step: int, time: float, tag: str, image: Image) -> None:
        """Log a picture."""
        del time
        self._run.log({STEP: step, tag: self._wandb.Image(image)})

    def note(self, step: int, time: float, tag: str, text: str) -> None:
        """Log a text."""
        del time
        self._run.log({STEP: step, tag: text})

    def close(self, ending: Ending) -> None:
        """Finish the run; wandb knows success and failure."""
        self._run.finish(exit_code=int(ending is Ending.FAILED))
