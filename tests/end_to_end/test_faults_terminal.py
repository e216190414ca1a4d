"""What a terminal and a link can do to a run, with the real program on a pseudo-terminal.

Three processes train: one whose terminal only stands still, and whose process is stopped and asked
for by a second one meanwhile; and two whose link drops. Each claim looks at what was seen.
"""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from gan import events
from tests.end_to_end.conftest import SECONDS
from tests.end_to_end.launcher import LOCAL_VALUE
from tests.end_to_end.terminal import Terminal, cpu_seconds
from tests.end_to_end.trials import FOR_EVER, SOON, Dashboard, assert_given_back, pace

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from tests.end_to_end.conftest import Program

pytestmark = pytest.mark.slow

READ_SECONDS = 3
STALL_SECONDS = 5
"""Longer than the four seconds after which the program draws the whole screen anew."""

STOPPED_SECONDS = 2
LEAST_RATIO = 0.8
"""Of the steps a second before; a machine with other things to do is not steadier than that."""

ROUNDS = 3
"""At most: what else the machine does may slow a round down, and never speeds one up."""

UNSEEN_SECONDS = 2
SECONDS_AFTER_HANGUP = 6
"""About how long a run is to go on unseen."""

LABELS = ("gan-tui", "D loss", "G loss", "D(x)", "D(G(z))", "q Quit")
"""What stands on a dashboard wherever its run is."""

SCREEN_THREADS = {"terminal-output", "textual-input"}

Cells = list[tuple[str, str, str]]


@dataclass
class Endured:
    """What a run went through while somebody had its terminal."""

    threads: tuple[list[str], list[str]] = ([], [])
    second: subprocess.CompletedProcess[str] | None = None
    seconds_without_heartbeat: float = 0.0
    steps_after_stop: int = 0
    pace: float = 0.0
    """Steps a second while the terminal was read."""

    ratios: list[float] = field(default_factory=list)
    """Steps a second while it was not read, against before; a round each."""

    screens: tuple[str, str] = ("", "")
    """The screen before the stall, and all that was drawn of it after."""

    last_step: int = 0
    exit_code: int = 0


def endure_conts(trial: Dashboard, seen: Endured) -> None:
    """As the kernel and schedulers send them; each ends a stop that there was not."""
    before = trial.threads()
    for _ in range(3):
        trial.signal(signal.SIGCONT)
    # Their handlers run before the next one's, on the same loop.
    seen.threads = (before, trial.threads())


def endure_stop(trial: Dashboard, seen: Endured, program: Program) -> None:
    """Stopped for as long as a second process needs to find that the run is taken."""
    trial.signal_group(signal.SIGSTOP)
    seen.second = program.run("--no-ui", "--resume", "--run-dir", str(trial.run.path))
    stopped = time.monotonic()
    trial.wait_unread(lambda: time.monotonic() > stopped + STOPPED_SECONDS, "time to pass")
    seen.seconds_without_heartbeat = time.time() - trial.status()["heartbeat"]
    before = trial.last_step()
    trial.signal_group(signal.SIGCONT)
    trial.wait_for(lambda: trial.last_step() > before, "steps after the stop", SOON)
    seen.steps_after_stop = trial.last_step() - before


def endure_stall(trial: Dashboard, seen: Endured) -> None:
    """Read for a while, then nothing for a while."""
    began = time.time()
    trial.wait_for(lambda: time.time() > began + READ_SECONDS, "time to pass", SOON)
    stalled = time.time()
    trial.fill()
    trial.wait_unread(lambda: time.time() > stalled + STALL_SECONDS, "time to pass")
    log = trial.log()
    seen.pace = pace(log, began, stalled)
    seen.ratios.append(pace(log, stalled, time.time()) / seen.pace)


def read_again(trial: Dashboard, seen: Endured) -> None:
    """Read all that there is on a blank screen; paused, so that the end stands.

    A screen that is drawn anew comes in parts, and the labels that are waited for may be first.
    """
    before = trial.text
    trial.forget_screen()
    trial.send(" ")
    trial.wait_for_text(" PAUSED ", SOON)
    seen.last_step = trial.last_step()
    trial.wait_for_text(f" {seen.last_step:,}/", SOON)
    trial.wait_for_text("space Unpause", SOON)
    trial.wait_for(lambda: outline(trial.text) == outline(before), "every row", SOON)
    seen.screens = (before, trial.text)


def outline(screen: str) -> list[tuple[bool, list[str]]]:
    """Of each row, whether anything is on it, and which labels are."""
    rows = screen.splitlines()
    return [(bool(row.strip()), [label for label in LABELS if label in row]) for row in rows]


@pytest.fixture(scope="module")
def endured(program: Program) -> Iterator[tuple[Dashboard, Endured]]:
    seen = Endured()
    with Dashboard(program, "endured", *FOR_EVER) as trial:
        trial.wait_for_training()
        endure_conts(trial, seen)
        endure_stop(trial, seen, program)
        while len(seen.ratios) < ROUNDS and max(seen.ratios, default=0) < LEAST_RATIO:
            endure_stall(trial, seen)
        read_again(trial, seen)
        trial.send(" ")
        trial.wait_for_text(" TRAINING ", SOON)
        # What Slurm sends to a job that it ends.
        trial.signal(signal.SIGCONT)
        trial.signal(signal.SIGTERM)
        seen.exit_code = trial.wait_for_end(SOON)
        yield trial, seen


@dataclass
class Unseen:
    """What a run did after its link had dropped."""

    threads: tuple[list[str], list[str]] = ([], [])
    step_at_hangup: int = 0
    main_thread_cpu: float = 0.0
    seconds: float = 0.0
    hung_up_at: float = 0.0
    exit_code: int = 0


@pytest.fixture(scope="module")
def unseen(
    program: Program, endured: tuple[Dashboard, Endured]
) -> Iterator[tuple[Dashboard, Unseen]]:
    """A dashboard whose terminal goes; what is left of the run takes some seconds."""
    seen = Unseen()
    _, before = endured
    steps = int(before.pace * SECONDS_AFTER_HANGUP)
    words = ("--steps", str(steps), "--sample-every", "off", "--checkpoint-every", "1s")
    with Dashboard(program, "unseen", *words) as trial:
        trial.wait_for_training()
        seen.step_at_hangup, seen.hung_up_at = trial.last_step(), time.time()
        before_hangup = trial.threads()
        trial.hang_up()
        trial.wait_unread(
            lambda: SCREEN_THREADS.isdisjoint(trial.threads()), "the end of the dashboard"
        )
        seen.threads = (before_hangup, trial.threads())
        watch_unseen(trial, seen)
        trial.wait_unread(lambda: trial.process.poll() is not None, "the end", SECONDS)
        seen.exit_code = trial.process.returncode
        yield trial, seen


def watch_unseen(trial: Dashboard, seen: Unseen) -> None:
    began, pid = time.monotonic(), trial.trainer
    cpu = cpu_seconds(pid, task=pid)
    trial.wait_unread(lambda: time.monotonic() > began + UNSEEN_SECONDS, "time to pass")
    seen.main_thread_cpu = cpu_seconds(pid, task=pid) - cpu
    seen.seconds = time.monotonic() - began


class TestStray:
    def test_a_stray_sigcont_starts_no_second_pair_of_threads(
        self, endured: tuple[Dashboard, Endured]
    ) -> None:
        before, after = endured[1].threads

        assert after == before

    def test_slurms_sigcont_and_sigterm_are_a_sigterm(
        self, endured: tuple[Dashboard, Endured]
    ) -> None:
        trial, seen = endured

        assert seen.exit_code == 128 + signal.SIGTERM
        assert trial.saved_steps() == [trial.last_step()]
        assert trial.status()["exit_reason"] == "signal 15"
        assert_given_back(trial)
        assert not trial.has_processes()


class TestStopped:
    def test_it_goes_on_where_it_was(self, endured: tuple[Dashboard, Endured]) -> None:
        trial, seen = endured

        assert seen.steps_after_stop > 0
        assert trial.steps() == list(range(1, trial.last_step() + 1))

    def test_its_heartbeat_tells_that_it_does_not_breathe(
        self, endured: tuple[Dashboard, Endured]
    ) -> None:
        assert endured[1].seconds_without_heartbeat > STOPPED_SECONDS

    def test_a_second_process_is_refused_by_host_and_number(
        self, endured: tuple[Dashboard, Endured]
    ) -> None:
        """Though the first one is stopped: the kernel holds the lock for it."""
        trial, seen = endured
        assert seen.second is not None
        refusal = seen.second.stderr.replace("\n", "")

        assert seen.second.returncode == 1
        assert f"by process {trial.status()['pid']} on {os.uname().nodename}" in refusal


class TestStall:
    def test_the_steps_do_not_wait_for_the_terminal(
        self, endured: tuple[Dashboard, Endured]
    ) -> None:
        ratios = endured[1].ratios
        print("steps a second, stalled against read:", *(f"{ratio:.3f}" for ratio in ratios))  # noqa: T201

        assert max(ratios) >= LEAST_RATIO

    def test_then_the_whole_screen_is_drawn(self, endured: tuple[Dashboard, Endured]) -> None:
        """Every row, though most of them were not drawn between: nobody knows what was seen."""
        before, after = endured[1].screens

        assert outline(after) == outline(before)

    def test_it_is_of_the_step_that_the_run_stands_at(
        self, endured: tuple[Dashboard, Endured]
    ) -> None:
        seen = endured[1]

        assert f" {seen.last_step:,}/" in seen.screens[1]


class TestHangup:
    def test_the_training_goes_on_to_its_end(self, unseen: tuple[Dashboard, Unseen]) -> None:
        trial, seen = unseen
        (finished,) = trial.of_kind(events.RunFinished)

        assert seen.exit_code == 0
        assert finished.completed
        assert seen.step_at_hangup < finished.step
        assert trial.steps() == list(range(1, finished.step + 1))

    def test_of_the_dashboard_no_thread_is_left(self, unseen: tuple[Dashboard, Unseen]) -> None:
        before, after = unseen[1].threads

        assert set(before) >= SCREEN_THREADS
        # What the dashboard reads and writes files with is its event loop's, which may be closing.
        others, left = (
            [
                name
                for name in names
                if not name.startswith("asyncio_") and "_do_shutdown" not in name
            ]
            for names in (before, after)
        )
        assert left == [name for name in others if name not in SCREEN_THREADS]

    def test_nothing_spins_on_the_lost_terminal(self, unseen: tuple[Dashboard, Unseen]) -> None:
        seen = unseen[1]

        assert seen.main_thread_cpu < 0.1 * seen.seconds

    def test_the_next_checkpoints_are_written(self, unseen: tuple[Dashboard, Unseen]) -> None:
        trial, seen = unseen
        later = [
            event.step
            for event in trial.of_kind(events.CheckpointSaved)
            if event.time > seen.hung_up_at
        ]

        assert len(later) >= 2
        assert trial.checkpoint(later[-1]).step == trial.last_step()

    def test_the_summary_is_in_the_runs_own_file(self, unseen: tuple[Dashboard, Unseen]) -> None:
        trial, _ = unseen
        log = trial.run.stderr_path.read_text()

        assert "\nfinished" in log
        assert "Traceback" not in log

    def test_on_request_the_run_saves_and_stops(self, program: Program) -> None:
        with Dashboard(program, "stopping", *FOR_EVER, "--on-hangup", "stop") as trial:
            trial.wait_for_training()
            trial.hang_up()
            trial.wait_unread(lambda: trial.process.poll() is not None, "the end")

            assert trial.process.returncode == 128 + signal.SIGHUP
            assert trial.saved_steps() == [trial.last_step()]
            assert trial.checkpoint(trial.last_step()).step == trial.last_step()
            assert trial.status()["exit_reason"] == "signal 1"


class TestScreenFailure:
    def test_the_terminal_is_given_back_and_the_run_goes_on(self, program: Program) -> None:
        with Dashboard(program, "failing", *FOR_EVER, fault="screen_failing") as trial:
            trial.wait_for(lambda: b"\x1b[?1049l" in trial.raw, "the end of the screen", SECONDS)
            trial.wait_for(lambda: "the training goes on" in trial.left_behind, "the line", SOON)
            assert_given_back(trial)
            trial.wait_for_steps(100)
            trial.signal(signal.SIGINT)

            assert trial.wait_for_end(SOON) == 128 + signal.SIGINT
            assert trial.saved_steps() == [trial.last_step()]
            log = trial.run.stderr_path.read_text()

        assert "RuntimeError: unthought-of" in log
        assert LOCAL_VALUE not in log


class TestNoTerminal:
    """Refused by its data, so that TensorFlow is not reached: how far it comes is not the claim."""

    @pytest.fixture
    def words(self, program: Program) -> list[str]:
        return [*program.words, "--data", str(program.home / "none"), "--runs", "no-runs"]

    @pytest.mark.parametrize("term", ["dumb", "unknown", None])
    def test_a_poor_terminal_gets_no_dashboard_and_is_told_why(
        self, program: Program, words: list[str], term: str | None
    ) -> None:
        set_term = f"TERM={term}" if term else "-uTERM"
        with Terminal(["env", set_term, *words], cwd=program.home, env=program.environ) as terminal:
            assert terminal.wait_for_end(SOON) == 4
            said = terminal.raw.decode()

        reason = f"TERM is {term}" if term else "TERM is not set"
        assert said.startswith(f"no dashboard: {reason}; training as with --no-ui")
        assert "\x1b" not in said

    @pytest.mark.parametrize(
        ("redirection", "reason"),
        [
            ("0<&-", "standard input is closed"),
            ("1>&-", "standard output is closed"),
            ("1>file", "standard output is not a terminal"),
        ],
    )
    def test_without_one_of_its_streams_it_says_which(
        self, program: Program, words: list[str], redirection: str, reason: str, tmp_path: Path
    ) -> None:
        command = ["bash", "-c", f'exec "$@" {redirection}', "bash", *words]
        with Terminal(command, cwd=tmp_path, env=program.environ) as terminal:
            assert terminal.wait_for_end(SOON) == 4
            said = terminal.raw.decode() + read_file(tmp_path / "file")

        assert f"no dashboard: {reason}; training as with --no-ui" in said
        assert "\x1b[?1049h" not in said
        assert "Traceback" not in said

    @pytest.mark.parametrize("redirection", ["2>&-", "2>file", "2>/dev/full"])
    def test_standard_error_is_not_needed_for_a_dashboard(
        self, program: Program, words: list[str], redirection: str
    ) -> None:
        command = ["bash", "-c", f'exec "$@" {redirection}', "bash", *words]
        with Terminal(command, cwd=program.home, env=program.environ) as terminal:
            assert terminal.wait_for_end(SOON) == 4
            assert b"\x1b[?1049h" in terminal.raw
            assert b"\x1b[?1049l" in terminal.raw


def read_file(path: Path) -> str:
    return path.read_text() if path.exists() else ""
