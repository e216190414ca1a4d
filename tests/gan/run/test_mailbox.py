"""Commands from another process: fixed verbs, consumed once, and everything else aside."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING

import pytest

from gan.commands import (
    COMMANDS,
    Command,
    Pause,
    SaveCheckpoint,
    Stop,
    Unpause,
    Watch,
)
from gan.disk.process import ProcessIdentity
from gan.errors import StorageError
from gan.exchange.requests import Ticket
from gan.run.mailbox import MAX_AT_ONCE, Mailbox
from gan.run.message import Message, Sender

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gan.run.directory import RunDirectory

EVERY: list[Command] = [*COMMANDS.values(), Stop(), Stop("epoch_end")]
ANN = Sender("box", 123, "ann")
ME = ProcessIdentity("box", 456, "boot", 1e9, 789, "machine")
OTHER = ProcessIdentity("box", 455, "boot", 1e9, 700, "machine")
ID = "0123456789abcdef"


def of_nobody(_process: ProcessIdentity) -> bool:
    return False


def said(*commands: Command) -> list[Message]:
    """Messages that say no more than their command."""
    return [Message(command) for command in commands]


@pytest.fixture
def mailbox(run: RunDirectory) -> Mailbox:
    return Mailbox(run)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_commands_arrive_in_order_and_once(run: RunDirectory, mailbox: Mailbox) -> None:
    sent = [Mailbox(run).post(command, sender=ANN) for command in EVERY]

    messages, refusals = mailbox.take()

    assert [message.command for message in messages] == EVERY
    assert [message.ticket for message in messages] == [
        Ticket(message_id, "ann@box (pid 123)") for message_id in sent
    ]
    assert len(set(sent)) == len(EVERY)
    assert refusals == []
    assert mailbox.take() == ([], [])
    assert names(run.mailbox_path) == []


def test_a_message_is_a_word_that_a_shell_can_write(run: RunDirectory, mailbox: Mailbox) -> None:
    (run.mailbox_path / "from-a-script").write_text('{"command": "pause"}')

    assert mailbox.take() == (said(Pause()), [])


def test_a_message_is_the_owners_alone(run: RunDirectory, mailbox: Mailbox) -> None:
    message_id = mailbox.post(Pause(), sender=ANN, meant_for=ME)

    (path,) = run.mailbox_path.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text()) == {
        "command": "pause",
        "id": message_id,
        "from": {"host": "box", "pid": 123, "user": "ann"},
        "for": ME.to_json(),
    }


def test_a_message_says_which_process_sends_it_and_for_which_it_is(mailbox: Mailbox) -> None:
    mailbox.post(Stop("epoch_end"), meant_for=ME)

    ((message,), _) = mailbox.take()

    assert message.meant_for == ME
    assert message.ticket is not None
    assert message.ticket.sender == str(Sender.current())
    assert f"(pid {os.getpid()})" in message.ticket.sender


def test_what_no_message_can_say_is_not_sent(mailbox: Mailbox, run: RunDirectory) -> None:
    with pytest.raises(ValueError, match=r"Watch.* can't be sent to another process"):
        mailbox.post(Watch(1.0))

    assert names(run.mailbox_path) == []


def test_a_message_that_is_still_being_written_is_left(run: RunDirectory, mailbox: Mailbox) -> None:
    (run.mailbox_path / ".0001.json.tmp-1-ab").write_text('{"comm')

    assert mailbox.take() == ([], [])
    assert names(run.mailbox_path) == [".0001.json.tmp-1-ab"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pause",
        "[]",
        "null",
        '{"command": "watch"}',
        '{"command": "pause", "path": "/etc/passwd"}',
        '{"command": "stop", "when": "later"}',
        '{"command": ["pause"]}',
        "[" * 4000,
        " " * 5000,
        "\x00\xff",
    ],
    ids=lambda text: text[:20],
)
def test_anything_else_is_moved_aside_and_reported_once(
    run: RunDirectory, mailbox: Mailbox, text: str
) -> None:
    (run.mailbox_path / "1").write_text(text)
    mailbox.post(Pause())

    messages, (refusal,) = mailbox.take()

    assert [message.command for message in messages] == [Pause()]
    assert refusal.name == "1"
    assert refusal.reason
    assert mailbox.take() == ([], [])
    (kept,) = (run.mailbox_path / "refused").iterdir()
    assert kept.read_text() == text


def test_a_link_a_pipe_and_a_folder_are_refused_without_being_opened(
    run: RunDirectory, mailbox: Mailbox, tmp_path: Path
) -> None:
    (tmp_path / "real").write_text('{"command": "stop"}')
    (run.mailbox_path / "1").symlink_to(tmp_path / "real")
    os.mkfifo(run.mailbox_path / "2")
    (run.mailbox_path / "3").mkdir()

    messages, refusals = mailbox.take()

    assert messages == []
    assert [refusal.reason for refusal in refusals] == [
        "it is a symbolic link",
        "it is not a regular file",
        "it is not a regular file",
    ]
    assert names(run.mailbox_path) == ["refused"]


def test_another_users_message_is_refused(
    run: RunDirectory, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    Mailbox(run).post(Stop())
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)

    messages, (refusal,) = mailbox.take()

    assert messages == []
    assert refusal.reason == f"it belongs to user {owner}, not {owner + 1}"


def test_a_flood_is_taken_a_part_at_a_time_oldest_first(
    run: RunDirectory, mailbox: Mailbox
) -> None:
    for number in range(MAX_AT_ONCE + 1):
        verb = "pause" if number < MAX_AT_ONCE else "unpause"
        (run.mailbox_path / f"{number:05d}").write_text(json.dumps({"command": verb}))

    assert mailbox.take() == (said(Pause()) * MAX_AT_ONCE, [])
    assert mailbox.take() == (said(Unpause()), [])


def test_what_cannot_be_removed_is_not_carried_out_and_reported_only_once(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    mailbox.post(Stop())
    monkeypatch.setattr("pathlib.Path.unlink", refuse)
    monkeypatch.setattr("pathlib.Path.rename", refuse)

    messages, (refusal,) = mailbox.take()

    assert messages == []
    assert "it could not be moved: Read-only file system" in refusal.reason
    assert mailbox.take() == ([], [])


def test_a_mailbox_that_is_gone_is_empty_to_the_trainer_and_an_error_to_the_sender(
    run: RunDirectory, mailbox: Mailbox
) -> None:
    run.mailbox_path.rmdir()

    assert mailbox.take() == ([], [])
    with pytest.raises(StorageError, match="No such file or directory"):
        mailbox.post(Pause())


def test_a_stop_at_the_end_of_a_flood_is_taken_at_once(run: RunDirectory, mailbox: Mailbox) -> None:
    for number in range(2 * MAX_AT_ONCE):
        (run.mailbox_path / f"{number:05d}").write_text('{"command": "save"}')
    (run.mailbox_path / "99999").write_text('{"command": "stop"}')

    messages, _ = mailbox.take()

    assert messages == said(*[SaveCheckpoint()] * MAX_AT_ONCE, Stop())
    assert not (run.mailbox_path / "99999").exists()


def test_clearing_leaves_no_message_however_many_there_are(
    run: RunDirectory, mailbox: Mailbox
) -> None:
    for number in range(3 * MAX_AT_ONCE):
        (run.mailbox_path / f"{number:05d}").write_text('{"command": "stop"}')
    (run.mailbox_path / "folder").mkdir()

    assert len(mailbox.clear(of_nobody)) == 3 * MAX_AT_ONCE + 1
    assert mailbox.take() == ([], [])
    assert names(run.mailbox_path) == ["refused"]


@pytest.mark.parametrize("act", [Mailbox.take, lambda mailbox: mailbox.clear(of_nobody)])
def test_what_a_killed_viewer_was_writing_is_removed(
    run: RunDirectory, mailbox: Mailbox, act: Callable[[Mailbox], object]
) -> None:
    old = run.mailbox_path / ".1-7-ab.json.tmp-7-0123abcd"
    new = run.mailbox_path / ".1-8-ab.json.tmp-8-0123abcd"
    for path in (old, new):
        path.write_text("{")
    os.utime(old, (1e9, 1e9))

    act(mailbox)

    assert names(run.mailbox_path) == [new.name]


def test_what_cannot_be_cleared_is_never_carried_out(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    mailbox.post(Stop())
    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.unlink", refuse)
        patched.setattr("pathlib.Path.rename", refuse)
        mailbox.clear(of_nobody)

    assert mailbox.take() == ([], [])


def test_what_is_cleared_is_refused_with_its_id_and_what_is_for_this_process_stays(
    run: RunDirectory, mailbox: Mailbox
) -> None:
    old = mailbox.post(SaveCheckpoint(), sender=ANN, meant_for=OTHER)
    open_to_all = mailbox.post(Pause(), sender=ANN)
    mine = mailbox.post(Stop(), sender=ANN, meant_for=ME)
    (run.mailbox_path / "0").write_text(f'{{"command": "dance", "id": "{ID}"}}')
    (run.mailbox_path / "1").write_text('{"command": "pause"}')

    refusals = mailbox.clear(ME.is_same_as)

    why = "it was sent before this process began to train the run"
    assert {(r.command, r.ticket and r.ticket.id, r.reason) for r in refusals} == {
        ("save", old, why),
        ("pause", open_to_all, why),
        ("dance", ID, why),
        ("pause", None, why),
    }
    ((message,), _) = mailbox.take()
    assert (message.command, message.ticket and message.ticket.id) == (Stop(), mine)


def test_what_cannot_be_removed_is_refused_by_its_id(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    message_id = mailbox.post(Stop(), sender=ANN)
    monkeypatch.setattr("pathlib.Path.unlink", refuse)

    _, (refusal,) = mailbox.take()

    assert (refusal.command, refusal.ticket) == ("stop", Ticket(message_id, str(ANN)))
    assert "Read-only file system" in refusal.reason
