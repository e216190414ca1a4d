"""Who writes to a run."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

from gan.disk import process
from gan.disk.process import ProcessIdentity, boot_id, is_alive

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_this_process_says_who_it_is() -> None:
    identity = ProcessIdentity.current()

    assert (identity.pid, identity.host) == (os.getpid(), socket.gethostname())
    assert identity.boot_id == boot_id()
    assert json.loads(json.dumps(identity.to_json()))["pid"] == os.getpid()


def test_the_boot_does_not_change_while_it_lasts() -> None:
    assert boot_id() == boot_id()


def test_a_system_without_a_boot_id_has_an_empty_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(process, "_BOOT_ID", tmp_path / "missing")

    assert boot_id() == ""


def test_a_process_is_alive_until_it_is_reaped() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert is_alive(child.pid)

    child.communicate(b"\n")

    assert not is_alive(child.pid)


def test_another_users_process_is_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)

    assert is_alive(1)
