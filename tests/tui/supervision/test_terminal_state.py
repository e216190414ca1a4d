"""A terminal that a dead process left raw, and the parent that restores it."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import termios
import time
import tty
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tui.supervision.terminal_state import POP_TITLE, RESTORE, write_within

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]

PROGRAM = """
import os, sys, termios, tty
from tui.supervision.terminal_state import TerminalState, write_line
state = TerminalState()
BODY
state.restore(had_screen="SCREEN" == "on")
write_line("the end")
"""


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """The two ends of a terminal: what a person has, and what a program has."""
    ends = pty.openpty()
    yield ends
    for end in ends:
        os.close(end)


def shown(keyboard: int) -> bytes:
    """All that the terminal was sent until now."""
    data = b""
    while select.select([keyboard], [], [], 0)[0]:
        data += os.read(keyboard, 65_536)
    return data


def run(device: int, body: str, screen: str = "off") -> None:
    subprocess.run(
        [sys.executable, "-c", PROGRAM.replace("BODY", body).replace("SCREEN", screen)],
        cwd=ROOT,
        stdin=device,
        stdout=device,
        stderr=device,
        start_new_session=True,
        timeout=20,
        check=True,
    )


def test_a_terminal_that_was_taken_is_as_before(terminal: tuple[int, int]) -> None:
    keyboard, device = terminal
    before = termios.tcgetattr(device)
    run(device, "tty.setraw(0)")

    assert termios.tcgetattr(device) == before
    assert shown(keyboard) == b"\x18" + RESTORE + POP_TITLE + b"the end\r\n"


def test_one_that_was_being_taken_is_as_before(terminal: tuple[int, int]) -> None:
    """It was in the alternate screen already, and not raw yet."""
    keyboard, device = terminal
    run(device, "", screen="on")

    assert shown(keyboard) == b"\x18" + RESTORE + POP_TITLE + b"the end\r\n"


def test_of_one_that_was_not_only_the_cursor_is_shown(terminal: tuple[int, int]) -> None:
    """Leaving an alternate screen that was not entered would move the cursor."""
    keyboard, device = terminal
    run(device, "")

    assert shown(keyboard) == b"\x1b[?25hthe end\r\n"


def test_what_was_typed_meanwhile_is_not_for_the_shell(terminal: tuple[int, int]) -> None:
    keyboard, device = terminal
    tty.setraw(device)
    os.write(keyboard, b"rm -rf\r")
    run(device, "")

    assert not select.select([device], [], [], 0)[0]


def test_a_terminal_that_has_hung_up_is_no_error() -> None:
    keyboard, device = pty.openpty()
    try:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM.replace("BODY", "sys.stdin.read()")],
            cwd=ROOT,
            stdin=device,
            stdout=device,
            stderr=device,
            start_new_session=True,
        )
    finally:
        os.close(keyboard)
        os.close(device)

    assert process.wait(20) == 0


def test_a_terminal_that_nobody_reads_is_given_up_in_time(terminal: tuple[int, int]) -> None:
    _, device = terminal
    began = time.monotonic()
    write_within(device, b"x" * 100_000, 0.2)

    assert 0.2 <= time.monotonic() - began < 5


def test_to_a_pipe_all_is_written() -> None:
    reader, writer = os.pipe()
    write_within(writer, b"all", None)
    os.close(writer)

    assert os.read(reader, 10) == b"all"
    os.close(reader)
