"""The whole program in front of a person: a terminal of 80x24, keys, and a run on disk.

One run is watched from its start to its end, and one goes on from it; each claim looks at what was
seen. TensorFlow takes seconds to start, so there are no more processes than these need.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gan import events
from gan.run.checkpoints.store import CheckpointStore
from gan.run.directory import RunDirectory
from gan.run.follower import read_events
from tests.end_to_end.conftest import SECONDS
from tests.end_to_end.terminal import NORMAL_MODES, Terminal, cpu_seconds
from tui.screens.layout import layout_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gan.events import Event
    from tests.end_to_end.conftest import Program

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processor time is in /proc"),
]

COLUMNS, ROWS = 80, 24
SOON = 20
"""Seconds for what a person would see at once, on a machine that has other things to do."""

LOSS = re.compile(r"D loss +([0-9.e+-]+) ")
PAUSED_BEATS = 3


@dataclass
class Watched:
    """What a person saw of a run, from start to end."""

    run: RunDirectory
    seconds_to_first_screen: float = 0.0
    first_screen: str = ""
    losses: list[str] = field(default_factory=list)
    training_screen: str = ""
    paused_screen: str = ""
    seconds_to_pause: float = 0.0
    step_when_paused: int = 0
    step_a_while_later: int = 0
    cpu_seconds_paused: float = 0.0
    seconds_paused: float = 0.0
    requested_checkpoint: events.CheckpointSaved | None = None
    dialog: str = ""
    exit_code: int = 0
    modes: dict[int, bool] = field(default_factory=dict)
    settings: tuple[Any, Any] = (None, None)
    processes_left: bool = True
    left_behind: str = ""
    log: list[Event] = field(default_factory=list)


def of_kind(log: list[Event], kind: type[Any]) -> list[Any]:
    return [event for event in log if isinstance(event, kind)]


def steps_in(log: list[Event]) -> list[int]:
    """The number of every step that the log has losses of, as it stands there."""
    return [
        number
        for event in of_kind(log, events.StepsCompleted)
        for number in range(event.first_step, event.last_step + 1)
    ]


def heartbeat(run: RunDirectory) -> float:
    return float(json.loads(run.status_path.read_text())["heartbeat"])


def watch_start(terminal: Terminal, seen: Watched, began: float) -> None:
    terminal.wait_for_text("Getting ready", SOON)
    seen.seconds_to_first_screen = time.monotonic() - began
    seen.first_screen = terminal.text


def watch_training(terminal: Terminal, seen: Watched) -> None:
    """Until three different losses were on the screen."""
    terminal.wait_for_text(" TRAINING ", SECONDS)

    def another_loss() -> bool:
        found = LOSS.search(terminal.text)
        if found and found[1] not in seen.losses:
            seen.losses.append(found[1])
        return len(seen.losses) == 3

    terminal.wait_for(another_loss, "three losses", SOON)
    terminal.wait_for_text("space Pause", SOON)
    seen.training_screen = terminal.text


def watch_pause(terminal: Terminal, seen: Watched) -> None:
    """For as long as it takes the paused run to show a few times that it still breathes."""
    pressed = time.time()
    terminal.send(" ")
    terminal.wait_for_text(" PAUSED ", SOON)
    terminal.wait_for_text("space Unpause", SOON)
    seen.paused_screen = terminal.text
    (paused,) = of_kind(read_events(seen.run), events.Paused)
    seen.seconds_to_pause = paused.time - pressed
    seen.step_when_paused = paused.step

    beats = {heartbeat(seen.run)}
    began, cpu = time.monotonic(), cpu_seconds(terminal.trainer)

    def breathes() -> bool:
        beats.add(heartbeat(seen.run))
        return len(beats) > PAUSED_BEATS

    terminal.wait_for(breathes, "heartbeats of a paused run", SOON)
    seen.seconds_paused = time.monotonic() - began
    seen.cpu_seconds_paused = cpu_seconds(terminal.trainer) - cpu
    seen.step_a_while_later = steps_in(read_events(seen.run))[-1]


def steer_while_paused(terminal: Terminal, seen: Watched) -> None:
    """Resample until the digits change, and save."""
    place = layout_for(COLUMNS, ROWS).digits
    assert place is not None
    area = (range(place.x, place.right), range(place.y, place.bottom))
    digits = terminal.cells(*area)
    terminal.send("r")
    terminal.wait_for(lambda: terminal.cells(*area) != digits, "other digits", SOON)

    terminal.send("s")
    terminal.wait_for_text("checkpoint: ", SOON)
    seen.requested_checkpoint = of_kind(read_events(seen.run), events.CheckpointSaved)[-1]


def watch_end(terminal: Terminal, seen: Watched) -> None:
    seen.exit_code = terminal.wait_for_end(SOON)
    seen.modes = terminal.modes()
    seen.settings = (terminal.settings_before, terminal.settings())
    seen.processes_left = terminal.has_processes()
    seen.left_behind = terminal.left_behind
    seen.log = read_events(seen.run)


@pytest.fixture(scope="module")
def watched(program: Program) -> Watched:
    """A run that was watched, paused, steered and stopped with `q`."""
    seen = Watched(RunDirectory(program.home / "mine"))
    began = time.monotonic()
    words = [*program.small, "--run-dir", str(seen.run.path), "--epochs", "1000000"]
    with program.on_terminal(*words, columns=COLUMNS, rows=ROWS) as terminal:
        watch_start(terminal, seen, began)
        watch_training(terminal, seen)
        watch_pause(terminal, seen)
        steer_while_paused(terminal, seen)
        terminal.send("q")
        terminal.wait_for_text("save and quit now", SOON)
        seen.dialog = terminal.text
        terminal.send("s")
        watch_end(terminal, seen)
    return seen


@pytest.fixture(scope="module")
def resumed(program: Program, watched: Watched) -> Watched:
    """The same run, gone on with for thirty steps more, to its end."""
    seen = Watched(watched.run)
    total = watched.step_when_paused + 30
    words = ["--resume", "--run-dir", str(seen.run.path), "--steps", str(total)]
    with program.on_terminal(*words, columns=COLUMNS, rows=ROWS) as terminal:
        terminal.wait_for_text(" FINISHED ", SECONDS)
        terminal.wait_for_text("q Quit", SOON)
        seen.training_screen = terminal.text
        terminal.send("q")
        watch_end(terminal, seen)
    return seen


class TestStart:
    def test_the_screen_is_there_long_before_tensorflow_is(self, watched: Watched) -> None:
        (built,) = of_kind(watched.log, events.ModelsBuilt)

        assert watched.seconds_to_first_screen < 2
        assert built.time - watched.log[0].time > 2 * watched.seconds_to_first_screen

    def test_it_shows_the_way_to_the_first_step(self, watched: Watched) -> None:
        for station in ("load the data", "import TensorFlow", "compile the training step", "train"):
            assert station in watched.first_screen


class TestTraining:
    def test_the_losses_move(self, watched: Watched) -> None:
        logged = of_kind(watched.log, events.StepsCompleted)
        values = [f"{loss:.3f}" for event in logged for loss in event.d_loss.tolist()]

        assert len(set(watched.losses)) == 3
        assert set(watched.losses) <= set(values)

    def test_both_losses_and_the_keys_are_on_the_screen(self, watched: Watched) -> None:
        for said in ("D loss", "G loss", "D(x)", "D(G(z))", "epoch", "step", "q Quit"):
            assert said in watched.training_screen


class TestPause:
    def test_the_step_counter_stops_at_once(self, watched: Watched) -> None:
        """A fifth of a second is what an idle machine needs; this one may be a busy one."""
        assert watched.seconds_to_pause < 1
        assert watched.step_a_while_later == watched.step_when_paused

    def test_the_key_now_says_resume(self, watched: Watched) -> None:
        assert "space Pause" not in watched.paused_screen

    def test_a_paused_run_uses_no_processor(self, watched: Watched) -> None:
        """The screen's timer and the heartbeat go on."""
        assert watched.cpu_seconds_paused < 0.2 * watched.seconds_paused

    def test_new_digits_are_drawn_while_paused(self, watched: Watched) -> None:
        """That other digits were seen is what the watching waited for."""
        (resampled,) = of_kind(watched.log, events.Resampled)

        assert resampled.step == watched.step_when_paused

    def test_a_checkpoint_is_saved_while_paused(self, watched: Watched) -> None:
        saved = watched.requested_checkpoint

        assert saved is not None
        assert saved.requested
        assert saved.step == watched.step_when_paused
        assert CheckpointStore(watched.run, keep=3).load(saved.step).step == saved.step


class TestQuit:
    def test_it_is_asked_how_the_run_is_to_end(self, watched: Watched) -> None:
        for answer in ("l  leave", "f  finish the epoch", "s  save", "c  cancel"):
            assert answer in watched.dialog

    def test_the_exit_code_says_that_it_can_be_resumed(self, watched: Watched) -> None:
        assert watched.exit_code == 75

    def test_the_terminal_is_left_as_it_was(self, watched: Watched) -> None:
        before, after = watched.settings

        assert after == before
        assert watched.modes[1049] is False
        assert watched.modes[25] is True
        assert {mode for mode, is_on in watched.modes.items() if is_on} <= NORMAL_MODES

    def test_no_process_is_left(self, watched: Watched) -> None:
        assert not watched.processes_left

    def test_a_summary_stays_on_the_normal_screen(self, watched: Watched) -> None:
        assert watched.left_behind.lstrip().startswith("stopped")
        assert "gan-tui --resume" in watched.left_behind
        assert "Traceback" not in watched.left_behind

    def test_the_log_has_every_step_once(self, watched: Watched) -> None:
        assert steps_in(watched.log) == list(range(1, watched.step_when_paused + 1))


class TestResume:
    def test_it_goes_on_from_the_step_it_was_stopped_at(
        self, watched: Watched, resumed: Watched
    ) -> None:
        starts = of_kind(resumed.log, events.RunStarted)

        assert [start.resumed_from for start in starts] == [None, watched.step_when_paused]
        assert steps_in(resumed.log) == list(range(1, watched.step_when_paused + 31))

    def test_a_finished_run_stays_on_the_screen_until_q(self, resumed: Watched) -> None:
        assert "D loss" in resumed.training_screen
        assert "space" not in resumed.training_screen
        assert resumed.exit_code == 0

    def test_the_terminal_is_left_as_it_was_again(self, resumed: Watched) -> None:
        before, after = resumed.settings

        assert after == before
        assert {mode for mode, is_on in resumed.modes.items() if is_on} <= NORMAL_MODES
        assert not resumed.processes_left
        assert resumed.left_behind.lstrip().startswith("finished")


class TestFailure:
    @pytest.fixture(scope="class")
    def failed(self, program: Program) -> Iterator[Terminal]:
        """A run of data that is not there; TensorFlow is not reached."""
        missing = str(program.home / "none")
        with program.on_terminal("--data", missing, "--runs", "no-runs") as terminal:
            terminal.wait_for_end(SOON)
            yield terminal

    def test_an_error_restores_the_terminal_and_is_one_line(
        self, failed: Terminal, program: Program
    ) -> None:
        lines = [line.strip() for line in failed.left_behind.splitlines() if line.strip()]

        assert failed.process.returncode == 4
        assert lines[0].startswith(f"gan-tui: {program.home / 'none'}"[:COLUMNS])
        assert "Traceback" not in failed.left_behind
        assert failed.settings() == failed.settings_before
        assert {mode for mode, is_on in failed.modes().items() if is_on} <= NORMAL_MODES

    def test_it_leaves_nothing_on_disk(self, failed: Terminal, program: Program) -> None:
        assert failed.process.returncode == 4
        assert not (program.home / "no-runs").exists()
