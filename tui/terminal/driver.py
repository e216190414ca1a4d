"""The terminal as the dashboard holds it: Textual's Linux driver, made to survive its terminal.

Textual's own waits on its event loop for a terminal that reads nothing, spins on one that has hung
up, and starts a second pair of threads on a stray SIGCONT; a training cannot afford any of these.
All of Textual that is private and that this program relies on stands in this file, each name with
its reason, so that an upgrade has one file to check; the tests on a pseudo-terminal say what for.
"""

from __future__ import annotations

import errno
import io
import os
import re
import selectors
import signal
import sys
import termios
from codecs import getincrementaldecoder
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, TextIO

from textual._ansi_sequences import SYNC_END, SYNC_START  # what brackets a frame
from textual._xterm_parser import XTermParser  # bytes of a terminal become keys
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Resize
from textual.geometry import Size
from textual.message import Message

from gan.text.safe_text import safe_text
from tui.terminal.frame_writer import FrameWriter, Selector, own_descriptor

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App

_CLOSE_SECONDS: Final = 0.8
"""How long the end of the dashboard, or its suspension, waits for the terminal."""

_EMERGENCY_SECONDS: Final = 0.2
_LOOK_SECONDS: Final = 0.5
_TICK_SECONDS: Final = 0.1
"""How often an escape key is told from the start of a sequence, and the end of input looked for."""

_BLOCK_BYTES: Final = 4096
_FALLBACK_SIZE: Final = (80, 24)
_SIGNALS: Final = (signal.SIGTSTP, signal.SIGCONT, signal.SIGWINCH)

_X10_MOUSE: Final = re.compile(rb"\x1b\[M[\x20-\xff]{3}")
"""A mouse report in the oldest encoding, whose three bytes of data are not text."""

_RESTORE: Final = (
    b"\x1b[?2026l"  # a frame that was cut short ends here
    b"\x1b[?1016l\x1b[?1006l\x1b[?1015l\x1b[?1003l\x1b[?1000l"  # the mouse
    b"\x1b[?2048l\x1b[?1004l\x1b[?2004l"  # reports of size and focus, bracketed paste
    b"\x1b[?7h\x1b[0m"  # wrapping on, colours off
    b"\x1b[<u"  # the keyboard; each screen has its own, so before the alternate one is left
    b"\x1b[?1049l\x1b[?25h"
)
"""Undoes all that the driver or the application may have done to a terminal."""

_PUSH_TITLE: Final = "\x1b[22;2t"
_POP_TITLE: Final = b"\x1b[23;2t"
"""The terminal keeps the names of its window on a stack; popped only where something was pushed."""


class TerminalGone(Message):
    """The terminal has hung up: nobody sees the application any more, or can type to it."""


def hardened_driver(app: App[Any]) -> HardenedDriver | None:
    """The driver of an application; none before it runs, or where it runs without a terminal."""
    driver = app._driver  # noqa: SLF001  # Textual has no public name for it
    return driver if isinstance(driver, HardenedDriver) else None


def restore_terminal(app: App[Any]) -> None:
    """Give the terminal back at once, for a process that is about to leave by force.

    May be called at any time, from any thread or signal handler, with or without an event loop;
    does nothing where there is nothing to give back, waits for half a second at most, and never
    raises. The application draws nothing afterwards.
    """
    driver = hardened_driver(app)
    if driver is not None:
        driver.restore_terminal()


_COLOR_STARTS: Final = tuple(f"{bold}38;{kind};" for bold in ("", "1;") for kind in (2, 5))
"""How the sequence of a coloured text begins, in 24 bits and in 256 colours."""


def _tersely(text: str) -> str:
    """The text with the end of one style and the start of the next in one sequence.

    A tenth of the bytes of a frame. A style has a third number where a cursor's place has none.
    """
    for start in _COLOR_STARTS:
        text = text.replace(f"\x1b[0m\x1b[{start}", f"\x1b[0;{start}")
    return text


class HardenedDriver(LinuxDriver):
    """Draws on the terminal for as long as there is one, and never waits for it.

    Use it as an application's `driver_class`. The application gets one `TerminalGone` when the
    terminal has hung up.
    """

    def __init__(
        self,
        app: App[Any],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        """Take descriptors of the terminal; nothing is drawn until the application starts it.

        Args:
            app: The application.
            debug: Log the keys.
            mouse: Ask the terminal to report the mouse.
            size: Columns and rows, where they are not the terminal's own.

        Raises:
            OSError: Standard input or standard error is closed.
        """
        self._handlers_before = {number: signal.getsignal(number) for number in _SIGNALS}
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        # Read, asked for its modes and set by Textual, under this name.
        self.fileno = own_descriptor(_number(sys.__stdin__, "standard input"))
        self._output = own_descriptor(_number(sys.__stderr__, "standard error"))
        # Given to a writer of Textual's own, which gets nothing to write.
        self._file = io.TextIOWrapper(io.BytesIO())
        # The application's first layout takes it from here; else from COLUMNS or descriptor 1.
        self._size = size or self._get_terminal_size()
        self._frame: list[str] | None = None
        self._titled = False
        self._drawing = False
        self._stopped = False
        self._closed = False
        self._gone = False
        self._gone_lock = Lock()
        self._writer = FrameWriter(
            self._output, on_gone=self._lose, on_recovery=self._request_repaint
        )
        self._writer.start()
        # In place of Textual's handlers, so that they run between callbacks and not within one.
        self._loop.add_signal_handler(signal.SIGTSTP, self._suspend)
        self._loop.add_signal_handler(signal.SIGCONT, self._continue)

    @property
    def gone(self) -> bool:
        """Whether the terminal has hung up."""
        return self._gone

    @property
    def backlog(self) -> int:
        """How many writes the terminal has not taken yet; while there are any, draw nothing new."""
        return self._writer.backlog

    @property
    def sent(self) -> int:
        """Bytes given to the terminal so far, without those that were dropped."""
        return self._writer.accepted

    def set_title(self, title: str) -> None:
        """Name the terminal's window; at the end it gets the name back that it had."""
        if not self._titled:
            self._titled = True
            self.write(_PUSH_TITLE)
        self.write(f"\x1b]2;{safe_text(title)}\x1b\\")

    def write(self, data: str) -> None:
        """Have this written, and a frame as a whole. Never waits, never raises."""
        if not self._drawing:
            return
        if data == SYNC_START:
            self._frame = []
        elif self._frame is None:
            self._writer.write(_tersely(data).encode(errors="replace"))
        elif data == SYNC_END:
            frame = _tersely("".join((SYNC_START, *self._frame, SYNC_END)))
            self._frame = None
            self._writer.write(frame.encode(errors="replace"))
        else:
            self._frame.append(data)

    def start_application_mode(self) -> None:
        """Take the terminal: the alternate screen, the mouse, raw keys."""
        self.exit_event.clear()
        self._drawing = True
        super().start_application_mode()  # type: ignore[no-untyped-call]  # as Textual has it
        # Textual has made a writer of its own, which waits for the terminal. It has no work.
        if self._writer_thread is not None:
            self._writer_thread.stop()
            self._writer_thread = None
        # Textual's handler reads the size where it interrupts, even within itself: of many signals
        # the last to be handled may then have been an early one.
        self._loop.add_signal_handler(signal.SIGWINCH, self._resize)
        if self._key_thread is None:
            # Textual has given up without a word, because the terminal's modes cannot be set.
            self._lose()

    def disable_input(self) -> None:
        """End the input thread."""
        self.exit_event.set()
        if self._key_thread is not None:
            self._key_thread.join(_CLOSE_SECONDS)
            self._key_thread = None

    def stop_application_mode(self) -> None:
        """Give the terminal back; where it takes no bytes, as much as can be done in time."""
        self.disable_input()
        if not self._drawing:
            return
        self._drawing = False
        self._frame = None
        self._writer.replace(self._restore)
        self._writer.wait(_CLOSE_SECONDS)
        self._restore_settings()

    def suspend_application_mode(self) -> None:
        """Give the terminal back for a while; the writer stays."""
        self.stop_application_mode()

    def close(self) -> None:
        """Give up the terminal's descriptors and the signals. A second time does nothing."""
        if self._closed:
            return
        self._closed = True
        # Where taking the terminal has failed, Textual does not stop what it never started.
        self.stop_application_mode()
        for number, handler in self._handlers_before.items():
            self._loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        # Once there is nothing to write the thread only has to get its turn.
        if self._writer.end(_TICK_SECONDS if self.backlog else _CLOSE_SECONDS):
            os.close(self._output)
            os.close(self.fileno)

    def restore_terminal(self) -> None:
        """Give the terminal back at once; see the function of this name."""
        if not self._drawing and not self.backlog:
            return
        self._drawing = False
        self._writer.bypass(self._restore, _EMERGENCY_SECONDS)
        self._restore_settings()

    @property
    def _restore(self) -> bytes:
        return _RESTORE + _POP_TITLE if self._titled else _RESTORE

    def run_input_thread(self) -> None:
        """Turn what is typed into events until the end of input; Textual runs it on its thread."""
        parser = XTermParser(self._debug)
        # What is not UTF-8 is no reason to lose the keyboard.
        decoder = getincrementaldecoder("utf-8")("replace")
        with Selector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(_TICK_SECONDS):
                    data = self._read()
                    if data is None:
                        self._lose()
                        return
                    for event in parser.feed(decoder.decode(data)) if data else ():
                        self.process_message(event)
                for event in parser.tick():
                    self.process_message(event)

    def _read(self) -> bytes | None:
        """What was typed, without mouse reports that nobody asked for; none at the end of input."""
        try:
            data = os.read(self.fileno, _BLOCK_BYTES)
        except BlockingIOError:
            return b""
        except OSError:
            return None
        if not data:
            return None
        typed = _X10_MOUSE.sub(b"", data)
        if typed != data:
            # So reports a terminal that was made anew under us, and has lost the modes we set.
            self._request(self._assert_modes)
        return typed

    def _get_terminal_size(self) -> tuple[int, int]:
        """Columns and rows of the terminal that is drawn on; Textual asks when it resizes."""
        try:
            columns, rows = os.get_terminal_size(self._output)
        except OSError:
            return self._size or _FALLBACK_SIZE
        return (columns, rows) if columns and rows else _FALLBACK_SIZE

    def _resize(self) -> None:
        """Tell the application its size, unless the terminal tells it with its own reports."""
        if not self._in_band_window_resize:
            size = Size(*self._get_terminal_size())
            self._app.post_message(Resize(size, size))

    def _continue(self) -> None:
        """After our own stop only: schedulers and the kernel send SIGCONT for other reasons too."""
        if self._stopped:
            self._stopped = False
            self._resume()

    def _suspend(self) -> None:
        """Give the terminal back and stop the process, as a shell expects of it."""
        # Not while the application has lent the terminal to another program itself.
        if self._auto_restart:
            self.suspend_application_mode()
            self._must_signal_resume = True  # has the start tell the application of its return
            self._stopped = True
        os.kill(os.getpid(), signal.SIGSTOP)

    def _resume(self) -> None:
        """Take the terminal again once it is ours: a job may be continued in the background."""
        if self._closed or self._gone:
            return
        if self._in_foreground():
            self.resume_application_mode()
            # Textual draws nothing for a size that is the same as before.
            self._request_repaint()
        else:
            self._loop.call_later(_LOOK_SECONDS, self._resume)

    def _in_foreground(self) -> bool:
        try:
            return os.tcgetpgrp(self.fileno) == os.getpgrp()
        except OSError:
            # It is not the terminal that controls us: no shell gives it to one job or another.
            return True

    def _lose(self) -> None:
        """The terminal has hung up. Called on any thread, any number of times."""
        with self._gone_lock:
            if self._gone:
                return
            self._gone = True
        # The application may have ended meanwhile, and its event loop with it.
        with suppress(RuntimeError):
            self._app.post_message(TerminalGone())

    def _request_repaint(self) -> None:
        self._request(self._repaint)

    def _request(self, action: Callable[[], None]) -> None:
        """Have this done on the application's event loop. Called on any thread."""
        with suppress(RuntimeError):
            self._app.call_later(action)

    def _repaint(self) -> None:
        """Draw everything, because nobody knows what the terminal shows."""
        self._assert_modes()
        self._app.refresh()

    def _assert_modes(self) -> None:
        """Set every mode that can be set twice, in case a write of one of them was dropped."""
        self._enable_mouse_support()
        self._enable_bracketed_paste()
        self._disable_line_wrap()
        self.write("\x1b[?1004h\x1b[?25l")
        # Textual turns these on together, when the terminal says that it knows them.
        if self._in_band_window_resize:
            self._enable_in_band_window_resize()
            self._enable_mouse_pixels()

    def _restore_settings(self) -> None:
        """The line discipline as it was; what was typed to the dashboard is not for the shell.

        In the background it is the shell's, and to change it would stop the process.
        """
        if self.attrs_before is None or not self._in_foreground():
            return
        with suppress(termios.error):
            termios.tcflush(self.fileno, termios.TCIFLUSH)
            termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)


def _number(stream: TextIO | None, name: str) -> int:
    """The descriptor of a standard stream, which Python has none of where it was started closed."""
    if stream is None:
        raise OSError(errno.EBADF, f"{name} is closed; the dashboard needs a terminal there")
    return stream.fileno()
