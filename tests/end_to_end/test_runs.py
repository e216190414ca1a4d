"""The real table of runs on a terminal: what it shows, and how it leaves the terminal behind."""

from __future__ import annotations

import signal
from dataclasses import replace
from typing import TYPE_CHECKING

import psutil
import pytest

from gan.run.finding import open_run
from tests.end_to_end.terminal import NORMAL_MODES, Terminal
from tests.end_to_end.trials import SOON
from tests.gan.run.recorded import GONE, HERE, TRAINING, record_of, recorded, write_status

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.conftest import Program

pytestmark = pytest.mark.slow

MAX_BYTES = 120_000_000


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A folder of runs."""
    return tmp_path / "runs"


@pytest.fixture
def live(program: Program, runs: Path) -> Terminal:
    """The table of a folder with a run that trains and one that died."""
    recorded(runs, TRAINING, GONE, label="dcgan-mnist")
    recorded(runs, TRAINING, HERE)
    words = [*program.words, "runs", "--live", "--runs", str(runs)]
    return Terminal(words, cwd=program.home, env=program.environ)


def assert_left_as_it_was(terminal: Terminal) -> None:
    modes = terminal.modes()
    assert {mode for mode, is_on in modes.items() if is_on} <= NORMAL_MODES
    assert terminal.settings() == terminal.settings_before


def test_it_follows_the_runs_filters_and_leaves_the_terminal_as_it_was(
    live: Terminal, runs: Path
) -> None:
    with live as terminal:
        terminal.wait_for_text("00002-mlp-mnist", SOON)
        terminal.wait_for_text("training", SOON)
        terminal.wait_for_text("00001-dcgan-mnist", SOON)
        assert "died" in terminal.text

        run = open_run(runs / "00002-mlp-mnist")
        write_status(run, record_of(replace(TRAINING, step=11_000), HERE, sequence=6))
        terminal.wait_for_text("94%", SOON)

        terminal.send("/dcgan")
        terminal.wait_for(lambda: "00002" not in terminal.text, "one row", SOON)
        terminal.send("\x1b")
        terminal.wait_for_text("00002", SOON)
        terminal.send("q")
        assert terminal.wait_for_end(SOON) == 0
        assert_left_as_it_was(terminal)


def test_a_run_that_died_moves_to_the_trash(live: Terminal, runs: Path) -> None:
    with live as terminal:
        terminal.wait_for_text("died", SOON)
        terminal.send("\x1b[F\x1b[3~")  # end, del
        terminal.wait_for_text("m  move it to the trash", SOON)
        terminal.send("m")
        terminal.wait_for_text("1 run,", SOON)
        assert [path.name for path in (runs / "trash").iterdir()] == ["00001-dcgan-mnist"]
        terminal.send("q")
        assert terminal.wait_for_end(SOON) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_leaves_the_terminal_as_it_was(live: Terminal, number: signal.Signals) -> None:
    with live as terminal:
        terminal.wait_for_text("training", SOON)
        terminal.process.send_signal(number)
        assert terminal.wait_for_end(SOON) == 128 + number
        assert_left_as_it_was(terminal)


def test_it_needs_little_memory_and_no_tensorflow(live: Terminal) -> None:
    with live as terminal:
        terminal.wait_for_text("training", SOON)
        process = psutil.Process(terminal.process.pid)
        assert process.memory_info().rss < MAX_BYTES
        assert [part.path for part in process.memory_maps() if "tensorflow" in part.path] == []
        terminal.send("q")
        terminal.wait_for_end(SOON)
