"""The end of input is recognized; everything else is tested on pseudo-terminals."""

from __future__ import annotations

import os
import pty

from tui.terminal.driver import TerminalInput


def read(descriptor: int) -> bytes | None:
    return TerminalInput(descriptor).read()


def test_the_end_of_input_is_the_end_of_the_terminal() -> None:
    """Textual's own reads it again and again, and takes a whole processor."""
    reader, writer = os.pipe()
    os.close(writer)
    try:
        assert read(reader) is None
    finally:
        os.close(reader)


def test_an_input_output_error_is_the_end_of_the_terminal() -> None:
    keyboard, device = pty.openpty()
    os.close(keyboard)
    try:
        assert read(device) is None
    finally:
        os.close(device)


def test_nothing_typed_yet_is_nothing() -> None:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    try:
        assert read(reader) == b""
    finally:
        os.close(reader)
        os.close(writer)
