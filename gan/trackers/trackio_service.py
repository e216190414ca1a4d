"""Trackio. Its own settings say where to: `TRACKIO_DIR`, `TRACKIO_SPACE_ID`, `TRACKIO_SERVER_URL`.

It knows a run by its name, so a new one gets a name that no other has. It raises few errors: what
it can't write it prints, into its log in the run's directory.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from gan.trackers.service import PROJECT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PIL.Image import Image

    from gan.trackers.tracker import Ending


class TrackioService:
    """A run of Trackio, local or on a Space."""

    def __init__(self) -> None:
        import trackio

        self._trackio = trackio
        self._run: Any = None

    def open(self, name: str, config: Mapping[str, Any], known_as: str, time: float) -> str:
        """Begin a run, or go on with the one of this name."""
        del time
        run_name = known_as or f"{name}-{secrets.token_hex(2)}"
        self._run = self._trackio.init(
            project=PROJECT,
            name=run_name,
            config=dict(config),
            resume="allow",
            embed=False,
            # This process is not the one that trains.
            auto_log_gpu=False,
            auto_log_cpu=False,
        )
        return run_name

    def scalars(self, step: int, time: float, values: Mapping[str, float]) -> None:
        """Log numbers."""
        del time
        self._run.log(dict(values), step=step)

    def picture(self, step: int, time: float, tag: str, image: Image) -> None:
        """Log a picture."""
        del time
        self._run.log({tag: self._trackio.Image(image)}, step=step)

    def note(self, step: int, time: float, tag: str, text: str) -> None:
        """Log a text."""
        del time
        self._run.log({tag: text}, step=step)

    def close(self, ending: Ending) -> None:
        """End the run; Trackio doesn't distinguish how."""
        del ending
        self._run.finish()
