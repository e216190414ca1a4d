"""Reads what is typed on a terminal, until the terminal hangs up."""

from __future__ import annotations

import os
import re
import selectors
from codecs import getincrementaldecoder
from typing import TYPE_CHECKING, Final

from tui.terminal.frame_writer import Selector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from threading import Event

_TICK_SECONDS: Final = 0.1
"""The longest time between two texts, and until the end of input is noticed."""

_BLOCK_BYTES: Final = 4096

_X10_MOUSE: Final = re.compile(rb"\x1b\[M[\x20-\xff]{3}")
"""A mouse report in the oldest encoding, whose three data bytes are not text."""


class TerminalInput:
    """The text typed on a terminal. Used by the input thread only."""

    def __init__(self, descriptor: int, *, on_reset: Callable[[], None]) -> None:
        """Begin without reading.

        Args:
            descriptor: The terminal, non-blocking. The caller closes it.
            on_reset: Called when the terminal has lost the modes that were set on it.
        """
        self._descriptor = descriptor
        self._on_reset = on_reset
        self.has_hung_up = False
        """Whether the input ended because the terminal is gone."""

    def texts(self, ended: Event) -> Iterator[str]:
        """The text as it is typed; empty if there was none for a tick.

        Args:
            ended: Ends the input when it is set.
        """
        # Input that is not UTF-8 must not end the keyboard.
        decoder = getincrementaldecoder("utf-8")("replace")
        with Selector() as selector:
            selector.register(self._descriptor, selectors.EVENT_READ)
            while not ended.is_set():
                data = self.read() if selector.select(_TICK_SECONDS) else b""
                if data is None:
                    self.has_hung_up = True
                    return
                yield decoder.decode(data)

    def read(self) -> bytes | None:
        """The input, without mouse reports in the oldest encoding; `None` at the end of input."""
        try:
            data = os.read(self._descriptor, _BLOCK_BYTES)
        except BlockingIOError:
            return b""
        except OSError:
            return None
        if not data:
            return None
        typed = _X10_MOUSE.sub(b"", data)
        if typed != data:
            # A terminal that was reset behind our back reports so: it has lost the modes we set.
            self._on_reset()
        return typed
