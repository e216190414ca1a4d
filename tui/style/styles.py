"""The colours of the dark theme and the styles made of them.

`tui.render.palette` holds the colours of the charts' contents; all others are here. They serve both
Textual's own styles, through `THEME`, and the rows that the widgets draw, through the styles below,
so that both match. `tui.style.themes` maps them to the other themes.

No meaning depends on colour alone: a word or a sign always says the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.style import Style
from textual.theme import Theme

from gan.events import Phase, Severity
from tui.render import greys
from tui.render.palette import ALERT_COLOR, D_COLOR, G_COLOR

if TYPE_CHECKING:
    from tui.render.greys import Depth

# Greys that are among the 256 colours: most connections over SSH have no more, and such a dark tint
# would become black or navy there.
BACKGROUND: Final = "#121212"
BAR: Final = "#262626"
TEXT_COLOR: Final = "#dadada"
QUIET_COLOR: Final = "#949494"
FAINT_COLOR: Final = "#808080"
OPEN_COLOR: Final = "#4e4e4e"
CURSOR_COLOR: Final = "#303030"
"""Behind the row under the cursor of a table."""

GREEN: Final = "#5fbf77"
AMBER: Final = "#e8b84a"
VIOLET: Final = "#a78bfa"
D_SCORE_COLOR: Final = "#7fa8c4"
G_SCORE_COLOR: Final = "#c49a72"

THEME: Final = Theme(
    name="gan-tui",
    primary=D_COLOR,
    secondary=G_COLOR,
    accent=VIOLET,
    success=GREEN,
    warning=AMBER,
    error=ALERT_COLOR,
    foreground=TEXT_COLOR,
    background=BACKGROUND,
    surface=BAR,
    panel=BAR,
    dark=True,
    variables={
        "footer-background": BAR,
        "footer-foreground": QUIET_COLOR,
        "footer-item-background": BAR,
        "footer-key-foreground": TEXT_COLOR,
        "footer-key-background": BAR,
        "footer-description-foreground": QUIET_COLOR,
        "footer-description-background": BAR,
        "text-quiet": QUIET_COLOR,
    },
)

TEXT: Final = Style(color=TEXT_COLOR)
STRONG: Final = Style(color=TEXT_COLOR, bold=True)
QUIET: Final = Style(color=QUIET_COLOR)
FAINT: Final = Style(color=FAINT_COLOR)
OPEN: Final = Style(color=OPEN_COLOR)
"""The open part of a progress bar: no text, so it may have little contrast."""

DONE: Final = Style(color=GREEN)
RUNNING: Final = Style(color=AMBER, bold=True)
QUALITY: Final = Style(color=GREEN)
RARE: Final = Style(color=AMBER, bold=True)
"""A class that hardly occurs among the generated images."""

WARNED: Final = Style(color=AMBER)
FAILED: Final = Style(color=ALERT_COLOR)
CURSOR: Final = Style(bgcolor=CURSOR_COLOR, bold=True)
"""The row under the cursor of a table."""

SPEED: Final = Style(color=VIOLET)
D_STYLE: Final = Style(color=D_COLOR)
G_STYLE: Final = Style(color=G_COLOR)
D_SCORE: Final = Style(color=D_SCORE_COLOR)
G_SCORE: Final = Style(color=G_SCORE_COLOR)
_BLACK: Final = Style(bgcolor="#000000")

LEVELS: Final[dict[Severity, Style]] = {
    Severity.INFO: QUIET,
    Severity.NOTICE: TEXT,
    Severity.WARNING: WARNED,
    Severity.ERROR: Style(color=ALERT_COLOR, bold=True),
}
"""The style of a log line's text."""


def black(depth: Depth) -> Style:
    """What digits are drawn on: black, or the terminal's own background."""
    return _BLACK if depth in ("greys", "sixteen") else greys.styles(depth)[0][0]


def _badge(color: str) -> Style:
    return Style(color=BACKGROUND, bgcolor=color, bold=True)


STOPPING_BADGE: Final = _badge(AMBER)
"""The badge of a run that was asked to stop."""

RAW_BADGE: Final = _badge(AMBER)
"""The badge of digits from the raw generator."""

BADGES: Final[dict[Phase, Style]] = {
    Phase.STARTING: _badge(QUIET_COLOR),
    Phase.LOADING: _badge(D_COLOR),
    Phase.IMPORTING: _badge(D_COLOR),
    Phase.COMPILING: _badge(D_COLOR),
    Phase.TRAINING: _badge(GREEN),
    Phase.PAUSED: _badge(AMBER),
    Phase.SAVING: _badge(VIOLET),
    Phase.EVALUATING: _badge(VIOLET),
    Phase.FINISHED: _badge(TEXT_COLOR),
    Phase.STOPPED: _badge(TEXT_COLOR),
    Phase.FAILED: _badge(ALERT_COLOR),
}
"""The badge of each phase."""
