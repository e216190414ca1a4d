"""Interpolations between latents, and the rates at which animations of the run play.

Pure: which frame is due is arithmetic over a clock, so the pace holds even if frames are dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tui.model.view import Picture

if TYPE_CHECKING:
    from gan.events import Images, LatentsInterpolated

FRAMES_PER_SECOND: Final = 12.0
"""Smooth enough to the eye for digits that change into each other."""

FILM_RATES: Final = (1.0, 2.0, 5.0, 10.0, 20.0)
"""Grids per second at which an animation of the run may play."""


@dataclass(frozen=True, slots=True, eq=False)
class Interpolation:
    """Images on the path from sixteen latents to sixteen others and back, begun at a moment."""

    frames: Images
    """n x 16 x 28 x 28."""

    step: int
    began: float
    """In seconds, by the clock that `picture` is given."""

    @classmethod
    def of(cls, event: LatentsInterpolated, began: float) -> Interpolation:
        """The interpolation in an event."""
        return cls(event.frames, event.step, began)

    def picture(self, now: float) -> Picture | None:
        """The frame that is due now; `None` once it is over."""
        due = int((now - self.began) * FRAMES_PER_SECOND)
        last = len(self.frames) - 1
        if not 0 <= due <= 2 * last:
            return None
        frame = due if due <= last else 2 * last - due
        words = f"between latents, step {self.step:,} ({frame + 1} of {last + 1})"
        return Picture(images=self.frames[frame], words=words, step=self.step)


def next_rate(rate: float, by: int) -> float:
    """The rate that is `by` places faster, or slower if negative; at either end the same."""
    place = FILM_RATES.index(rate) + by
    return FILM_RATES[min(max(place, 0), len(FILM_RATES) - 1)]
