"""The entry point: what it answers itself, and what an error becomes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from importlib.metadata import entry_points, version
from pathlib import Path

import pytest

from tests.tui.composing import ROOT, program
from tui.cli import main


class TestAnswers:
    def test_help_comes_in_less_than_half_a_second(self) -> None:
        """The best of three, because a busy machine can make any process slow."""
        seconds = []
        for _ in range(3):
            begun = time.perf_counter()
            done = program("--help")
            seconds.append(time.perf_counter() - begun)
            assert done.returncode == 0
            assert done.stdout.startswith("usage: gan-tui [train] [OPTIONS]")
            assert done.stderr == ""

        assert min(seconds) < 0.5

    def test_the_version_is_the_distributions(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit, match="0"):
            main(["--version"])

        assert capsys.readouterr().out == f"gan-tui {version('gan-tui')}\n"

    def test_the_script_is_this_function(self) -> None:
        (script,) = entry_points(group="console_scripts", name="gan-tui")

        assert script.load() is main

    def test_a_refusal_is_one_line_on_standard_error_and_an_exit_code(self) -> None:
        done = program("--epochs", "many")

        assert done.returncode == 2
        assert done.stdout == ""
        assert done.stderr.startswith("gan-tui: --epochs: received 'many', expected ")
        assert done.stderr.count("\n") == 1


INTERRUPTED_WHILE_IMPORTING = """
import importlib, os, signal, sys
import tui.cli
sys.argv = ["gan-tui", "runs"]
importlib.import_module = lambda name: os.kill(os.getpid(), signal.SIGINT)
sys.exit(tui.cli.main())
"""

INTERRUPTED_WHILE_AT_WORK = """
import importlib, os, signal, sys, types
import tui.cli
sys.argv = ["gan-tui", "runs"]
command = types.SimpleNamespace(main=lambda words: os.kill(os.getpid(), signal.SIGINT))
importlib.import_module = lambda name: command
sys.exit(tui.cli.main())
"""


class TestInterrupts:
    def test_ctrl_c_while_modules_are_imported_ends_the_process_at_once(self) -> None:
        done = run_python(INTERRUPTED_WHILE_IMPORTING)

        assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")

    def test_ctrl_c_later_is_answered_by_a_line_and_an_exit_code(self) -> None:
        done = run_python(INTERRUPTED_WHILE_AT_WORK)

        assert (done.returncode, done.stderr) == (130, "gan-tui runs: stopped\n")


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT
    )


@pytest.mark.slow
class TestStreams:
    """Streams that take nothing, as a process: Python flushes them once more at its end."""

    @pytest.mark.parametrize("option", ["--version", "--help"])
    @pytest.mark.parametrize(
        ("streams", "code", "said"),
        [
            (
                ">/dev/full",
                74,
                "gan-tui: cannot write to standard output: No space left on device.",
            ),
            (">&-", 74, "gan-tui: standard output is closed."),
            (">/dev/full 2>/dev/full", 74, ""),
            (">/dev/full 2>&-", 74, ""),
            ("2>/dev/full", 0, ""),
            ("2>&-", 0, ""),
        ],
    )
    def test_an_answer(self, option: str, streams: str, code: int, said: str) -> None:
        done = shell(f"{option} {streams}")

        assert (done.returncode, done.stderr[: len(said)]) == (code, said)
        assert done.stderr.count("\n") == bool(said)

    @pytest.mark.parametrize("streams", ["2>/dev/full", "2>&-", ">/dev/full 2>/dev/full"])
    def test_an_error_keeps_its_code(self, streams: str) -> None:
        assert shell(f"--epochs many {streams}").returncode == 2

    def test_a_reader_that_leaves(self) -> None:
        done = shell("--help | true; exit ${PIPESTATUS[0]}")

        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "code", "said"),
    [
        ("ulimit -v 60000;", 1, "gan-tui: out of memory while loading a library ("),
        ("ulimit -n 5;", 1, "gan-tui: too many open files: the limit is 5."),
        ("mkdir gone; cd gone; rmdir ../gone;", 74, "gan-tui: cannot find runs: the working"),
    ],
    ids=["memory", "files", "folder"],
)
def test_a_limit_of_the_process_is_one_line(
    before: str, code: int, said: str, tmp_path: Path
) -> None:
    done = shell("--no-ui --data mnist", before=before, cwd=tmp_path)

    assert (done.returncode, done.stderr[: len(said)]) == (code, said)
    assert done.stderr.count("\n") == 1


def shell(words: str, *, before: str = "", cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """The program's command line in a shell, with redirections."""
    return subprocess.run(
        ["bash", "-c", f"{before} {sys.executable} -m tui {words}"],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


BROKEN = """
import sys, threading
from tui import cli
from tui.commands import bench

def broken(words):
    threading.Thread(target=raising).start()
    raising()

def raising():
    raise RuntimeError("no \\x1b]0;owned\\x07 for \\u6570 \\udce9")

bench.main = broken
sys.argv = ["gan-tui", "bench"]
cli.main()
"""


def test_an_error_that_nobody_foresaw_is_printed_safely() -> None:
    """Also where the environment has every character refused that a stream can't encode."""
    environ = {**os.environ, "PYTHONIOENCODING": "ascii:strict"}
    ended = subprocess.run(
        [sys.executable, "-c", BROKEN], capture_output=True, env=environ, cwd=ROOT, check=False
    )

    assert ended.returncode == 1
    message = rb"RuntimeError: no \x1b]0;owned\x07 for \u6570 \udce9"
    assert ended.stderr.splitlines().count(message) == 2
    assert b"\x1b" not in ended.stderr
    assert b"in raising" in ended.stderr


def test_a_standard_error_that_takes_nothing_leaves_the_exit_code() -> None:
    words = [sys.executable, "-m", "tui", "--bogus"]
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(words, stderr=full, stdout=full, cwd=ROOT, check=False)

    assert ended.returncode == 2
