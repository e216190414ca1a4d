"""Textual's Linux driver, made to survive its terminal, and the input that it reads.

Textual's own blocks its event loop on a terminal that reads nothing, spins on one that has hung up,
and starts a second pair of threads on a stray SIGCONT; a training cannot afford any of these.

This file and `input_events` hold all uses of Textual's private names, each with its reason, so that
an upgrade has two files to check; the tests on a pseudo-terminal show what each is for.
"""

from __future__ import annotations

import errno
import io
import os
import selectors
import signal
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TextIO

from textual._ansi_sequences import SYNC_END, SYNC_START  # written around each frame
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Resize
from textual.geometry import Size
from textual.message import Message

from tui.terminal.background import question_for
from tui.terminal.frame_writer import CLOSE_SECONDS, Selector, TerminalOutput, own_descriptor
from tui.terminal.input_events import InputEvents
from tui.terminal.job_control import JobControl, restore_settings
from tui.terminal.tokens import Tokenizer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from textual.app import App

    from tui.terminal.tokens import Token

_FALLBACK_SIZE: Final = (80, 24)

_TICK_SECONDS: Final = 0.1
"""The longest time between two texts, and until the end of input is noticed."""

_BLOCK_BYTES: Final = 4096
_SHOWN_CHARACTERS: Final = 32


class TerminalGone(Message):
    """The terminal has hung up: the application has neither output nor input any more."""


class InputFailed(Message):
    """A piece of the terminal's input raised an error, and was dropped."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


def hardened_driver(app: App[Any]) -> HardenedDriver | None:
    """The driver of an application; `None` before it runs, or if it has no terminal."""
    driver = app._driver  # noqa: SLF001  # no public name
    return driver if isinstance(driver, HardenedDriver) else None


def restore_terminal(app: App[Any]) -> None:
    """Restore the terminal at once, for a process that is about to exit by force.

    May be called at any time, from any thread or signal handler, with or without an event loop. It
    does nothing if the terminal is not in use, waits for half a second at most, and never raises.
    The application draws nothing afterwards.
    """
    driver = hardened_driver(app)
    if driver is not None:
        driver.restore_terminal()


class HardenedDriver(LinuxDriver):
    """Draws on the terminal as long as it exists, and never blocks on it.

    Use it as an application's `driver_class`. The application gets one `TerminalGone` message when
    the terminal has hung up.
    """

    def __init__(
        self,
        app: App[Any],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        """Open descriptors of the terminal; nothing is drawn until the application starts it.

        Args:
            app: The application.
            debug: Whether to log the keys.
            mouse: Whether to ask the terminal for mouse reports.
            size: Columns and rows; `None` for the terminal's own.

        Raises:
            OSError: Standard input is closed, or neither standard output nor standard error is
                open.
        """
        # Before Textual sets handlers of its own.
        self._jobs = JobControl()
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        # Textual reads from it and sets its modes, under this name.
        self.fileno = own_descriptor(_number(sys.__stdin__, "standard input"))
        self._output_descriptor = own_descriptor(_drawn_on())
        # For Textual's own writer, which gets nothing to write.
        self._file = io.TextIOWrapper(io.BytesIO())
        # Used for the application's first layout, in place of COLUMNS or descriptor 1.
        self._size = size or self._get_terminal_size()
        self._closed = self._gone = False
        self._gone_lock = threading.Lock()
        self._output = TerminalOutput(
            self._output_descriptor,
            (SYNC_START, SYNC_END),
            on_gone=self._lose,
            on_recovery=self._request_repaint,
        )
        # Instead of Textual's handlers: these run between callbacks, not within one.
        self._jobs.listen(self._loop, self.fileno, release=self._release, take_over=self._take_over)

    @property
    def gone(self) -> bool:
        """Whether the terminal has hung up."""
        return self._gone

    @property
    def backlog(self) -> int:
        """Number of writes that the terminal has not taken yet; draw nothing new until it is 0."""
        return self._output.backlog

    @property
    def sent(self) -> int:
        """Bytes accepted for the terminal so far, without dropped ones."""
        return self._output.sent

    def set_title(self, title: str) -> None:
        """Set the title of the terminal's window; the former one is restored at the end."""
        self._output.set_title(title)

    def write(self, data: str) -> None:
        """Queue this for writing, a frame as a whole. Never blocks, never raises."""
        self._output.write(data)

    def start_application_mode(self) -> None:
        """Take over the terminal: alternate screen, mouse, raw keys."""
        self.exit_event.clear()
        self._output.open()
        super().start_application_mode()  # type: ignore[no-untyped-call]  # untyped in Textual
        self.write(question_for(os.environ.get("TERM", "")))
        # Textual has started a writer of its own, which would block on the terminal; unused.
        if self._writer_thread is not None:
            self._writer_thread.stop()
            self._writer_thread = None
        # Textual's handler reads the size wherever it interrupts, even within itself: of many
        # signals the last to be handled may have been an early one.
        self._loop.add_signal_handler(signal.SIGWINCH, self._resize)
        if self._key_thread is None:
            # Textual has given up silently, because the terminal's modes cannot be set.
            self._lose()

    def disable_input(self) -> None:
        """End the input thread."""
        self.exit_event.set()
        if self._key_thread is not None:
            self._key_thread.join(CLOSE_SECONDS)
            self._key_thread = None

    def stop_application_mode(self) -> None:
        """Restore the terminal; if it takes no bytes, as much as is possible in time."""
        self.disable_input()
        if self._output.is_open:
            self._output.close()
            restore_settings(self.fileno, self.attrs_before)

    def suspend_application_mode(self) -> None:
        """Restore the terminal for a while; the writer keeps running."""
        self.stop_application_mode()

    def close(self) -> None:
        """Close the terminal's descriptors and restore the signals. A second call does nothing."""
        if self._closed:
            return
        self._closed = True
        # If taking over the terminal has failed, Textual does not stop application mode.
        self.stop_application_mode()
        self._jobs.end()
        if self._output.end():
            os.close(self._output_descriptor)
            os.close(self.fileno)

    def restore_terminal(self) -> None:
        """Restore the terminal at once; see the function of this name."""
        if self._output.is_open or self.backlog:
            self._output.restore_now()
            restore_settings(self.fileno, self.attrs_before)

    def run_input_thread(self) -> None:
        """Turn input into events until it ends; Textual runs this on a thread of its own."""
        typed = TerminalInput(self.fileno)
        found = InputEvents(
            self._get_terminal_size, on_reset=lambda: self._request(self._assert_modes)
        )
        for token in typed.tokens(self.exit_event):
            if dropped := _pass_on(token, found, self.process_message):
                with suppress(RuntimeError):
                    self._app.post_message(InputFailed(dropped))
        if typed.has_hung_up:
            self._lose()

    def _get_terminal_size(self) -> tuple[int, int]:
        """Columns and rows of the terminal; Textual calls this when it resizes."""
        return _size_of(self._output_descriptor) or self._size or _FALLBACK_SIZE

    def _resize(self) -> None:
        """Report the size to the application. A report in band may say the same again."""
        size = Size(*self._get_terminal_size())
        self._app.post_message(Resize(size, size))

    def _release(self) -> bool:
        """Restore the terminal before the process stops; returns whether it was in use."""
        # Not while the application has itself lent the terminal to another program.
        if not self._auto_restart:
            return False
        self.suspend_application_mode()
        self._must_signal_resume = True  # the start will report the return to the application
        return True

    def _take_over(self) -> None:
        """Take over the terminal again after a stop."""
        if self._gone:
            return
        self.resume_application_mode()
        # Textual draws nothing if the size is the same as before.
        self._request_repaint()

    def _lose(self) -> None:
        """Report that the terminal has hung up. Called on any thread, any number of times."""
        with self._gone_lock:
            if self._gone:
                return
            self._gone = True
        # The application and its event loop may have ended meanwhile.
        with suppress(RuntimeError):
            self._app.post_message(TerminalGone())

    def _request_repaint(self) -> None:
        self._request(self._repaint)

    def _request(self, action: Callable[[], None]) -> None:
        """Call this on the application's event loop. May be called on any thread."""
        with suppress(RuntimeError):
            self._app.call_later(action)

    def _repaint(self) -> None:
        """Draw everything, because what the terminal shows is unknown."""
        self._assert_modes()
        self._app.refresh()

    def _assert_modes(self) -> None:
        """Set all modes that can be set repeatedly, in case a write of one was dropped."""
        self._enable_mouse_support()
        self._enable_bracketed_paste()
        self._disable_line_wrap()
        self.write("\x1b[?1004h\x1b[?25l")
        # Textual enables these together, once the terminal reports that it has them.
        if self._in_band_window_resize:
            self._enable_in_band_window_resize()
            self._enable_mouse_pixels()


def _size_of(descriptor: int) -> tuple[int, int] | None:
    """Columns and rows of a terminal; `None` if it doesn't tell."""
    try:
        columns, rows = os.get_terminal_size(descriptor)
    except OSError:
        return None
    return (columns, rows) if columns and rows else _FALLBACK_SIZE


def _pass_on(token: Token, found: InputEvents, take: Callable[[Message], None]) -> str:
    """Pass a token's events on; returns why it was dropped, or an empty string.

    Whatever a terminal sends, its input goes on.
    """
    try:
        for event in found.of(token):
            take(event)
    except Exception as error:  # noqa: BLE001 - the one place where any error of the input ends
        return f"dropped input {token.text[:_SHOWN_CHARACTERS]!a}: {error!r}"
    return ""


class TerminalInput:
    """What is typed on a terminal. Used by the input thread only."""

    def __init__(self, descriptor: int) -> None:
        """Begin without reading.

        Args:
            descriptor: The terminal, non-blocking. The caller closes it.
        """
        self._descriptor = descriptor
        self.has_hung_up = False
        """Whether the input ended because the terminal is gone."""

    def tokens(self, ended: threading.Event) -> Iterator[Token]:
        """The pieces of input, as they are typed.

        Args:
            ended: Ends the input when it is set.
        """
        tokenizer, last_read = Tokenizer(), time.monotonic()
        with Selector() as selector:
            selector.register(self._descriptor, selectors.EVENT_READ)
            while not ended.is_set():
                data = self.read() if selector.select(_TICK_SECONDS) else b""
                if data is None:
                    self.has_hung_up = True
                    return
                if data:
                    last_read = time.monotonic()
                    yield from tokenizer.feed(data)
                else:
                    yield from tokenizer.after_silence(time.monotonic() - last_read)

    def read(self) -> bytes | None:
        """The input, empty if there is none yet; `None` at its end."""
        try:
            data = os.read(self._descriptor, _BLOCK_BYTES)
        except BlockingIOError:
            return b""
        except OSError:
            return None
        return data or None


def _drawn_on() -> int:
    """The descriptor to draw on: standard output, or standard error if output goes elsewhere."""
    if sys.__stdout__ is not None and sys.__stdout__.isatty():
        return sys.__stdout__.fileno()
    return _number(sys.__stderr__, "standard error")


def _number(stream: TextIO | None, name: str) -> int:
    """The descriptor of a standard stream; `None` stands for one that was closed at the start."""
    if stream is None:
        raise OSError(errno.EBADF, f"{name} is closed; the dashboard needs a terminal there")
    return stream.fileno()
