"""What the system says to a run: stop, stop at once, save; with the real program.

Each process endures more than one thing where it can, and what one of them leaves, another goes on
from.
"""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from gan import events
from gan.session.signals import IMPATIENT_SECONDS
from tests.end_to_end.conftest import SECONDS
from tests.end_to_end.launcher import HANG
from tests.end_to_end.trials import FOR_EVER, SOON, Dashboard, Headless, assert_given_back

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.end_to_end.conftest import Program

pytestmark = pytest.mark.slow

SIGTERM_CODE = 128 + signal.SIGTERM
WATCHDOG_CODE = 128 + signal.SIGKILL
RESUMABLE = 75

GRACE_SECONDS = 2.0
LONG_GRACE_SECONDS = 8.0
AT_ONCE = 2.0
"""Seconds: far below any grace, and enough for a machine that has other things to do."""

HOSTILE = "[@click=app.quit]\x1b]0;owned\x07\x9b31m\u202egnp"
"""Markup with an action, a window title, an escape of eight bits, and a reversed direction."""

HOSTILE_CODES = ("\x1b]0;", "\x9b", "\u202e")
HOSTILE_SHOWN = r"[@click=app.quit]\x1b]0;owned\x07\x9b31m\u202egnp"


def save(trial: Dashboard | Headless) -> None:
    """Have a checkpoint saved, and see the run go on after it."""
    before = len(trial.saved_steps())
    trial.signal(signal.SIGUSR2)
    trial.wait_unread(lambda: len(trial.saved_steps()) > before, "a checkpoint")
    trial.wait_for_steps()


class TestStalledTerminal:
    """Nobody reads the dashboard of a run with a hostile name, and the run is asked to stop."""

    @pytest.fixture(scope="class")
    def ended(self, program: Program) -> Iterator[tuple[Dashboard, str, int]]:
        words = (*FOR_EVER, "--grace", str(LONG_GRACE_SECONDS))
        with Dashboard(program, "stalled", *words, run=HOSTILE) as trial:
            trial.wait_for_training()
            screen = trial.text
            trial.fill()
            trial.wait_for_steps()
            trial.signal(signal.SIGTERM)
            seconds = LONG_GRACE_SECONDS + AT_ONCE
            trial.wait_unread(lambda: trial.process.poll() is not None, "the end", seconds)
            yield trial, screen, trial.wait_for_end(SOON)

    def test_sigterm_saves_and_stops_within_the_grace(
        self, ended: tuple[Dashboard, str, int]
    ) -> None:
        trial, _, code = ended

        assert code == SIGTERM_CODE
        assert trial.checkpoint(trial.last_step()).step == trial.last_step()
        assert trial.settings() == trial.settings_before
        assert not trial.has_processes()

    def test_a_hostile_name_is_shown_escaped(self, ended: tuple[Dashboard, str, int]) -> None:
        """As is; a tag in it is text, and no part of it is a command to the terminal."""
        trial, screen, _ = ended

        assert f" {HOSTILE_SHOWN} " in screen.splitlines()[0]
        assert not [code for code in HOSTILE_CODES if code.encode() in trial.raw]
        assert "MarkupError" not in trial.run.stderr_path.read_text()


@dataclass
class Stuck:
    """How a run ended whose last save does not return."""

    saved: int
    seconds: float
    exit_code: int
    trainer: int
    """The number of its process."""


class TestStuckSave:
    """The last checkpoint's file takes for ever: nothing but leaving helps."""

    @pytest.fixture(scope="class")
    def left(self, program: Program) -> Iterator[tuple[Dashboard, Stuck]]:
        """Left by a second signal."""
        with Dashboard(program, "stuck", *FOR_EVER, fault="hanging") as trial:
            trial.wait_for_training()
            save(trial)
            (saved,) = trial.saved_steps()
            hang_at_the_end(trial)
            trainer, asked = trial.trainer, time.monotonic()
            trial.wait_for(lambda: time.monotonic() > asked + IMPATIENT_SECONDS, "a while", SOON)
            again = time.monotonic()
            trial.signal(signal.SIGTERM)
            code = trial.wait_for_end(SOON)
            yield trial, Stuck(saved, time.monotonic() - again, code, trainer)

    @pytest.fixture(scope="class")
    def ended(
        self, program: Program, left: tuple[Dashboard, Stuck]
    ) -> Iterator[tuple[Dashboard, Stuck]]:
        """Gone on from what the first one left, and ended by the watchdog."""
        _, before = left
        (program.home / "stuck" / HANG).unlink()
        lock_of_another_boot(left[0])
        words = ["--resume", "--epochs", "1000000", "--grace", str(GRACE_SECONDS)]
        with Dashboard(program, "stuck", *words, fault="hanging") as trial:
            trial.wait_for_training()
            trial.wait_for(lambda: trial.last_step() > before.saved, "steps", SOON)
            trainer, asked = trial.trainer, hang_at_the_end(trial)
            code = trial.wait_for_end(SOON)
            yield trial, Stuck(before.saved, time.monotonic() - asked, code, trainer)

    def test_a_second_signal_leaves_at_once(self, left: tuple[Dashboard, Stuck]) -> None:
        trial, stuck = left

        assert stuck.exit_code == SIGTERM_CODE
        assert stuck.seconds < AT_ONCE
        assert_given_back(trial)
        assert not trial.has_processes()

    def test_the_checkpoint_before_is_whole(self, left: tuple[Dashboard, Stuck]) -> None:
        trial, stuck = left

        assert trial.checkpoint(stuck.saved).step == stuck.saved

    def test_the_dead_processes_lock_is_free(
        self, left: tuple[Dashboard, Stuck], ended: tuple[Dashboard, Stuck]
    ) -> None:
        """The file that it left names a living one; the run goes on in another process."""
        (_, before), (second, stuck) = left, ended
        starts = second.of_kind(events.RunStarted)

        assert stuck.trainer == second.status()["pid"]
        assert stuck.trainer != before.trainer
        assert [start.resumed_from for start in starts] == [None, before.saved]

    def test_after_the_grace_the_process_is_ended(self, ended: tuple[Dashboard, Stuck]) -> None:
        trial, stuck = ended

        assert stuck.exit_code == WATCHDOG_CODE
        assert GRACE_SECONDS <= stuck.seconds < GRACE_SECONDS + AT_ONCE
        assert_given_back(trial)
        assert not trial.has_processes()
        assert trial.checkpoint(stuck.saved).step == stuck.saved


def lock_of_another_boot(trial: Dashboard) -> None:
    """The machine was started anew, and the dead process's number is now that of a living one."""
    holder = json.loads(trial.run.lock_path.read_text())
    stale = {**holder, "pid": os.getpid(), "boot_id": "00000000-0000-0000-0000-000000000000"}
    trial.run.lock_path.write_text(json.dumps(stale))


def hang_at_the_end(trial: Dashboard) -> float:
    """Ask for the end, and wait until its save has begun; when it was asked for."""
    (trial.home / HANG).touch()
    asked = time.monotonic()
    trial.signal(signal.SIGTERM)

    def is_saving() -> bool:
        return trial.status()["phase"] == "saving"

    trial.wait_for(is_saving, "the last save", SOON)
    return asked


class TestCompiling:
    def test_q_ends_a_run_that_still_compiles(self, program: Program) -> None:
        with Dashboard(program, "compiling", *FOR_EVER) as trial:
            trial.wait_for(lambda: trial.status().get("phase") == "compiling", "compiling", SECONDS)
            trial.send("q")
            trial.wait_for_text("save and quit now", SOON)
            trial.send("s")
            trial.wait_for_text(" STOPPING ", SOON)
            code = trial.wait_for_end(SECONDS)

            assert code == RESUMABLE
            assert trial.steps() == []
            assert trial.status()["phase"] == "stopped"
            assert_given_back(trial)
            assert not trial.has_processes()


class TestNoStreams:
    """A daemon's child: standard input, output and error are closed."""

    @pytest.fixture(scope="class")
    def ended(self, program: Program) -> Iterator[tuple[Headless, int]]:
        with Headless(program, "closed", *FOR_EVER, closed=True) as trial:
            trial.wait_for_steps()
            save(trial)
            trial.signal(signal.SIGUSR1)
            yield trial, trial.wait_for_end(SOON)

    def test_sigusr2_saves_and_goes_on(self, ended: tuple[Headless, int]) -> None:
        trial, _ = ended
        first, last = trial.saved_steps()

        assert first < last == trial.last_step()
        assert trial.of_kind(events.CheckpointSaved)[0].requested

    def test_sigusr1_saves_and_says_that_it_can_go_on(self, ended: tuple[Headless, int]) -> None:
        trial, code = ended

        assert code == RESUMABLE
        assert trial.status()["exit_reason"] == "stopped"
        assert trial.checkpoint(trial.last_step()).step == trial.last_step()

    def test_no_file_of_the_run_takes_the_place_of_a_stream(
        self, ended: tuple[Headless, int]
    ) -> None:
        """A library that prints would write into the first file that was opened."""
        trial, _ = ended

        assert trial.steps() == list(range(1, trial.last_step() + 1))
        assert "\nstopped" not in trial.run.log_path.read_text()
        assert trial.said.read_bytes() == b""
