"""Messages: what is understood, and what is refused without harm, whatever it holds."""

from __future__ import annotations

import copy
import json
import random
import re
from typing import Any

import pytest

from gan.commands import COMMANDS, Command, Pause, Stop, Unpause, Watch
from gan.disk.process import ProcessIdentity
from gan.exchange.requests import Ticket
from gan.run.message import Message, MessageError, Sender, decode, encode

EVERY: list[Command] = [*COMMANDS.values(), Stop(), Stop("epoch_end")]
ANN = Sender("box", 123, "ann")
ME = ProcessIdentity("box", 456, "boot", 1e9, 789, "machine")
ID = "0123456789abcdef"


@pytest.mark.parametrize("command", EVERY, ids=str)
def test_every_message_reads_back_as_it_was(command: Command) -> None:
    ticket = Ticket(ID, "ann@box (pid 123)")

    assert decode(encode(command, ID, ANN)) == Message(command, ticket)
    assert decode(encode(command, ID, ANN, ME)) == Message(command, ticket, ME)


def test_what_no_message_can_say_is_not_written() -> None:
    with pytest.raises(ValueError, match=r"Watch.* can't be sent to another process"):
        encode(Watch(1.0), ID, ANN)


def test_a_refusal_says_what_would_be_understood() -> None:
    verbs = ", ".join([*COMMANDS, "stop"])
    with pytest.raises(ValueError, match=f"expected one of {verbs}"):
        decode(b'{"command": "dance"}')


def test_what_an_older_version_posts_to_go_on_is_understood() -> None:
    assert decode(b'{"command": "resume"}') == Message(Unpause())


FROM = '{"host": "box", "pid": 123, "user": "ann"}'


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (f'{{"command": "dance", "id": "{ID}"}}', "not a known command"),
        (f'{{"command": ["pause"], "id": "{ID}"}}', "not a known command"),
        (f'{{"command": "pause", "id": "{ID}", "path": "/"}}', "not a known command"),
        (f'{{"command": "pause", "id": "{ID}", "from": null}}', "its `from` must have"),
        (f'{{"command": "pause", "id": "{ID}", "from": {{"host": "box"}}}}', "its `from` must"),
        (f'{{"command": "pause", "id": "{ID}", "from": {FROM[:-1]}, "x": 1}}}}', "nothing else"),
        (
            f'{{"command": "pause", "id": "{ID}", "from": {FROM.replace("123", "0")}}}',
            "`pid` must be from 1 to 2147483647",
        ),
        (
            f'{{"command": "pause", "id": "{ID}", "from": {FROM.replace("123", "true")}}}',
            "its `from` must",
        ),
        (
            f'{{"command": "pause", "id": "{ID}", "from": {FROM.replace("ann", "a" * 256)}}}',
            "at most 255 characters",
        ),
        (f'{{"command": "pause", "id": "{ID}", "for": []}}', "its `for` is not an object"),
        (f'{{"command": "pause", "id": "{ID}", "for": {{}}}}', "its `for` is not a process: host"),
    ],
    ids=range(11),
)
def test_a_refusal_has_the_id_of_the_message_wherever_the_message_goes_wrong(
    message: str, why: str
) -> None:
    with pytest.raises(MessageError, match=re.escape(why)) as refused:
        decode(message.encode())

    assert refused.value.ticket == Ticket(ID, "")


@pytest.mark.parametrize("started", ["1e400", "1" * 400, "-1", "NaN", "true", '"0"', "null"])
def test_a_process_that_began_at_no_time_is_refused(started: str) -> None:
    process = json.dumps(ME.to_json()).replace("1000000000.0", started)

    with pytest.raises(MessageError, match="its `for` is not a process: started"):
        decode(f'{{"command": "pause", "id": "{ID}", "for": {process}}}'.encode())


@pytest.mark.parametrize(
    "message_id", ['""', '"a b"', '"../x"', '"\u00e9"', f'"{"a" * 65}"', "1", "null", '"a\\n"']
)
def test_an_id_that_is_none_is_refused_and_can_have_no_answer(message_id: str) -> None:
    with pytest.raises(MessageError, match=r"its `id` is .*; expected 1 to 64") as refused:
        decode(f'{{"command": "pause", "id": {message_id}}}'.encode())

    assert refused.value.ticket is None


@pytest.mark.parametrize("key", ["from", "for"])
def test_who_wants_an_answer_gives_an_id(key: str) -> None:
    with pytest.raises(MessageError, match=f"it has `{key}` but no `id`"):
        decode(f'{{"command": "pause", "{key}": {{}}}}'.encode())


def test_an_id_is_enough_for_an_answer() -> None:
    assert decode(b'{"command": "pause", "id": "mine-1"}') == Message(Pause(), Ticket("mine-1", ""))


def test_whatever_a_file_holds_is_a_message_or_a_refusal() -> None:
    """Each of 4,000 damaged messages is understood or refused, and an id that is kept is sound."""
    whole = {
        "command": "stop",
        "when": "epoch_end",
        "id": ID,
        "from": {"host": "box", "pid": 123, "user": "ann"},
        "for": ME.to_json(),
    }
    rng = random.Random(17)
    found = [outcome(damaged(whole, rng)) for _ in range(4000)]

    understood = [message for message in found if isinstance(message, Message)]
    assert 0 < len(understood) < len(found)
    assert all(message.command in EVERY for message in understood)
    for one in found:
        assert one.ticket is None or re.fullmatch("[A-Za-z0-9_-]{1,64}", one.ticket.id)
        assert isinstance(one, Message) or (str(one) and len(one.command) <= 64)


def outcome(data: bytes) -> Message | MessageError:
    try:
        return decode(data)
    except MessageError as error:
        return error


VALUES = [
    *(None, True, 0, -1, 1e308, 10**400, "", "pause", "evaluate", "now", "\ud800", "\x1b[31m"),
    *("x" * 5000, [], {}, [[]], {"host": 1}, ID, 2**31, 1.5),
]


def damaged(record: dict[str, Any], rng: random.Random) -> bytes:
    """A message with some of its values and keys changed, or some of its bytes."""
    record = json.loads(json.dumps(record))
    for _ in range(rng.randrange(1, 4)):
        parts = [record, *(part for part in record.values() if isinstance(part, dict))]
        part = rng.choice(parts)
        key = rng.choice([*part, "extra"])
        if rng.random() < 0.3:
            part.pop(key, None)
        else:
            part[key] = copy.deepcopy(rng.choice(VALUES))
    data = bytearray(json.dumps(record).encode())
    for _ in range(rng.choice([0, 0, 1, 3])):
        place = rng.randrange(len(data))
        data[place : place + rng.randrange(3)] = rng.randbytes(rng.randrange(3))
        data = data or bytearray(b"{")
    return bytes(data)
