"""SSH, Slurm, signals and the logout."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gan.doctor import login
from gan.doctor.login import LoginFacts, kill_wait_of, kills_user_processes, read_facts, rows

if TYPE_CHECKING:
    from gan.doctor.row import Row

ROOT = Path(__file__).parents[3]
SLURM_CONFIG = """\
JobRequeue              = 1
KillOnBadExit           = 0
KillWait                = 30 sec
LaunchParameters        = (null)
"""


def found(**facts: Any) -> dict[str, Row]:
    return {row.name: row for row in rows(LoginFacts(**facts))}


def test_a_machine_of_ones_own_is_ok_throughout() -> None:
    assert {name: row.verdict for name, row in found().items()} == dict.fromkeys(
        ("ssh", "signals", "logout"), "ok"
    )


def test_a_login_over_ssh_names_where_from() -> None:
    seen = found(environ={"SSH_CONNECTION": "10.1.2.3 50000 10.0.0.1 22"})["ssh"]

    assert seen.text == "over SSH from 10.1.2.3; a run outlives the link"


def test_signals_that_do_not_arrive_are_named() -> None:
    seen = found(deaf_to=("SIGUSR1",))["signals"]

    assert seen.verdict == "warn"
    assert seen.text.startswith("SIGUSR1 ignored or blocked")


@pytest.mark.parametrize("how", ["SIG_IGN", "block"])
def test_a_signal_that_was_ignored_or_blocked_at_the_start_is_seen(how: str) -> None:
    make_deaf = (
        "signal.signal(signal.SIGUSR1, signal.SIG_IGN)"
        if how == "SIG_IGN"
        else "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])"
    )
    script = f"""
import os, signal
{make_deaf}
from gan.doctor.login import read_facts
print(read_facts({{}}, user="ann", now=0.0).deaf_to)
"""
    words = [sys.executable, "-c", script]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout == "('SIGUSR1',)\n"


def test_a_job_says_how_long_it_has_and_how_long_to_save() -> None:
    environ = {"SLURM_JOB_ID": "77", "SLURM_JOB_END_TIME": "7200"}

    seen = found(environ=environ, now=0.0, kill_wait=30.0)["slurm"]

    assert seen.verdict == "ok"
    assert seen.text == "job 77, ends in 2 h 00 min; 30.0 s to save after SIGTERM"


def test_a_job_that_is_killed_before_it_has_saved_gets_a_shorter_grace() -> None:
    seen = found(environ={"SLURM_JOB_ID": "77"}, kill_wait=20.0)["slurm"]

    assert (seen.verdict, seen.fix) == ("warn", "gan-tui --grace 15")


def test_slurms_own_words_are_read() -> None:
    assert kill_wait_of(SLURM_CONFIG) == 30.0
    assert kill_wait_of("slurm_load_ctl_conf error") is None


@pytest.mark.parametrize(
    ("facts", "verdict", "fix"),
    [
        ({}, "ok", ""),
        ({"has_systemd": True}, "ok", ""),
        ({"has_systemd": True, "kills_at_logout": True}, "warn", "loginctl enable-linger"),
        (
            {"has_systemd": True, "kills_at_logout": True, "lingers": True},
            "warn",
            "systemd-run --user --scope gan-tui",
        ),
        (
            {"has_systemd": True, "kills_at_logout": True, "lingers": True, "in_session": False},
            "ok",
            "",
        ),
    ],
    ids=["no-systemd", "leaves-alone", "kills", "lingers-in-session", "lingers-in-scope"],
)
def test_a_logout_that_ends_runs_is_seen_before_it_does(
    facts: dict[str, Any], verdict: str, fix: str
) -> None:
    seen = found(**facts)["logout"]

    assert (seen.verdict, seen.fix) == (verdict, fix)


def test_the_last_setting_of_logind_counts_and_comments_do_not() -> None:
    assert not kills_user_processes([])
    assert not kills_user_processes(["[Login]\n#KillUserProcesses=yes\n"])
    assert kills_user_processes(["[Login]\nKillUserProcesses=no\n", "KillUserProcesses = Yes\n"])


def test_the_files_of_this_machine_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped = tmp_path / "etc" / "logind.conf.d"
    dropped.mkdir(parents=True)
    (dropped.parent / "logind.conf").write_text("[Login]\nKillUserProcesses=no\n")
    (dropped / "50-site.conf").write_text("[Login]\nKillUserProcesses=yes\n")
    (tmp_path / "linger").mkdir()
    (tmp_path / "linger" / "ann").touch()
    (tmp_path / "cgroup").write_text("0::/user.slice/user-7.slice/session-3.scope\n")
    monkeypatch.setattr(login, "_LOGIND", (tmp_path / "usr", tmp_path / "etc"))
    monkeypatch.setattr(login, "_LINGER", tmp_path / "linger")
    monkeypatch.setattr(login, "_SYSTEMD", tmp_path)
    monkeypatch.setattr(login, "_GROUPS", tmp_path / "cgroup")

    facts = read_facts({}, user="ann", now=0.0)

    assert facts.has_systemd
    assert facts.kills_at_logout
    assert facts.lingers
    assert facts.in_session
    assert not read_facts({}, user="bob", now=0.0).lingers
