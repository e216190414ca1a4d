"""The thread that keeps a run's status fresh and reads its mailbox, whatever the trainer does."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from gan.commands import Abandon
from gan.exchange.requests import Request
from gan.run.faults import FaultReporter
from gan.run.mailbox import Mailbox
from gan.session.mail import MailReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gan.exchange.requests import RequestQueue
    from gan.readings import WorkerReading
    from gan.run.directory import RunDirectory
    from gan.run.recorder import Recorder
    from gan.run.stall import StallWatch
    from gan.session.audience import Audience

POLL_SECONDS: Final = 0.25
"""How often the mailbox is read: the latency of a command from another process."""

_POLLS_PER_BEAT: Final = 4
"""Makes one heartbeat in the status file per second."""


class Heartbeat:
    """Looks after a run's directory for as long as its process has it."""

    def __init__(self, recorder: Recorder, requests: RequestQueue, audience: Audience) -> None:
        """Nothing runs until `kept_up`.

        Args:
            recorder: Writes the status.
            requests: Takes what the mailbox holds.
            audience: The run's viewers, who leave their leases in the directory.
        """
        self._recorder = recorder
        self._requests = requests
        self._audience = audience
        self.stall: StallWatch | None = None
        """Notices that the trainer stands still; `None` until there is one."""

        self.machines: Callable[[], tuple[WorkerReading, ...]] = tuple
        """What the machines of all workers are doing; nothing is known of those of one process."""

    @contextmanager
    def kept_up(self, run: RunDirectory) -> Iterator[None]:
        """Keep the status fresh and read the mailbox for as long as the context lasts."""
        mail = MailReader(Mailbox(run), self._requests, self._recorder, on_mail=self._audience.look)
        mail.refuse_earlier()
        self._audience.open(run)
        is_over = threading.Event()
        thread = threading.Thread(
            target=self._beat_until, args=(is_over, mail), name="heartbeat", daemon=True
        )
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()
            # Another process that has the run now has viewers of its own.
            if self._recorder.lost is None:
                self._audience.close()

    def _beat_until(self, is_over: threading.Event, mail: MailReader) -> None:
        faults = FaultReporter(self._recorder.emit)
        polls = 0
        while not is_over.wait(POLL_SECONDS):
            if (lost := self._recorder.lost) is not None:
                # Messages are for the other process, and so is the status.
                self._requests.put(Request(Abandon(str(lost))))
                return
            polls += 1
            if self.stall is not None:
                self.stall.look(POLL_SECONDS)
            with faults.reporting("mailbox"):
                mail.read()
            with faults.reporting("live"):
                self._audience.beat()
            if polls % _POLLS_PER_BEAT == 0:
                self._recorder.beat(self.machines())
