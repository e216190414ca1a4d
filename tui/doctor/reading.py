"""Reads the facts of the terminal that this process is on: terminfo, tmux, and its answers."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Final

from tui.doctor.asking import asking, may_ask
from tui.doctor.questions import Answers, examine
from tui.doctor.terminal import TerminalFacts, TmuxFacts
from tui.terminal.colors import in_gnu_screen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui.render.greys import Depth

_STDIN: Final = 0
_STDOUT: Final = 1
_TMUX_SECONDS: Final = 2.0
_COLORS: Final[Mapping[Depth, int]] = {"greys": 256, "sixteen": 16, "mono": 2}


def read_facts(environ: Mapping[str, str], depth: Depth) -> TerminalFacts:
    """Ask the terminal, terminfo and tmux.

    Args:
        environ: The process's environment.
        depth: The greys that the dashboard would use.

    Raises:
        OSError: Standard input or standard output is not a terminal any more.
    """
    size = os.get_terminal_size(_STDOUT)
    answers = Answers()
    is_asked = may_ask(_STDIN)
    if is_asked:
        with asking(_STDIN, _STDOUT) as asker:
            answers = examine(asker, size.columns)
    colors, mouse = _terminfo(environ.get("TERM", ""))
    return TerminalFacts(
        environ=environ,
        columns=size.columns,
        rows=size.lines,
        encoding=sys.stdout.encoding or "",
        terminfo_colors=colors,
        terminfo_mouse=mouse,
        used_colors=_COLORS[depth],
        in_gnu_screen=in_gnu_screen(environ),
        is_asked=is_asked,
        tmux=_tmux() if environ.get("TMUX") else None,
        answers=answers,
    )


def tmux_facts(printed: str) -> TmuxFacts | None:
    """What tmux printed for `_FORMAT`; `None` if it isn't that."""
    fields = printed.strip().split("|")
    if len(fields) != _FORMAT.count("|") + 1:
        return None
    return TmuxFacts(version=fields[0], is_utf8=fields[1] == "1", outer=fields[2])


_FORMAT: Final = "#{version}|#{client_utf8}|#{client_termname}"


def _tmux() -> TmuxFacts | None:
    words = ["tmux", "display-message", "-p", _FORMAT]
    try:
        printed = subprocess.run(  # noqa: S603 - a constant
            words, capture_output=True, check=True, timeout=_TMUX_SECONDS, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError):
        # The program is missing here, or its server belongs to another machine.
        return None
    return tmux_facts(printed.stdout.decode(errors="replace"))


def _terminfo(term: str) -> tuple[int | None, bool]:
    """How many colours its entry has, `None` without an entry, and whether there is a mouse."""
    try:
        import curses
    except ImportError:
        # Python was built without it.
        return 0, False
    try:
        curses.setupterm(term)
    except curses.error:
        return None, False
    return max(curses.tigetnum("colors"), 0), curses.tigetstr("kmous") is not None
