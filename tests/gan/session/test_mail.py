"""What becomes of each message in a mailbox: delivered, or refused and answered."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gan import events
from gan.commands import Interpolate, Pause, Resample, SaveCheckpoint, Stop, Watch
from gan.disk.process import ProcessIdentity
from gan.errors import StorageError
from gan.exchange.requests import Request, RequestQueue, Ticket
from gan.run.creation import create_run
from gan.run.mailbox import Mailbox
from gan.run.message import Sender
from gan.run.recorder import Recorder
from gan.session.mail import MailReader

if TYPE_CHECKING:
    from pathlib import Path

ANN = Sender("box", 123, "ann")
ME = ProcessIdentity.current()
OTHER = replace(ME, pid=ME.pid + 1)


class Post:
    """A run's mailbox and its reader."""

    def __init__(self, folder: Path) -> None:
        self.run = create_run(folder / "run")
        self.told: list[events.Event] = []
        self.requests = RequestQueue()
        self.mailbox = Mailbox(self.run)
        self.reader = MailReader(self.mailbox, self.requests, Recorder([self.told.append]))

    def write(self, name: str, text: str) -> None:
        (self.run.mailbox_path / name).write_text(text)

    @property
    def answers(self) -> list[tuple[str, str, bool, str]]:
        """The id, the command, whether it is done, and the reason of every answer."""
        told = [event for event in self.told if isinstance(event, events.CommandAnswered)]
        return [(event.id, event.command, event.done, event.reason) for event in told]

    @property
    def warnings(self) -> list[str]:
        return [event.text for event in self.told if isinstance(event, events.Noted)]


@pytest.fixture
def post(tmp_path: Path) -> Post:
    return Post(tmp_path)


def test_a_message_is_delivered_with_its_ticket(post: Post) -> None:
    message = post.mailbox.post(Pause(), sender=ANN, meant_for=ME)
    post.write("9", '{"command": "save"}')

    post.reader.read()

    assert post.requests.drain() == [
        Request(Pause(), (Ticket(message, "ann@box (pid 123)"),)),
        Request(SaveCheckpoint()),
    ]
    assert post.told == []


def test_who_has_sent_a_message_is_seen_before_it_is_carried_out(post: Post) -> None:
    """A viewer asks for an interpolation as soon as it has come."""
    came = Watch(0.5)
    recorder = Recorder([post.told.append])
    reader = MailReader(
        post.mailbox, post.requests, recorder, on_mail=lambda: post.requests.put(Request(came))
    )
    post.mailbox.post(Interpolate())

    reader.read()
    reader.read()

    assert [request.command for request in post.requests.drain()] == [came, Interpolate()]


def test_a_message_is_delivered_also_if_the_leases_cannot_be_read(post: Post) -> None:
    def fail() -> None:
        raise StorageError("leases: Input/output error")

    reader = MailReader(post.mailbox, post.requests, Recorder([]), on_mail=fail)
    post.mailbox.post(Pause())

    reader.read()

    assert [request.command for request in post.requests.drain()] == [Pause()]


def test_a_message_to_another_process_is_answered_and_not_delivered(post: Post) -> None:
    message = post.mailbox.post(Stop(), sender=ANN, meant_for=OTHER)

    post.reader.read()

    assert post.requests.drain() == []
    assert post.requests.stop is None
    why = f"it was meant for another process, pid {OTHER.pid} on {OTHER.host}"
    assert post.answers == [(message, "stop", False, why)]


def test_when_the_identity_of_this_process_was_taken_makes_no_difference(post: Post) -> None:
    post.mailbox.post(Pause(), sender=ANN, meant_for=replace(ME, started=0.0))

    post.reader.read()

    assert len(post.requests.drain()) == 1


def test_what_cannot_be_understood_is_warned_of_and_answered_if_it_has_an_id(post: Post) -> None:
    post.write("1", '{"command": "dance", "id": "mine"}')
    post.write("2", "dance")

    post.reader.read()

    assert [text.split(":")[:2] for text in post.warnings] == [
        ["mailbox", " 1 was refused"],
        ["mailbox", " 2 was refused"],
    ]
    ((message, command, done, reason),) = post.answers
    assert (message, command, done) == ("mine", "dance", False)
    assert reason.startswith("it is not a known command; expected one of pause,")


def test_of_many_that_cannot_be_understood_each_is_answered_and_few_are_warned_of(
    post: Post,
) -> None:
    for number in range(20):
        post.write(f"{number:02}", f'{{"command": "dance", "id": "{number}"}}')

    post.reader.read()

    assert [message for message, *_ in post.answers] == [str(number) for number in range(20)]
    assert len(post.warnings) == 6
    assert post.warnings[-1].startswith("mailbox: 15 more messages were refused")


def test_what_waits_at_the_start_is_refused_but_for_what_is_for_this_process(post: Post) -> None:
    old = post.mailbox.post(Stop(), sender=ANN, meant_for=OTHER)
    mine = post.mailbox.post(Resample(), sender=ANN, meant_for=ME)
    post.write("9", '{"command": "stop"}')

    post.reader.refuse_earlier()

    why = "it was sent before this process began to train the run"
    assert post.answers == [(old, "stop", False, why)]
    assert post.warnings == []
    post.reader.read()
    assert [request.tickets[0].id for request in post.requests.drain()] == [mine]
