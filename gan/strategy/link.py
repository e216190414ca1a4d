"""A connection to another worker that stays open: messages, heartbeats, and what its loss says.

Two threads serve it. One receives; the other sends heartbeats and looks for those of the other
end. A worker that was killed closes its connections; one that stands still, or whose cable was cut,
is silent.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from gan.strategy import wire
from gan.strategy.wire import Closed, WireError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.strategy.wire import Message

BEAT_SECONDS: Final = 0.25
"""Time between two heartbeats."""

_LONGEST_LOOK: Final = 4 * BEAT_SECONDS
"""What one look adds to a silence at most. A process that was stopped has not listened meanwhile:
when all of a job's processes are suspended together, none of them lost another."""

_BEAT: Final = "beat"


class Link:
    """One connection. Threads may send at the same time."""

    def __init__(
        self,
        stream: socket.socket,
        *,
        silence_seconds: float,
        on_message: Callable[[Message, bytes], None],
        on_lost: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nothing is sent or received until `start`.

        Args:
            stream: A connected stream socket; the link closes it.
            silence_seconds: How long the other end may send nothing.
            on_message: Called with every message but heartbeats, in the receiving thread. It must
                not block, and may raise `WireError`.
            on_lost: Called once, in one of the link's threads, with why the connection is gone,
                unless it was closed here.
            clock: Monotonic seconds.
        """
        self._stream = stream
        self._silence_seconds = silence_seconds
        self._on_message = on_message
        self._on_lost = on_lost
        self._clock = clock
        self._sending = threading.Lock()
        self._ending = threading.Lock()
        self._over = threading.Event()
        self._silence = 0.0
        self._threads = [
            threading.Thread(target=target, name=name, daemon=True)
            for target, name in ((self._receive, "link-in"), (self._beat, "link-out"))
        ]

    def start(self) -> None:
        """Begin to receive and to send heartbeats."""
        self._stream.settimeout(None)
        if self._stream.family in (socket.AF_INET, socket.AF_INET6):
            # A message waits for no other one to share its packet.
            self._stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for thread in self._threads:
            thread.start()

    def allow_silence(self, seconds: float) -> None:
        """From here on the other end may be silent for so long."""
        self._silence_seconds = seconds

    @property
    def silence(self) -> float:
        """Seconds for which nothing has come, as far as this process was there to listen."""
        return self._silence

    @property
    def is_open(self) -> bool:
        """Whether messages still go to and fro."""
        return not self._over.is_set()

    def send(self, message: Message, payload: bytes | memoryview = b"") -> bool:
        """Send one message; returns whether the connection took it, or is gone."""
        if self._over.is_set():
            return False
        with self._sending:
            failure = self._sent(message, payload)
        # After the lock: whoever hears of the loss may send to all links.
        if failure:
            self._end(failure)
        return not failure

    def _sent(self, message: Message, payload: bytes | memoryview = b"") -> str:
        """Send one message, with the lock held; returns why that failed, or an empty string."""
        try:
            wire.send(self._stream, message, payload)
        except OSError as error:
            return f"its connection broke ({error.strerror or error})"
        return ""

    def close(self) -> None:
        """Close the connection from here; the other end loses it."""
        self._end("")

    def join(self, seconds: float) -> None:
        """Wait for the other end to close the connection."""
        self._threads[0].join(seconds)

    def _receive(self) -> None:
        """The receiving thread."""
        try:
            while True:
                message, payload = wire.receive(self._stream, on_bytes=self._heard)
                if message["kind"] != _BEAT:
                    self._on_message(message, payload)
        except Closed:
            self._end("it has closed its connection")
        except WireError as error:
            self._end(f"it sent something else than expected: {error}")
        except OSError as error:
            self._end(f"its connection broke ({error.strerror or error})")

    def _heard(self) -> None:
        self._silence = 0.0

    def _beat(self) -> None:
        """The thread of heartbeats."""
        looked = self._clock()
        while not self._over.wait(BEAT_SECONDS):
            now = self._clock()
            self.look(now - looked)
            looked = now
            # If another thread is sending, the other end hears from this one anyway, and a message
            # that it doesn't take must not keep this thread from looking.
            if self._sending.acquire(blocking=False):
                try:
                    failure = self._sent({"kind": _BEAT})
                finally:
                    self._sending.release()
                if failure:
                    self._end(failure)

    def look(self, seconds: float) -> None:
        """Judge the other end by its silence.

        Args:
            seconds: Since the last look.
        """
        self._silence += min(seconds, _LONGEST_LOOK)
        if self._silence >= self._silence_seconds:
            self._end(f"it has been silent for {self._silence:.0f} s")

    def _end(self, why: str) -> None:
        """Close the connection, and report its loss if `why` says that it was one."""
        with self._ending:
            if self._over.is_set():
                return
            self._over.set()
        # Wakes a thread that is sending or receiving; refused if the other end was faster.
        with suppress(OSError):
            self._stream.shutdown(socket.SHUT_RDWR)
        self._stream.close()
        if why:
            self._on_lost(why)
