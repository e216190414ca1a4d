"""The real program as a job of a shell: ctrl+z, fg, and its end by itself."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gan.run.directory import RunDirectory
from tests.end_to_end.conftest import SECONDS
from tests.end_to_end.terminal import Terminal
from tests.end_to_end.trials import SOON

if TYPE_CHECKING:
    from tests.end_to_end.conftest import Program

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("bash"), reason="a shell with jobs is needed"),
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="states are in /proc"),
]

PROMPT = "ready> "
TAKE_TERMINAL = "import fcntl, os, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
BECOME = "os.execvp('bash', ['bash', '--norc', '--noprofile', '-i'])"
SHELL = [sys.executable, "-c", TAKE_TERMINAL + BECOME]
"""An interactive shell that has the terminal, as after a login."""


def prompts(terminal: Terminal) -> int:
    return terminal.raw.count(PROMPT.encode())


def test_ctrl_z_suspends_fg_brings_it_back_and_the_end_closes_it(program: Program) -> None:
    run = RunDirectory(program.home / "job")
    words = [*program.words, *program.small, "--steps", "1500", "--run-dir", str(run.path)]
    environ = {**program.environ, "PS1": PROMPT}
    with Terminal(SHELL, cwd=program.home, env=environ) as terminal:
        terminal.wait_for(lambda: prompts(terminal) == 1, "a prompt", SOON)
        terminal.send(shlex.join([*words, "--exit-when-done"]) + "; echo code $?\n")
        terminal.wait_for_text(" TRAINING ", SECONDS)

        terminal.send("\x1a")

        terminal.wait_for(lambda: prompts(terminal) == 2, "the shell's prompt", SOON)
        assert not terminal.modes()[1049]
        assert "Stopped" in terminal.left_behind
        terminal.send("fg; echo code $?\n")
        terminal.wait_for(lambda: terminal.modes()[1049], "the dashboard", SOON)
        terminal.wait_for_text(" TRAINING ", SOON)
        terminal.wait_for(lambda: prompts(terminal) == 3, "the end of the run", SECONDS)
        assert "code 0" in terminal.left_behind
        assert "finished" in terminal.left_behind
        terminal.send("exit\n")
        terminal.wait_for_end(SOON)
