"""The dashboard's colours, once: the theme for Textual's styles and the same for our own rows.

Apart from the widgets, because the rows that we draw ourselves must match what Textual draws.
Meaning never hangs on colour alone: wherever a colour says something, a word or a sign says it too.
"""

from __future__ import annotations

from typing import Final

from rich.style import Style
from textual.theme import Theme

from gan.events import Phase
from tui.log_lines import Level
from tui.render.palette import ALERT_COLOR, D_COLOR, G_COLOR

# Greys that are exactly among the 256 colours: most connections over SSH have no more, and a tint
# this dark would turn black or navy there.
_BACKGROUND: Final = "#121212"
_BAR: Final = "#262626"
_TEXT: Final = "#dadada"
_QUIET: Final = "#949494"
_FAINT: Final = "#585858"
_GREEN: Final = "#5fbf77"
_AMBER: Final = "#e8b84a"
_VIOLET: Final = "#a78bfa"

THEME: Final = Theme(
    name="gan-tui",
    primary=D_COLOR,
    secondary=G_COLOR,
    accent=_VIOLET,
    success=_GREEN,
    warning=_AMBER,
    error=ALERT_COLOR,
    foreground=_TEXT,
    background=_BACKGROUND,
    surface=_BAR,
    panel=_BAR,
    dark=True,
    variables={
        "footer-background": _BAR,
        "footer-foreground": _QUIET,
        "footer-item-background": _BAR,
        "footer-key-foreground": _TEXT,
        "footer-key-background": _BAR,
        "footer-description-foreground": _QUIET,
        "footer-description-background": _BAR,
        "text-quiet": _QUIET,
    },
)

TEXT: Final = Style(color=_TEXT)
STRONG: Final = Style(color=_TEXT, bold=True)
QUIET: Final = Style(color=_QUIET)
FAINT: Final = Style(color=_FAINT)
DONE: Final = Style(color=_GREEN)
RUNNING: Final = Style(color=_AMBER, bold=True)
SPEED: Final = Style(color=_VIOLET)
D_STYLE: Final = Style(color=D_COLOR)
G_STYLE: Final = Style(color=G_COLOR)
D_SCORE: Final = Style(color="#7fa8c4")
G_SCORE: Final = Style(color="#c49a72")
BLACK: Final = Style(bgcolor="#000000")

LEVELS: Final[dict[Level, Style]] = {
    Level.INFO: QUIET,
    Level.ASKED: TEXT,
    Level.WARNING: Style(color=_AMBER),
    Level.ERROR: Style(color=ALERT_COLOR, bold=True),
}
"""The style of a log line's text."""


def _badge(color: str) -> Style:
    return Style(color=_BACKGROUND, bgcolor=color, bold=True)


STOPPING_BADGE: Final = _badge(_AMBER)
"""Behind the word for a run that has been asked to stop."""

BADGES: Final[dict[Phase, Style]] = {
    Phase.STARTING: _badge(_QUIET),
    Phase.LOADING: _badge(D_COLOR),
    Phase.IMPORTING: _badge(D_COLOR),
    Phase.COMPILING: _badge(D_COLOR),
    Phase.TRAINING: _badge(_GREEN),
    Phase.PAUSED: _badge(_AMBER),
    Phase.SAVING: _badge(_VIOLET),
    Phase.FINISHED: _badge(_TEXT),
    Phase.STOPPED: _badge(_TEXT),
    Phase.FAILED: _badge(ALERT_COLOR),
}
"""Behind the word for what the run is doing."""
