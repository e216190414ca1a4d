"""Who watches a run: the screen of its own process, and viewers in other processes.

Previews cost the training time, so they are drawn as often as the fastest of them wants, and not at
all while nobody watches.
"""

from __future__ import annotations

import shutil
import threading
import time
from typing import TYPE_CHECKING, Final

from gan.commands import Watch
from gan.events import DataLoaded
from gan.run.leases import Leases
from gan.run.live import LiveWriter, write_examples

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.commands import Command
    from gan.events import Event, Images
    from gan.run.directory import RunDirectory

_LOOK_SECONDS: Final = 1.0
"""How often the leases are read."""


class Audience:
    """Has the trainer draw previews for those who watch, and writes them for viewers.

    `watch_here` may be called from any thread; `open`, `beat` and `close` belong to the heartbeat.
    """

    def __init__(
        self,
        preview_seconds: float | None,
        send: Callable[[Command], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin with the screen of this process alone.

        Args:
            preview_seconds: Seconds between two previews that it can show; `None` without one.
            send: Sends a command to the trainer.
            clock: A monotonic clock in seconds.
        """
        self._here = preview_seconds
        self._viewers: float | None = None
        self._wanted = preview_seconds
        """What the trainer was asked for last."""

        self._send = send
        self._clock = clock
        self._lock = threading.Lock()
        self._examples: Images | None = None
        self._run: RunDirectory | None = None
        self._leases: Leases | None = None
        self._live: LiveWriter | None = None
        self._looked_at = float("-inf")

    def __call__(self, event: Event) -> None:
        """Keep the images of an event for viewers; never waits."""
        if isinstance(event, DataLoaded):
            self._examples = event.examples
        elif self._live is not None:
            self._live(event)

    def open(self, run: RunDirectory) -> None:
        """Look for viewers of this run from here on.

        What an earlier process has drawn for its viewers is not of this one.
        """
        shutil.rmtree(run.live_path, ignore_errors=True)
        self._run, self._leases, self._live = run, Leases(run, self._clock), LiveWriter(run)

    def watch_here(self, preview_seconds: float | None) -> None:
        """Note that this process's screen wants previews this often; `None` once it has gone."""
        with self._lock:
            self._here = preview_seconds
            self._ask(always=preview_seconds is None)

    def beat(self) -> None:
        """Look for viewers if it is time, and write what is new for them.

        Raises:
            StorageError: The disk refused.
        """
        if self._run is None or self._leases is None or self._live is None:
            return
        if self._examples is not None and len(self._examples):
            write_examples(self._run, self._examples)
            self._examples = None
        if self._clock() - self._looked_at >= _LOOK_SECONDS:
            self.look()
        if self._viewers is not None:
            self._live.write()

    def look(self) -> None:
        """Look for viewers at once: who has sent a message may have come just now.

        Raises:
            StorageError: The leases can't be read; then nobody is taken to watch.
        """
        if self._leases is None:
            return
        self._looked_at = self._clock()
        viewers = None
        try:
            viewers = self._leases.look()
        finally:
            with self._lock:
                self._viewers = viewers
                self._ask()

    def close(self) -> None:
        """Remove what viewers have asked for, and what was written for them."""
        if self._run is None or self._leases is None:
            return
        self._leases.clear()
        shutil.rmtree(self._run.live_path, ignore_errors=True)

    def _ask(self, *, always: bool = False) -> None:
        """Have previews drawn as often as the fastest wants."""
        wanted = min(
            (seconds for seconds in (self._here, self._viewers) if seconds is not None),
            default=None,
        )
        if wanted != self._wanted or always:
            self._wanted = wanted
            self._send(Watch(wanted))
