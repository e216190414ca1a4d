"""Who writes to a run."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gan.disk import process
from gan.disk.process import ProcessIdentity, boot_id, is_alive

if TYPE_CHECKING:
    from pathlib import Path


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


class TestIsRunning:
    def test_this_process_runs(self) -> None:
        assert ProcessIdentity.current().is_running is True

    def test_a_process_that_has_ended_does_not(self) -> None:
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        identity = replace(
            ProcessIdentity.current(), pid=child.pid, start_ticks=process.start_ticks(child.pid)
        )
        assert identity.is_running is True

        child.communicate(b"\n")

        assert identity.is_running is False

    def test_another_process_with_the_same_number_is_not_it(self) -> None:
        earlier = replace(ProcessIdentity.current(), start_ticks=1)

        assert earlier.is_running is False

    def test_no_process_survives_a_reboot(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(process, "machine_id", lambda: "this machine")
        before = replace(ProcessIdentity.current(), boot_id="before")

        assert before.is_running is False

    def test_without_a_machines_id_another_boot_may_be_another_machine(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(process, "machine_id", lambda: "")

        assert replace(ProcessIdentity.current(), boot_id="other").is_running is None

    def test_that_of_another_host_is_not_known(self) -> None:
        assert replace(ProcessIdentity.current(), host="other").is_running is None

    def test_neither_is_that_of_another_container(self) -> None:
        """Its id means nothing here, even where no process has it."""
        inside = replace(ProcessIdentity.current(), pid_namespace=1)

        assert inside.is_running is None
        assert replace(inside, start_ticks=1).is_running is None
        assert replace(inside, boot_id="before").is_running is None

    def test_from_inside_another_container_this_process_is_not_known(self) -> None:
        program = (
            "import json, sys; from gan.disk.process import ProcessIdentity; "
            "print(ProcessIdentity.from_json(json.loads(sys.argv[1])).is_running)"
        )
        identity = json.dumps(ProcessIdentity.current().to_json())
        inside = ["unshare", "--pid", "--fork", "--mount-proc"]
        if not shutil.which("unshare") or subprocess.run([*inside, "true"], check=False).returncode:
            pytest.skip("no process ids of one's own can be had here")

        answer = subprocess.run(
            [*inside, sys.executable, "-c", program, identity],
            capture_output=True,
            text=True,
            check=True,
        )

        assert answer.stdout == "None\n"

    @pytest.mark.parametrize(
        "changed",
        [
            *({"pid": "1"}, {"pid": 0}, {"pid": 2**63}, {"host": None}, {"started": "x"}),
            {"pid_namespace": "1"},
        ],
    )
    def test_what_is_no_process_is_refused(self, changed: dict[str, object]) -> None:
        with pytest.raises(ValueError, match="not a process"):
            ProcessIdentity.from_json({**ProcessIdentity.current().to_json(), **changed})

    def test_one_of_an_older_version_is_read(self) -> None:
        record = ProcessIdentity.current().to_json()
        del record["start_ticks"], record["machine_id"], record["pid_namespace"]

        assert ProcessIdentity.from_json(record).is_running is True


def test_a_process_that_nobody_asked_how_it_ended_does_not_run() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    identity = replace(ProcessIdentity.current(), pid=child.pid, start_ticks=0)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)

    assert is_alive(child.pid)
    assert process.is_zombie(child.pid)
    assert identity.is_running is False

    child.wait()
    assert not process.is_zombie(child.pid)


def test_processes_that_see_one_another_have_one_namespace(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = "from gan.disk.process import pid_namespace; print(pid_namespace())"
    child = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert process.pid_namespace() == int(child.stdout) > 0

    monkeypatch.setattr(process, "_PID_NAMESPACE", tmp_path / "missing")
    assert process.pid_namespace() == 0
