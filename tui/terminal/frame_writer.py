"""Writes to a terminal on a thread of its own, so that no other thread blocks on it.

A terminal may stop taking bytes for a second or for ever: a hanging link, a stopped reader. Writes
that it cannot take in time are dropped whole, and a callback reports when to draw everything again.
"""

from __future__ import annotations

import fcntl
import os
import selectors
import sys
import time
from collections import deque
from contextlib import suppress
from threading import Condition, Lock, Thread
from typing import TYPE_CHECKING, Final

from gan.text.safe_text import safe_text
from tui.supervision.terminal_state import POP_TITLE, RESTORE

if TYPE_CHECKING:
    from collections.abc import Callable

# Textual uses select(), which fails for descriptors above 1023, and a training process may have as
# many files open; but poll() on macOS has had problems with terminals.
Selector = selectors.SelectSelector if sys.platform == "darwin" else selectors.PollSelector

_MAX_PENDING_BYTES: Final = 65_536
"""With this much pending, the next write is dropped. A frame in 24-bit colour may be twice this."""

_STALL_SECONDS: Final = 4.0
"""Longer than a slow link ever takes no bytes: at 8 kB/s a full buffer is empty in two seconds."""

CLOSE_SECONDS: Final = 0.8
"""Maximum wait for the terminal when the dashboard ends or is suspended."""

_EMERGENCY_SECONDS: Final = 0.2
_END_SECONDS: Final = 0.1

_PUSH_TITLE: Final = "\x1b[22;2t"
"""The terminal keeps its window titles on a stack; popped only if one was pushed."""

_COLOR_STARTS: Final = tuple(f"{bold}38;{kind};" for bold in ("", "1;") for kind in (2, 5))
"""The start of a coloured text's escape sequence, in 24-bit colour and in 256 colours."""

_REFUSED_SECONDS: Final = 0.01
_FIRST_PRIVATE: Final = 3
_ESCAPE: Final = b"\x1b"


def own_descriptor(descriptor: int) -> int:
    """A descriptor of the same terminal that nothing else in the process closes or redirects.

    The terminal is opened again if possible: only then is non-blocking mode limited to this
    descriptor and not shared with the shell and all others that have the terminal open.

    Raises:
        OSError: The descriptor is not open.
    """
    flags = os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC
    # A terminal may have no name here, as in a container, or another owner, as after su.
    with suppress(OSError):
        return os.open(os.ttyname(descriptor), flags)
    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _FIRST_PRIVATE)


class FrameWriter:
    """Writes whole frames in order, each as soon as the terminal takes it."""

    def __init__(
        self, descriptor: int, *, on_gone: Callable[[], None], on_recovery: Callable[[], None]
    ) -> None:
        """Prepare; nothing is written until `start`.

        Args:
            descriptor: A terminal, preferably non-blocking. The caller closes it.
            on_gone: Called once, on the writer's thread, when the terminal has hung up.
            on_recovery: Called on the writer's thread after frames were dropped or the terminal
                stalled, once all remaining frames have been written.
        """
        self._descriptor = descriptor
        self._on_gone = on_gone
        self._on_recovery = on_recovery
        self._thread = Thread(target=self._run, name="terminal-output", daemon=True)

        self._changed = Condition()
        self._frames: deque[bytes] = deque()
        self._pending_bytes = 0
        self.accepted = 0
        """Bytes accepted for writing so far."""

        self._writing = False
        self._cut = False
        self._dropping = False
        self._stalled = False
        """Whether the terminal took nothing for long, so that what it shows is unknown."""

        self._discarding = False
        self._ending = False
        # Held for one system call, and never together with the condition.
        self._device = Lock()
        self._bypassed = False

    def start(self) -> None:
        """Start writing."""
        self._thread.start()

    @property
    def backlog(self) -> int:
        """Number of writes that the terminal has not taken yet."""
        return len(self._frames)

    def write(self, frame: bytes) -> None:
        """Queue a frame, or drop it if the terminal is far behind. Never blocks or raises."""
        with self._changed:
            if self._discarding or self._dropping:
                return
            if self._pending_bytes >= _MAX_PENDING_BYTES:
                self._dropping = True
                return
            self._append(frame)

    def replace(self, frame: bytes) -> None:
        """Write this next and drop all others; the current frame ends at its next sequence."""
        with self._changed:
            if self._discarding:
                return
            while len(self._frames) > int(self._writing):
                self._pending_bytes -= len(self._frames.pop())
            self._cut = True
            self._dropping = False
            self._append(frame)

    def wait(self, seconds: float) -> bool:
        """Wait until nothing is pending; returns whether that was in time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._frames, seconds)

    def discard(self) -> None:
        """Write nothing any more, because the terminal hung up."""
        with self._changed:
            self._discarding = True
            self._frames.clear()
            self._pending_bytes = 0
            self._changed.notify_all()

    def end(self, seconds: float) -> bool:
        """Let the thread end when nothing is pending; returns whether it did in time.

        If not, it keeps trying, so that a terminal that comes back later is restored.
        """
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def bypass(self, data: bytes, seconds: float) -> None:
        """Write this at once from any thread or signal handler, and never what is pending.

        It takes no lock that the code under a signal handler may hold, gives up after `seconds`,
        and never raises. A second call does nothing.
        """
        if self._bypassed:
            return
        self._bypassed = True
        deadline = time.monotonic() + seconds
        locked = self._device.acquire(timeout=seconds)
        try:
            with suppress(OSError):
                _write_until(self._descriptor, data, deadline)
        finally:
            if locked:
                self._device.release()

    def _append(self, frame: bytes) -> None:
        self._frames.append(frame)
        self._pending_bytes += len(frame)
        self.accepted += len(frame)
        self._changed.notify_all()

    def _run(self) -> None:
        with Selector() as selector:
            selector.register(self._descriptor, selectors.EVENT_WRITE)
            try:
                while (frame := self._next()) is not None:
                    self._send(frame, selector)
                    self._sent()
            except OSError:
                self.discard()
                self._on_gone()

    def _next(self) -> bytes | None:
        """The next frame, which remains the first pending one; `None` when it is time to end."""
        with self._changed:
            self._changed.wait_for(lambda: self._frames or self._ending or self._discarding)
            self._cut = False
            self._writing = bool(self._frames)
            return self._frames[0] if self._frames else None

    def _send(self, frame: bytes, selector: selectors.BaseSelector) -> None:
        sent = 0
        while sent < len(frame) and not self._discarding:
            begun = time.monotonic()
            selector.select()
            self._stalled |= time.monotonic() - begun > _STALL_SECONDS
            if self._cut and (end := frame.find(_ESCAPE, sent)) >= 0:
                frame = frame[:end]
            sent += self._send_some(frame[sent:])

    def _send_some(self, data: bytes) -> int:
        try:
            with self._device:
                return len(data) if self._bypassed else os.write(self._descriptor, data)
        except BlockingIOError:
            # The reported room can be too small for a line's end, which becomes two bytes.
            time.sleep(_REFUSED_SECONDS)
            return 0

    def _sent(self) -> None:
        """Remove the frame; if frames were dropped and none is left, report the recovery."""
        with self._changed:
            self._writing = False
            if self._frames:
                self._pending_bytes -= len(self._frames.popleft())
            recovered = (self._dropping or self._stalled) and not self._frames
            if recovered:
                self._dropping = self._stalled = False
            self._changed.notify_all()
        if recovered:
            self._on_recovery()


class TerminalOutput:
    """Everything that is written to a terminal while it is in use, and the way it is restored."""

    def __init__(
        self,
        descriptor: int,
        frame_marks: tuple[str, str],
        *,
        on_gone: Callable[[], None],
        on_recovery: Callable[[], None],
    ) -> None:
        """Start the writer's thread; nothing is written until `open`.

        Args:
            descriptor: A terminal, preferably non-blocking. The caller closes it.
            frame_marks: What is written before and after each frame.
            on_gone: See `FrameWriter`.
            on_recovery: See `FrameWriter`.
        """
        self._frame_start, self._frame_end = frame_marks
        self._frame: list[str] | None = None
        self._is_titled = False
        self.is_open = False
        """Whether the terminal is in use."""

        self._writer = FrameWriter(descriptor, on_gone=on_gone, on_recovery=on_recovery)
        self._writer.start()

    @property
    def backlog(self) -> int:
        """Number of writes that the terminal has not taken yet."""
        return self._writer.backlog

    @property
    def sent(self) -> int:
        """Bytes accepted for the terminal so far, without dropped ones."""
        return self._writer.accepted

    def open(self) -> None:
        """Write from here on."""
        self.is_open = True

    def write(self, data: str) -> None:
        """Queue this for writing, a frame as a whole. Never blocks, never raises."""
        if not self.is_open:
            return
        if data == self._frame_start:
            self._frame = []
        elif self._frame is None:
            self._writer.write(_condensed(data).encode(errors="replace"))
        elif data == self._frame_end:
            frame = _condensed("".join((self._frame_start, *self._frame, self._frame_end)))
            self._frame = None
            self._writer.write(frame.encode(errors="replace"))
        else:
            self._frame.append(data)

    def set_title(self, title: str) -> None:
        """Set the title of the terminal's window; the former one is restored at the end."""
        if not self._is_titled:
            self._is_titled = True
            self.write(_PUSH_TITLE)
        self.write(f"\x1b]2;{safe_text(title)}\x1b\\")

    def close(self) -> None:
        """Restore the terminal; if it takes no bytes, as much as is possible in time."""
        self.is_open = False
        self._frame = None
        self._writer.replace(self._restore)
        self._writer.wait(CLOSE_SECONDS)

    def restore_now(self) -> None:
        """Restore the terminal from any thread or signal handler, and write nothing any more."""
        self.is_open = False
        self._writer.bypass(self._restore, _EMERGENCY_SECONDS)

    def end(self) -> bool:
        """End the thread; returns whether it ended in time, so that nothing is written any more."""
        # Without a backlog the thread only needs a moment to end.
        return self._writer.end(_END_SECONDS if self.backlog else CLOSE_SECONDS)

    @property
    def _restore(self) -> bytes:
        return RESTORE + POP_TITLE if self._is_titled else RESTORE


def _condensed(text: str) -> str:
    """The text with the end of one style and the start of the next joined in one sequence.

    Saves a tenth of the bytes of a frame. A cursor position such as `38;2H` does not match: it has
    no third number.
    """
    for start in _COLOR_STARTS:
        text = text.replace(f"\x1b[0m\x1b[{start}", f"\x1b[0;{start}")
    return text


def _write_until(descriptor: int, data: bytes, deadline: float) -> None:
    """Write as much as the terminal takes until the deadline.

    Raises:
        OSError: The terminal has hung up.
    """
    with Selector() as selector:
        selector.register(descriptor, selectors.EVENT_WRITE)
        while data and (left := deadline - time.monotonic()) > 0:
            if not selector.select(left):
                return
            with suppress(BlockingIOError):
                data = data[os.write(descriptor, data) :]
