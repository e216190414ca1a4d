"""The whole program without a screen: what goes to which stream, and what is left on disk.

Six processes train a little, and each claim looks at what they left. TensorFlow takes seconds to
start, so that is as few as the claims allow.
"""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gan import events
from gan.commands import Pause, Stop
from gan.run import event_json
from gan.run.checkpoints.store import CheckpointStore
from gan.run.config_file import read_config
from gan.run.directory import RunDirectory
from gan.run.follower import read_events
from gan.run.mailbox import Mailbox
from tests.end_to_end.conftest import SECONDS, STEPS_PER_EPOCH
from tests.end_to_end.terminal import Terminal, cpu_seconds

if TYPE_CHECKING:
    import subprocess

    from gan.events import Event
    from tests.end_to_end.conftest import Program

pytestmark = pytest.mark.slow

STEPS = 4 * STEPS_PER_EPOCH
HALF = STEPS // 2 + 1
"""Not the end of an epoch."""

SOON = 20
PAUSED_BEATS = 3

MAIN_THEN_MODULES = """
import json, sys
from tui.cli import main
code = main(sys.argv[1:])
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
sys.exit(code)
"""
"""The program, and then what it has loaded, as the last line of standard error."""


@dataclass
class Waited:
    """What a run without a keyboard did while it was paused."""

    terminal_text: str
    exit_code: int
    main_thread_cpu_seconds: float
    cpu_seconds_paused: float
    steps_while_paused: int
    log: list[Event]


def of_kind(log: list[Event], kind: type[Any]) -> list[Any]:
    return [event for event in log if isinstance(event, kind)]


def per_step(log: list[Event], name: str) -> list[float]:
    """One of the four values of every step, in the log's order."""
    found = of_kind(log, events.StepsCompleted)
    return [value for event in found for value in getattr(event, name).tolist()]


def steps_in(log: list[Event]) -> list[int]:
    return [
        number
        for event in of_kind(log, events.StepsCompleted)
        for number in range(event.first_step, event.last_step + 1)
    ]


def weights(run: RunDirectory) -> dict[str, Any]:
    return CheckpointStore(run, keep=3).load(STEPS).arrays


def assert_same_training(one: RunDirectory, other: RunDirectory) -> None:
    """Every loss, score and weight, to the last bit."""
    log, other_log = read_events(one), read_events(other)
    assert steps_in(log) == steps_in(other_log) == list(range(1, STEPS + 1))
    for name in ("d_loss", "g_loss", "real_score", "fake_score"):
        assert per_step(log, name) == per_step(other_log, name)
    arrays, other_arrays = weights(one), weights(other)
    assert arrays.keys() == other_arrays.keys()
    assert [name for name in arrays if not np.array_equal(arrays[name], other_arrays[name])] == []


def training(program: Program, *words: str) -> list[str]:
    """Words for a run of `STEPS` steps whose every draw is fixed."""
    return ["--no-ui", *program.small, "--seed", "1", "--steps", str(STEPS), *words]


@pytest.fixture(scope="module")
def plain(program: Program) -> subprocess.CompletedProcess[str]:
    """A run in the first numbered directory."""
    return program.run(*training(program))


@pytest.fixture(scope="module")
def plain_run(program: Program, plain: subprocess.CompletedProcess[str]) -> RunDirectory:
    assert plain.returncode == 0, plain.stderr
    return RunDirectory(program.home / "runs" / "00001-mlp-digits")


@pytest.fixture(scope="module")
def as_json(program: Program) -> subprocess.CompletedProcess[str]:
    """The same run again, with `--json`."""
    words = training(program, "--json", "--run-dir", "json")
    return program.run_words([sys.executable, "-c", MAIN_THEN_MODULES, *words])


@pytest.fixture(scope="module")
def head(program: Program) -> subprocess.CompletedProcess[str]:
    """Its first half, whose reader leaves after one line; the exit code is the program's."""
    words = training(program, "--json", "--run-dir", "head", "--steps", str(HALF))
    line = f"{shlex.join([*program.words, *words])} | head -1; exit ${{PIPESTATUS[0]}}"
    return program.run_words(["bash", "-c", line])


@pytest.fixture(scope="module")
def piped(
    program: Program, head: subprocess.CompletedProcess[str]
) -> subprocess.CompletedProcess[str]:
    """The second half: `gan-tui --resume | cat` in front of a keyboard."""
    assert head.returncode == 0, head.stderr
    words = ["--resume", "--run-dir", "head", "--steps", str(STEPS)]
    keyboard, device = pty.openpty()
    try:
        return program.run(*words, stdin=device)
    finally:
        os.close(keyboard)
        os.close(device)


@pytest.fixture(scope="module")
def waited(program: Program) -> Waited:
    """`gan-tui < /dev/null` on a terminal, paused and stopped by its mailbox."""
    if not Path("/proc/self/stat").exists():
        pytest.skip("processor time is in /proc")
    run = RunDirectory(program.home / "waited")
    words = [*program.small, "--run-dir", str(run.path), "--epochs", "1000000"]
    line = f"exec {shlex.join([*program.words, *words])} < /dev/null"
    with Terminal(["bash", "-c", line], cwd=program.home, env=program.environ) as terminal:

        def has(kind: type[Event]) -> bool:
            return run.log_path.exists() and bool(of_kind(read_events(run), kind))

        terminal.wait_for(lambda: has(events.StepsCompleted), "steps", SECONDS)
        pid = terminal.trainer
        Mailbox(run).post(Pause())
        terminal.wait_for(lambda: has(events.Paused), "a pause", SOON)
        before, cpu = len(steps_in(read_events(run))), cpu_seconds(pid)
        wait_for_heartbeats(terminal, run)
        paused_cpu = cpu_seconds(pid) - cpu
        main_thread_cpu = cpu_seconds(pid, task=pid)
        steps = len(steps_in(read_events(run))) - before
        Mailbox(run).post(Stop())
        code = terminal.wait_for_end(SOON)
        text = terminal.raw.decode()
    return Waited(text, code, main_thread_cpu, paused_cpu, steps, read_events(run))


def wait_for_heartbeats(terminal: Terminal, run: RunDirectory) -> None:
    """Wait for a few seconds of the run's own clock."""
    beats = set()

    def breathes() -> bool:
        beats.add(json.loads(run.status_path.read_text())["heartbeat"])
        return len(beats) > PAUSED_BEATS

    terminal.wait_for(breathes, "heartbeats of a paused run", SOON)


class TestPlain:
    def test_it_ends_well(self, plain: subprocess.CompletedProcess[str]) -> None:
        assert plain.returncode == 0, plain.stderr

    def test_standard_output_is_the_run_directory(
        self, plain: subprocess.CompletedProcess[str], plain_run: RunDirectory
    ) -> None:
        assert plain.stdout == f"{plain_run.path}\n"

    def test_standard_error_tells_of_it_in_plain_lines(
        self, plain: subprocess.CompletedProcess[str]
    ) -> None:
        assert "\x1b" not in plain.stderr
        assert re.search(rf"^epoch 4/4  step {STEPS}/{STEPS}  d_loss ", plain.stderr, re.MULTILINE)
        assert re.search(rf"^steps +{STEPS} of {STEPS}\b", plain.stderr, re.MULTILINE)

    def test_native_noise_is_in_the_runs_own_file(
        self, plain: subprocess.CompletedProcess[str], plain_run: RunDirectory
    ) -> None:
        """TensorFlow on a CPU always has something to say; if it falls silent, this claim goes."""
        assert plain_run.stderr_path.read_text()
        assert not re.search(r"^[IWE]0000|oneDNN|cuda", plain.stderr, re.MULTILINE)

    def test_the_run_is_on_disk(self, plain_run: RunDirectory) -> None:
        status = json.loads(plain_run.status_path.read_text())
        samples = sorted(path.name for path in plain_run.samples_path.glob("*.png"))

        assert read_config(plain_run).steps == STEPS
        assert (status["phase"], status["step"], status["exit_code"]) == ("finished", STEPS, 0)
        assert samples == [f"{STEPS_PER_EPOCH * epoch:06d}.png" for epoch in range(5)]

    def test_the_log_has_every_loss_once(self, plain_run: RunDirectory) -> None:
        log = read_events(plain_run)

        assert steps_in(log) == list(range(1, STEPS + 1))
        assert np.isfinite(per_step(log, "d_loss")).all()
        assert np.isfinite(per_step(log, "g_loss")).all()
        assert isinstance(log[-1], events.RunFinished)

    def test_ones_own_data_needs_no_cache(self, program: Program, plain_run: RunDirectory) -> None:
        assert plain_run.path.is_dir()
        assert not (program.home / "cache").exists()


class TestJson:
    def test_every_line_is_an_event_of_the_log(
        self, program: Program, as_json: subprocess.CompletedProcess[str]
    ) -> None:
        printed = [event_json.from_line(line) for line in as_json.stdout.splitlines()]
        logged = read_events(RunDirectory(program.home / "json"))

        assert as_json.returncode == 0, as_json.stderr
        kept = [event for event in printed if not isinstance(event, events.ProgressMade)]
        assert [(type(event), event.time) for event in kept] == [
            (type(event), event.time) for event in logged
        ]

    def test_one_seed_gives_one_training(
        self,
        program: Program,
        plain_run: RunDirectory,
        as_json: subprocess.CompletedProcess[str],
    ) -> None:
        assert as_json.returncode == 0
        assert_same_training(plain_run, RunDirectory(program.home / "json"))

    def test_a_training_without_a_screen_never_loads_textual(
        self, as_json: subprocess.CompletedProcess[str]
    ) -> None:
        modules = json.loads(as_json.stderr.splitlines()[-1])
        packages = {name.partition(".")[0] for name in modules}

        assert {"tensorflow", "gan", "tui"} <= packages
        assert "textual" not in packages

    def test_a_reader_that_leaves_does_not_end_the_training(
        self, program: Program, head: subprocess.CompletedProcess[str]
    ) -> None:
        (line,) = head.stdout.splitlines()
        log = read_events(RunDirectory(program.home / "head"))

        assert head.returncode == 0, head.stderr
        assert "Broken pipe" not in head.stderr
        assert isinstance(event_json.from_line(line), events.PhaseEntered)
        assert steps_in(log)[:HALF] == list(range(1, HALF + 1))


class TestResume:
    def test_two_halves_are_the_whole_bit_for_bit(
        self,
        program: Program,
        plain_run: RunDirectory,
        piped: subprocess.CompletedProcess[str],
    ) -> None:
        assert piped.returncode == 0, piped.stderr
        assert_same_training(plain_run, RunDirectory(program.home / "head"))

    def test_the_log_tells_of_the_resume(
        self, program: Program, piped: subprocess.CompletedProcess[str]
    ) -> None:
        assert piped.returncode == 0
        starts = of_kind(read_events(RunDirectory(program.home / "head")), events.RunStarted)

        assert [start.resumed_from for start in starts] == [None, HALF]


class TestNoTerminal:
    def test_a_pipe_trains_headless_and_says_why_in_one_line(
        self, program: Program, piped: subprocess.CompletedProcess[str]
    ) -> None:
        """`gan-tui | cat`."""
        reasons = [line for line in piped.stderr.splitlines() if "dashboard" in line]

        assert reasons == [
            "no dashboard: standard output is not a terminal; training as with --no-ui"
        ]
        assert piped.stdout == f"{program.home / 'head'}\n"

    def test_no_keyboard_trains_headless_and_says_why_in_one_line(self, waited: Waited) -> None:
        """`gan-tui < /dev/null`."""
        reason = "no dashboard: standard input is not a terminal; training as with --no-ui"

        assert waited.terminal_text.splitlines()[0].strip() == reason
        assert waited.terminal_text.count("no dashboard") == 1
        assert "\x1b[?1049h" not in waited.terminal_text

    def test_without_a_keyboard_it_waits_and_does_not_spin(self, waited: Waited) -> None:
        """Paused, nothing runs; and the thread that would read keys has done next to nothing."""
        assert waited.steps_while_paused == 0
        assert waited.cpu_seconds_paused < 0.5
        assert waited.main_thread_cpu_seconds < 1.5

    def test_a_stop_from_outside_saves_and_says_that_it_can_be_resumed(
        self, waited: Waited
    ) -> None:
        saved = of_kind(waited.log, events.CheckpointSaved)

        assert waited.exit_code == 75
        assert saved[-1].step == steps_in(waited.log)[-1]
        assert "--resume" in waited.terminal_text
