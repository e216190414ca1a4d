"""The entry point: what it answers itself, and what an error becomes."""

from __future__ import annotations

import time
from importlib.metadata import entry_points, version

import pytest

from tests.tui.composing import (
    program,
)
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
