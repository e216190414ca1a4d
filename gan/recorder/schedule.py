"""When a loop is to draw samples: at every so many steps, and for whoever watches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_SHARE: Final = 0.1
"""The most of the loop's time that previews may take."""


class SampleSchedule:
    """Answers whether samples are due, and whether those that come are kept."""

    def __init__(self, every: int | None, clock: Callable[[], float]) -> None:
        """Begin with nothing drawn, so that the first samples are due.

        Args:
            every: Steps between samples that are kept; `None` to keep none by itself.
            clock: A monotonic clock in seconds.

        Raises:
            ValueError: The steps are no whole number from 1.
        """
        if every is not None and (type(every) is not int or every < 1):
            raise ValueError(
                f"sample_every: received {every!r:.80}, expected steps from 1, or None"
            )
        self._every, self._clock = every, clock
        self.preview_seconds: float | None = None
        """Seconds between two previews that somebody wants; `None` while nobody watches."""

        self._kept_at: int | None = None
        """The step of the samples that were kept last, if they were of the latents of now."""

        self._last_grid_at: int | None = None
        """The step of the samples that were kept last: there is one file a step."""

        self._preview_only = False
        """Whether the samples that were just asked for are due for a viewer alone."""

        self._asked_at = 0.0
        self._due_at = float("-inf")
        """When the next preview is due."""

    def is_due(self, step: int) -> bool:
        """Whether to draw samples after this step."""
        is_over = self._every is not None and self._is_period_over(step, self._every)
        must_keep = is_over and step != self._last_grid_at
        now = self._clock()
        is_wanted = self.preview_seconds is not None or is_over
        is_shown = is_wanted and now >= self._due_at
        self._preview_only = is_shown and not must_keep
        self._asked_at = now
        return must_keep or is_shown

    def drawn(self, step: int) -> bool:
        """Note that samples were drawn; returns whether they are kept.

        They are unless they were asked for a viewer alone.

        Raises:
            ValueError: There are samples of this step.
        """
        is_kept = not self._preview_only
        if is_kept and step == self._last_grid_at:
            raise ValueError(
                f"samples: received a second batch for step {step:,}, expected one a step; log the "
                "step first, or say which it is: step=run.step + 1"
            )
        self._preview_only = False
        if is_kept:
            self._kept_at = self._last_grid_at = step
        now = self._clock()
        rest = (now - self._asked_at) * (1 - _SHARE) / _SHARE
        self._due_at = now + max(self.preview_seconds or 0.0, rest)
        return is_kept

    def renew(self) -> None:
        """Have samples be due at once, because their latents are new."""
        self._kept_at = None
        self._due_at = float("-inf")

    def _is_period_over(self, step: int, every: int) -> bool:
        return self._kept_at is None or step // every > self._kept_at // every
