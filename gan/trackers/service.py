"""What the package of a tracker is to its process: a few calls, in order, in one thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PIL.Image import Image

    from gan.trackers.tracker import Ending

PROJECT: Final = "gan-tui"
"""The project, or experiment, that runs are in unless the tracker's own settings name one."""


class Service(Protocol):
    """A thin adapter. Any call may raise any error, and then none is made again."""

    def open(self, name: str, config: Mapping[str, Any], known_as: str, time: float) -> str:
        """Begin a run, or go on with one.

        Args:
            name: The run's name.
            config: Its configuration, the hyperparameters.
            known_as: What an earlier process was answered here; empty for a new run.
            time: Seconds since the Unix epoch.

        Returns:
            How the tracker knows it from now on.
        """

    def scalars(self, step: int, time: float, values: Mapping[str, float]) -> None:
        """Take finite numbers by tag. Steps may come again after a resume or a rollback."""

    def picture(self, step: int, time: float, tag: str, image: Image) -> None:
        """Take a picture."""

    def note(self, step: int, time: float, tag: str, text: str) -> None:
        """Take a line of text."""

    def close(self, ending: Ending) -> None:
        """End the run; returns once everything is kept."""
