"""The variables that colours are chosen by, where GNU screen has inherited them."""

from __future__ import annotations

import pytest
from rich.console import Console

from tui.terminal.colors import correct_colors

INHERITED = {"COLORTERM": "truecolor"}
STY = {"STY": "4711.pts-0.box"}
TMUX = {"TMUX": "/run/tmux/default,1,0"}


def color_system(environ: dict[str, str]) -> str | None:
    corrected = dict(environ)
    correct_colors(corrected)
    return Console(force_terminal=True, _environ=corrected).color_system


@pytest.mark.parametrize(
    "environ",
    [
        {"TERM": "screen", **STY, **INHERITED},
        {"TERM": "screen.xterm-256color", **STY, **INHERITED},
        {"TERM": "screen-256color", **STY, "COLORTERM": "24bit"},
        {"TERM": "screen", **STY},
        {"TERM": "xterm-256color", **STY, **INHERITED},
        {"TERM": "screen", **INHERITED},
        {"TERM": "screen-256color", **STY, **TMUX, **INHERITED},
    ],
    ids=["here", "newer", "24bit", "no COLORTERM", "other TERM", "over SSH", "and tmux"],
)
def test_gnu_screen_has_256_colours(environ: dict[str, str]) -> None:
    assert color_system(environ) == "256"


@pytest.mark.parametrize(
    ("environ", "system"),
    [
        ({"TERM": "xterm-256color", **INHERITED}, "truecolor"),
        ({"TERM": "screen-256color", **TMUX, **INHERITED}, "truecolor"),
        ({"TERM": "tmux-256color", **TMUX, **INHERITED}, "truecolor"),
        ({"TERM": "xterm-256color"}, "256"),
        ({"TERM": "linux"}, "standard"),
        ({"TERM": "dumb", **STY, **INHERITED}, None),
        ({**STY}, "standard"),
    ],
    ids=["xterm", "tmux as screen", "tmux", "ssh", "console", "dumb", "no TERM"],
)
def test_all_others_have_what_they_say(environ: dict[str, str], system: str | None) -> None:
    before = dict(environ)

    assert color_system(environ) == system
    assert environ == before


def test_what_the_user_says_of_the_colours_stays() -> None:
    environ = {"TERM": "screen", "NO_COLOR": "1", "COLORTERM": "rxvt", **STY}
    correct_colors(environ)

    assert environ == {"TERM": "screen-256color", "NO_COLOR": "1", "COLORTERM": "rxvt", **STY}
