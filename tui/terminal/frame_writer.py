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

if TYPE_CHECKING:
    from collections.abc import Callable

# Textual uses select(), which fails for descriptors above 1023, and a training process may have as
# many files open; but poll() on macOS has had problems with terminals.
Selector = selectors.SelectSelector if sys.platform == "darwin" else selectors.PollSelector

_MAX_PENDING_BYTES: Final = 65_536
"""With this much pending, the next write is dropped. A frame in 24-bit colour may be twice this."""

_STALL_SECONDS: Final = 4.0
"""Longer than a slow link ever takes no bytes: at 8 kB/s a full buffer is empty in two seconds."""

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
        """Write nothing any more, because the terminal is gone."""
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
