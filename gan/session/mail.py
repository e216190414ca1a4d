"""Reads a run's mailbox for the trainer, and answers what this process does not carry out."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from gan.disk.process import ProcessIdentity
from gan.errors import StorageError
from gan.events import Noted
from gan.exchange.requests import Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.exchange.requests import RequestQueue
    from gan.run.mailbox import Mailbox, Refusal
    from gan.run.message import Message
    from gan.run.recorder import Recorder

_REFUSALS: Final = 5
"""Refused messages that have a warning each, at every reading of the mailbox."""


class MailReader:
    """The trainer's end of a mailbox. Used by one thread at a time."""

    def __init__(
        self,
        mailbox: Mailbox,
        requests: RequestQueue,
        recorder: Recorder,
        on_mail: Callable[[], None] = lambda: None,
    ) -> None:
        """Read nothing yet.

        Args:
            mailbox: The run's.
            requests: Where commands are delivered.
            recorder: Takes the answers and the warnings.
            on_mail: Called when messages have come, before their commands are delivered. May raise
                a `StorageError`.
        """
        self._on_mail = on_mail
        self._mailbox = mailbox
        self._requests = requests
        self._recorder = recorder
        self._process = ProcessIdentity.current()

    def refuse_earlier(self) -> None:
        """Answer and remove all messages that wait: they were meant for an earlier process.

        Raises:
            StorageError: The mailbox can't be read.
        """
        for refusal in self._mailbox.clear(self._process.is_same_as):
            self._answer(refusal)

    def read(self) -> None:
        """Deliver the commands that have come, and refuse the rest.

        Raises:
            StorageError: The mailbox can't be read.
        """
        self._requests.deliver(self._take)

    def _take(self) -> list[Request]:
        messages, refusals = self._mailbox.take()
        for refusal in refusals[:_REFUSALS]:
            self._warn(f"mailbox: {refusal.name} was refused: {refusal.reason}")
        if (more := len(refusals) - _REFUSALS) > 0:
            self._warn(f"mailbox: {more:,} more messages were refused; they are in `refused`")
        for refusal in refusals:
            self._answer(refusal)
        if messages:
            # A message that was taken must be delivered. The next heartbeat reports the fault.
            with suppress(StorageError):
                self._on_mail()
        return [_request(message) for message in messages if self._is_for_me(message)]

    def _is_for_me(self, message: Message) -> bool:
        """Whether this process is to carry out a message; answers one to another process."""
        other = message.meant_for
        if other is None or self._process.is_same_as(other):
            return True
        why = f"it was meant for another process, pid {other.pid} on {other.host}"
        _request(message).answer(self._recorder.emit, self._recorder.progress.step, why)
        return False

    def _answer(self, refusal: Refusal) -> None:
        if refusal.ticket is not None:
            step = self._recorder.progress.step
            self._recorder.emit(refusal.ticket.answer(refusal.command, step, refusal.reason))

    def _warn(self, text: str) -> None:
        self._recorder.emit(Noted(time=time.time(), text=text, warning=True))


def _request(message: Message) -> Request:
    tickets = () if message.ticket is None else (message.ticket,)
    return Request(message.command, tickets)
