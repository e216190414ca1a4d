"""Which series of a recorded run there are, what they are called, and which the chart shows. Pure.

Names come from another program: `label` makes them safe to show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gan.text.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tui.model.run_state import RunState
    from tui.model.view import View

MAX_CHARTED: Final = 6
"""Series in one chart: more lines, or more colours, nobody tells apart."""

_LABELS: Final = {
    "d_loss": "D loss",
    "g_loss": "G loss",
    "real_score": "D(x)",
    "fake_score": "D(G(z))",
}
"""What a GAN's own series are called on the screen, in the order in which they come first."""

_LOSSES: Final = ("d_loss", "g_loss")
_VALIDATION: Final = "val_"
"""What Keras puts before the name of a figure that it measures on other data."""

_MARKS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def series_names(run: RunState) -> tuple[str, ...]:
    """The names of a recorded run's series: a GAN's losses and scores, then others as they came."""
    known = run.series.columns
    return (
        *(one for one in _LABELS if one in known),
        *(one for one in known if one not in _LABELS),
    )


def label(name: str) -> str:
    """What a series is called on the screen; safe to show, and of any length."""
    return _LABELS.get(name) or safe_text(name)


def charted(view: View, run: RunState) -> tuple[str, ...]:
    """The series that the chart shows: those that were chosen, or by default those that say most.

    By default D's and G's losses, or else the first loss, with that of the validation.
    """
    names = series_names(run)
    chosen = tuple(name for name in names if name in view.series)
    return chosen[:MAX_CHARTED] or _by_default(names)


def _by_default(names: Sequence[str]) -> tuple[str, ...]:
    if set(_LOSSES) <= set(names):
        return _LOSSES
    losses = [name for name in names if "loss" in name.casefold()]
    wanted = {form for one in (losses or [*names])[:1] for form in (one, _VALIDATION + one)}
    return tuple(name for name in names if name in wanted)


def marks_of(names: Iterable[str]) -> tuple[str, ...]:
    """A character for each series that stands for it on the chart, different ones for all.

    The first letter of its name that no other has taken, or else a capital.
    """
    taken: list[str] = []
    for name in names:
        own = [one for one in label(name) if one.isascii() and one.isalnum()]
        taken.append(next(one for one in (*own, *_MARKS) if one not in taken))
    return tuple(taken)


def colors_of(names: Sequence[str], colors: Sequence[str]) -> dict[str, str]:
    """A colour for each series that the chart shows: D's and G's losses have the first two.

    Args:
        names: At most as many as there are colours.
        colors: The colours.
    """
    own = {name: colors[place] for place, name in enumerate(_LOSSES) if name in names}
    free = [color for color in colors if color not in own.values()]
    others = [name for name in names if name not in own]
    return own | dict(zip(others, free, strict=False))
