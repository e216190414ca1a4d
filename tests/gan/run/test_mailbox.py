"""Commands from another process: fixed verbs, consumed once, and everything else aside."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING

import pytest

from gan.commands import (
    Command,
    Pause,
    Resample,
    RestoreLatents,
    SaveCheckpoint,
    Stop,
    Unpause,
)
from gan.errors import StorageError
from gan.run.mailbox import MAX_AT_ONCE, Mailbox, decode

if TYPE_CHECKING:
    from pathlib import Path

    from gan.run.directory import RunDirectory

COMMANDS: list[Command] = [
    Pause(),
    Unpause(),
    SaveCheckpoint(),
    Resample(),
    RestoreLatents(),
    Stop(),
    Stop("epoch_end"),
]


@pytest.fixture
def mailbox(run: RunDirectory) -> Mailbox:
    return Mailbox(run)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_commands_arrive_in_order_and_once(run: RunDirectory, mailbox: Mailbox) -> None:
    for command in COMMANDS:
        Mailbox(run).post(command)

    assert mailbox.take() == (COMMANDS, [])
    assert mailbox.take() == ([], [])
    assert names(run.mailbox_path) == []


def test_a_message_is_a_word_that_a_shell_can_write(run: RunDirectory, mailbox: Mailbox) -> None:
    (run.mailbox_path / "from-a-script").write_text('{"command": "pause"}')

    assert mailbox.take() == ([Pause()], [])


def test_a_message_is_the_owners_alone(run: RunDirectory, mailbox: Mailbox) -> None:
    mailbox.post(Pause())

    (path,) = run.mailbox_path.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text()) == {"command": "pause"}


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
        '{"command": "evaluate"}',
        '{"command": "interpolate"}',
        '{"command": "roll_back"}',
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

    commands, (refusal,) = mailbox.take()

    assert commands == [Pause()]
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

    commands, refusals = mailbox.take()

    assert commands == []
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

    commands, (refusal,) = mailbox.take()

    assert commands == []
    assert refusal.reason == f"it belongs to user {owner}, not {owner + 1}"


def test_a_flood_is_taken_a_part_at_a_time_oldest_first(
    run: RunDirectory, mailbox: Mailbox
) -> None:
    for number in range(MAX_AT_ONCE + 1):
        verb = "pause" if number < MAX_AT_ONCE else "unpause"
        (run.mailbox_path / f"{number:05d}").write_text(json.dumps({"command": verb}))

    assert mailbox.take() == ([Pause()] * MAX_AT_ONCE, [])
    assert mailbox.take() == ([Unpause()], [])


def test_what_cannot_be_removed_is_not_carried_out_and_reported_only_once(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    mailbox.post(Stop())
    monkeypatch.setattr("pathlib.Path.unlink", refuse)
    monkeypatch.setattr("pathlib.Path.rename", refuse)

    commands, (refusal,) = mailbox.take()

    assert commands == []
    assert "it could not be moved: Read-only file system" in refusal.reason
    assert mailbox.take() == ([], [])


def test_a_mailbox_that_is_gone_is_empty_to_the_trainer_and_an_error_to_the_sender(
    run: RunDirectory, mailbox: Mailbox
) -> None:
    run.mailbox_path.rmdir()

    assert mailbox.take() == ([], [])
    with pytest.raises(StorageError, match="No such file or directory"):
        mailbox.post(Pause())


def test_a_refusal_says_what_would_be_understood() -> None:
    verbs = "pause, unpause, save, resample, restore_latents, stop"
    with pytest.raises(ValueError, match=f"expected one of {verbs}"):
        decode(b'{"command": "dance"}')


def test_what_an_older_version_posts_to_go_on_is_understood() -> None:
    assert decode(b'{"command": "resume"}') == Unpause()


def test_a_stop_at_the_end_of_a_flood_is_taken_at_once(run: RunDirectory, mailbox: Mailbox) -> None:
    for number in range(2 * MAX_AT_ONCE):
        (run.mailbox_path / f"{number:05d}").write_text('{"command": "save"}')
    (run.mailbox_path / "99999").write_text('{"command": "stop"}')

    commands, _ = mailbox.take()

    assert commands == [*[SaveCheckpoint()] * MAX_AT_ONCE, Stop()]
    assert not (run.mailbox_path / "99999").exists()


def test_clearing_leaves_no_message_however_many_there_are(
    run: RunDirectory, mailbox: Mailbox
) -> None:
    for number in range(3 * MAX_AT_ONCE):
        (run.mailbox_path / f"{number:05d}").write_text('{"command": "stop"}')
    (run.mailbox_path / "folder").mkdir()

    assert mailbox.clear() == 3 * MAX_AT_ONCE + 1
    assert mailbox.take() == ([], [])
    assert names(run.mailbox_path) == ["refused"]


def test_what_cannot_be_cleared_is_never_carried_out(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    mailbox.post(Stop())
    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.unlink", refuse)
        patched.setattr("pathlib.Path.rename", refuse)
        mailbox.clear()

    assert mailbox.take() == ([], [])
