"""The entry point: what it answers itself, and what an error becomes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from importlib.metadata import entry_points, version
from pathlib import Path

import pytest

from tests.tui.composing import (
    program,
)
from tui.cli import main

ROOT = Path(__file__).parents[2]


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
