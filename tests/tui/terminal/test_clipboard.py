"""What is sent so that a terminal copies a text."""

from __future__ import annotations

import sys
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest

from tui.terminal.clipboard import copy_by_tmux, copy_codes

if TYPE_CHECKING:
    from pathlib import Path

CODE = f"\x1b]52;c;{b64encode('läuft'.encode()).decode()}\a"
WRAPPED = "\x1bPtmux;\x1b" + CODE + "\x1b\\"


@pytest.mark.parametrize(
    ("environ", "codes"),
    [
        ({"TERM": "xterm-256color"}, CODE),
        ({"TERM": "xterm-kitty", "TMUX": "/tmp/tmux,1,0"}, CODE + WRAPPED),  # noqa: S108
        ({"TERM": "tmux-256color"}, CODE + WRAPPED),
        ({"TERM": "screen-256color", "STY": "1.pts"}, CODE),
        ({}, CODE),
    ],
    ids=["xterm", "tmux", "tmux at the near end", "GNU screen", "unknown"],
)
def test_a_terminal_is_asked_to_copy(environ: dict[str, str], codes: str) -> None:
    assert copy_codes("läuft", environ) == codes


def test_the_bytes_of_a_path_that_is_no_text_are_copied_as_they_are() -> None:
    assert b64encode(b"/runs/\xff").decode() in copy_codes("/runs/\udcff", {})


def test_tmux_gets_the_text_on_standard_input(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    words = [sys.executable, "-c", f"import sys; open({str(taken)!r}, 'w').write(sys.stdin.read())"]

    assert copy_by_tmux("step 7", words)
    assert taken.read_text() == "step 7"


@pytest.mark.parametrize("words", [["false"], ["/no/such/program"]])
def test_a_tmux_that_does_not_know_how_is_no_error(words: list[str]) -> None:
    assert not copy_by_tmux("step 7", words)
