"""The queue of what is asked of a run, and the answers."""

from __future__ import annotations

import queue
import threading
from typing import get_args

import pytest

from gan.commands import COMMANDS, Abandon, Command, Pause, Resample, SaveCheckpoint, Stop, Watch
from gan.errors import StorageError
from gan.events import CommandAnswered, Event
from gan.exchange.requests import Request, RequestQueue, Ticket, name_of

ANN = Ticket("a", "ann@box (pid 1)")
BOB = Ticket("b", "")


def test_each_ticket_is_answered() -> None:
    told: list[Event] = []

    Request(SaveCheckpoint(), (ANN, BOB)).answer(told.append, 7)

    assert [(e.id, e.command, e.sender, e.step, e.done, e.reason) for e in answers(told)] == [
        ("a", "save", "ann@box (pid 1)", 7, True, ""),
        ("b", "save", "", 7, True, ""),
    ]


def test_a_refusal_has_its_reason() -> None:
    told: list[Event] = []

    Request(Pause(), (ANN,)).answer(told.append, 7, "the run has ended")

    (answer,) = answers(told)
    assert (answer.done, answer.reason) == (False, "the run has ended")


def test_a_command_without_a_ticket_has_no_answer() -> None:
    Request(Pause()).answer(pytest.fail, 7)


def answers(told: list[Event]) -> list[CommandAnswered]:
    return [event for event in told if isinstance(event, CommandAnswered)]


def test_every_command_has_a_name_of_its_own() -> None:
    every = [*COMMANDS.values(), Stop(), Watch(None), Abandon("another process has the run")]

    assert [name_of(command) for command in every] == [*COMMANDS, "stop", "watch", "abandon"]
    assert {type(command) for command in every} == set(get_args(Command))
    assert name_of(Stop("epoch_end", 143)) == "stop"


class TestQueue:
    def test_requests_come_out_in_order(self) -> None:
        requests = RequestQueue()
        requests.put(Request(Pause()))
        requests.deliver(lambda: [Request(Resample(), (ANN,)), Request(Stop())])

        assert requests.get(block=True) == Request(Pause())
        assert requests.drain() == [Request(Resample(), (ANN,)), Request(Stop())]
        with pytest.raises(queue.Empty):
            requests.get(block=False)

    def test_the_last_stop_is_known_before_anyone_takes_it(self) -> None:
        requests = RequestQueue()
        assert requests.stop is None
        requests.put(Request(Stop(exit_code=143)))
        requests.deliver(lambda: [Request(Stop("epoch_end"))])

        assert requests.stop == Stop("epoch_end")

    def test_once_closed_no_message_is_read_and_this_process_can_still_ask(self) -> None:
        requests = RequestQueue()
        requests.close()

        requests.deliver(lambda: pytest.fail("read a message that nobody would answer"))
        requests.put(Request(Stop()))

        assert requests.drain() == [Request(Stop())]

    def test_it_is_not_closed_while_a_message_that_was_read_is_not_in_it(self) -> None:
        requests = RequestQueue()
        is_reading, may_go_on = threading.Event(), threading.Event()
        messages = [Request(Pause(), (ANN,))]

        def read() -> list[Request]:
            is_reading.set()
            assert may_go_on.wait(10)
            found, messages[:] = messages[:], []
            return found

        delivering = threading.Thread(target=requests.deliver, args=(read,))
        delivering.start()
        assert is_reading.wait(10)
        closing = threading.Thread(target=requests.close)
        closing.start()
        may_go_on.set()
        closing.join(10)

        assert requests.drain() == [Request(Pause(), (ANN,))]
        delivering.join(10)

    def test_what_has_come_since_the_last_look_is_there_once_it_is_closed(self) -> None:
        requests = RequestQueue()
        messages: list[Request] = []
        requests.deliver(lambda: messages)
        messages.append(Request(Pause(), (ANN,)))

        requests.close()
        requests.close()

        assert requests.drain() == [Request(Pause(), (ANN,))]

    def test_a_mailbox_that_is_gone_does_not_keep_it_open(self) -> None:
        requests = RequestQueue()
        errors = iter([[], StorageError("the mailbox is gone")])

        def read() -> list[Request]:
            found = next(errors)
            if isinstance(found, StorageError):
                raise found
            return found

        requests.deliver(read)
        requests.close()

        assert requests.drain() == []

    def test_what_reading_raises_leaves_it_usable(self) -> None:
        requests = RequestQueue()

        def fail() -> list[Request]:
            raise OSError(5, "Input/output error")

        with pytest.raises(OSError, match="Input/output"):
            requests.deliver(fail)
        requests.deliver(lambda: [Request(Pause())])

        assert requests.drain() == [Request(Pause())]
