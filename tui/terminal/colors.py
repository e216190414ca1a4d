"""What the environment says about the terminal's colours, where it is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

_TRUECOLOR: Final = ("truecolor", "24bit")
_TERM_WITH_256_COLORS: Final = "screen-256color"


def correct_colors(environ: MutableMapping[str, str]) -> None:
    """Set the variables that Rich and Textual read for colours, where GNU screen inherits them.

    COLORTERM describes the terminal around it. GNU screen itself has 256 colours unless its user
    turns on more, and reads the code of a 24-bit colour as other codes, such as blinking.
    """
    if not in_gnu_screen(environ):
        return
    if environ.get("COLORTERM", "").strip().lower() in _TRUECOLOR:
        del environ["COLORTERM"]
    if environ.get("TERM", "").startswith("screen"):
        environ["TERM"] = _TERM_WITH_256_COLORS


def in_gnu_screen(environ: Mapping[str, str]) -> bool:
    """Whether the terminal is GNU screen, here or, over SSH, where the terminal is.

    tmux calls itself `screen` too, but sets TMUX, and has 24-bit colour.
    """
    if environ.get("STY"):
        return True
    return environ.get("TERM", "").startswith("screen") and not environ.get("TMUX")
