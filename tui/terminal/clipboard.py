"""The clipboard of the terminal, which may be on another machine: OSC 52, and tmux's own way."""

from __future__ import annotations

import subprocess
from base64 import b64encode
from typing import TYPE_CHECKING, Final

from tui.terminal.colors import in_gnu_screen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SECONDS: Final = 2.0
_LOAD: Final = ("tmux", "load-buffer", "-w", "-")
"""Since tmux 3.2: into a buffer, and into the clipboard of the terminal that tmux is shown on."""


def copy_codes(text: str, environ: Mapping[str, str]) -> str:
    """What to send to the terminal so that it copies a text.

    Where the terminal calls itself tmux, which may be at the near end of an SSH link, also wrapped:
    tmux passes that on if it was allowed to.

    Args:
        text: The text.
        environ: The process's environment.
    """
    code = f"\x1b]52;c;{b64encode(text.encode('utf-8', 'surrogateescape')).decode()}\a"
    is_tmux = environ.get("TERM", "").startswith(("tmux", "screen")) and not in_gnu_screen(environ)
    if not (is_tmux or environ.get("TMUX")):
        return code
    wrapped = code.replace("\x1b", "\x1b\x1b")
    return f"{code}\x1bPtmux;{wrapped}\x1b\\"


def copy_by_tmux(text: str, words: Sequence[str] = _LOAD) -> bool:
    """Have the tmux around this process copy a text; returns whether it did. Waits two seconds.

    In its default settings tmux ignores the codes of programs, but not this.

    Args:
        text: The text.
        words: The command that takes it on standard input.
    """
    try:
        subprocess.run(  # noqa: S603 - a constant
            words,
            input=text.encode("utf-8", "surrogateescape"),
            capture_output=True,
            check=True,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        # It is missing here, older, or its server belongs to another machine.
        return False
    return True
