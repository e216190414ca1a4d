"""`gan-tui doctor`: its lines, its JSON, its report and its exit code."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import sysconfig
import time
from pathlib import Path
from typing import Any

import pytest

from gan.doctor import devices, packages, system
from gan.doctor.row import Row, fail, ok, warn
from gan.machine.probe import Verdict
from tui.cli import main
from tui.commands.doctor_table import count_line, fix_lines, found_lines

ROOT = Path(__file__).parents[3]

NAMES = {
    *("python", "processor", "memory", "limits", "gan-tui", "tensorflow", "keras", "textual"),
    *("numpy", "others", "gpu driver", "built for", "mnist", "runs folder", "file system"),
    *("fsync", "rename", "lock", "file clock", "cache", "ssh", "signals", "logout", "terminal"),
}


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder that is the present one, no GPU, and no probe that takes seconds."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(
        devices, "probe", lambda *_: Verdict(passed=True, import_seconds=4.0, seconds=0.2)
    )
    return tmp_path


def told(*words: str, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The rows of `--json`, whose verdict is that of the exit code."""
    code = main(["doctor", "--json", *words])
    rows: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    assert code == int(any(row["verdict"] == "fail" for row in rows))
    return rows


def test_the_json_has_a_row_for_each_check(quiet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    del quiet
    rows = told("--no-probes", capsys=capsys)

    assert {row["name"] for row in rows} >= NAMES
    assert {*rows[0]} == {"name", "verdict", "text", "fix"}
    assert all(bool(row["fix"]) == (row["verdict"] != "ok") for row in rows)
    assert not {"import", "xla on CPU"} & {row["name"] for row in rows}


def test_with_probes_tensorflow_is_tried(quiet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    del quiet
    rows = {row["name"]: row for row in told(capsys=capsys)}

    assert rows["import"]["text"] == "TensorFlow in 4.0 s"
    assert rows["xla on CPU"]["verdict"] == "ok"


def test_in_a_pipe_every_check_is_one_plain_line(
    quiet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--no-probes", "--runs", str(quiet / "none")]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert "\x1b" not in "".join(lines)
    checks = [line for line in lines[:-1] if not line.startswith("      -> ")]
    assert {line[6:17].strip() for line in checks} >= NAMES
    assert {line[:6].strip() for line in checks} <= {"ok", "warn"}
    assert lines[-1].endswith(", 0 fail")
    (terminal,) = [line for line in checks if line[6:].startswith("terminal")]
    assert terminal.startswith("warn")
    assert "is not a terminal" in terminal


def test_something_that_does_not_work_makes_the_exit_code_1(
    quiet: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    del quiet
    old = system.SystemFacts(python=(3, 8, 1))
    monkeypatch.setattr(system, "read_facts", lambda: old)

    assert main(["doctor", "--no-probes"]) == 1
    assert "fail  python" in capsys.readouterr().out


def test_a_check_that_fails_itself_is_a_row_and_the_others_follow(
    quiet: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    del quiet

    def broken() -> None:
        raise ValueError("no such\x1b[31m thing")

    monkeypatch.setattr(packages, "needed_packages", broken)

    assert main(["doctor", "--no-probes"]) == 1
    out = capsys.readouterr().out
    assert r"the check itself failed: ValueError: no such\x1b[31m thing" in out
    assert "ok    lock" in out


def test_a_user_without_a_home_has_no_cache(
    quiet: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def homeless(_: str) -> Path:
        raise RuntimeError("could not determine the home directory")

    monkeypatch.setattr("platformdirs.user_cache_path", homeless)
    del quiet

    (cache,) = [row for row in told("--no-probes", capsys=capsys) if row["name"] == "cache"]

    assert (cache["verdict"], cache["fix"]) == ("warn", "export HOME=FOLDER")


def test_a_report_names_no_user_host_or_home(
    quiet: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(quiet))
    monkeypatch.setenv("LOGNAME", "annabel")
    monkeypatch.setenv("SSH_CONNECTION", "10.1.2.3 50000 10.0.0.1 22")
    monkeypatch.setattr(socket, "gethostname", lambda: "node7.example.org")
    runs = quiet / "annabel" / "node7"
    runs.mkdir(parents=True)
    words = ["doctor", "--no-probes", "--runs", str(runs)]

    main(words)
    plain = capsys.readouterr().out
    main([*words, "--report"])
    report = capsys.readouterr().out

    assert all(name in plain for name in (str(quiet), "annabel", "node7", "10.1.2.3"))
    assert not [n for n in (str(quiet), "annabel", "node7", "10.1.2.3") if n in report]
    assert "in ~/USER/HOST" in report


def test_without_probes_it_takes_far_less_than_ten_seconds(
    quiet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del quiet
    begun = time.monotonic()
    told("--no-probes", capsys=capsys)

    assert time.monotonic() - begun < 10


RUNS_MAIN = """
import sys
sys.path[:0] = sys.argv[1:3]
from tui.cli import main
code = main(["doctor", *sys.argv[3:]])
print("code", code, [n for n in ("tensorflow", "keras", "textual", "rich") if n in sys.modules])
"""


def without(packages: str, *words: str, home: Path) -> str:
    """What it prints in an installation without packages whose names begin so (words, spaced)."""
    site = home / "site"
    site.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.startswith(tuple(packages.split())):
            (site / entry.name).symlink_to(entry)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", RUNS_MAIN, str(ROOT), str(site), *words],
        cwd=home,
        env={"PATH": os.environ["PATH"], "HOME": str(home)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_viewer_without_tensorflow_is_warned_and_no_more(tmp_path: Path) -> None:
    out = without("tensorflow keras", home=tmp_path)

    assert "warn  tensorflow   not installed" in out
    assert "xla on CPU" not in out
    assert out.endswith("code 0 []\n")


def test_an_installation_without_almost_everything_is_still_checked(tmp_path: Path) -> None:
    out = without("tensorflow keras textual rich numpy psutil platformdirs", home=tmp_path)

    assert "fail  textual      not installed" in out
    assert "fail  mnist        not checked: No module named 'numpy'" in out
    assert "ok    lock" in out
    assert out.endswith("code 1 []\n")


def test_probes_import_tensorflow_in_a_process_of_their_own(tmp_path: Path) -> None:
    assert without("no-such-package", "--no-probes", home=tmp_path).endswith("code 0 []\n")


def test_long_lines_are_folded_under_their_text_and_commands_are_not() -> None:
    row = warn("file system", "one two three four five six seven", "a-command --with 'words' " * 3)

    assert found_lines(row, 40) == [
        "warn  file system  one two three four",
        "                   five six seven",
    ]
    assert found_lines(row, None) == ["warn  file system  one two three four five six seven"]
    assert len(fix_lines(row, 40)) == 1
    assert fix_lines(fail("x", "y", "Do this and that, then all is well again."), 40) == [
        "      -> Do this and that, then all is",
        "         well again.",
    ]
    assert fix_lines(ok("x", "y"), 40) == []


def test_the_last_line_names_what_is_not_ok() -> None:
    rows = [ok("a", ""), warn("b", "", "x"), Row("c", "fail", "", "x"), fail("d", "", "x")]

    assert count_line(rows) == "1 ok, 1 warn (b), 2 fail (c, d)"
    assert count_line(rows[:1]) == "1 ok, 0 warn, 0 fail"


def test_an_unknown_option_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--no-probe"]) == 2
    assert "--no-probes" in capsys.readouterr().err
