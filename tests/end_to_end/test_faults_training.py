"""What can go wrong inside a training, with the real program: NaN, an error, a noisy library.

Three processes. The one whose loss becomes NaN in front of somebody is rolled back and goes on.
"""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan import events
from tests.end_to_end.conftest import SECONDS
from tests.end_to_end.launcher import FAULT_STEP, LOCAL_VALUE, NOISE
from tests.end_to_end.trials import SOON, Dashboard, Headless, assert_given_back
from tests.end_to_end.viewers import Viewer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.end_to_end.conftest import Program

pytestmark = pytest.mark.slow

DIVERGED_CODE = 3
RESUMABLE = 75
GOOD_STEP = 20
"""The last checkpoint before the fault, which comes with samples and not with a checkpoint."""

KEEPING = ("--checkpoint-every", str(GOOD_STEP), "--sample-every", str(FAULT_STEP))
UNTIL_TOLD = ("--epochs", "1000000", *KEEPING)


class TestHeadless:
    @pytest.fixture(scope="class")
    def ended(self, program: Program) -> Iterator[tuple[Headless, int]]:
        words = ("--steps", "100", *KEEPING)
        with Headless(program, "nan", *words, fault="poisoned") as trial:
            yield trial, trial.wait_for_end(SECONDS)

    def test_a_loss_that_is_no_number_ends_the_run_by_name(
        self, ended: tuple[Headless, int]
    ) -> None:
        trial, code = ended
        (diverged,) = trial.of_kind(events.Diverged)

        assert code == DIVERGED_CODE
        assert diverged.step == FAULT_STEP + 1
        assert trial.last_step() == diverged.step
        assert trial.status()["exit_reason"] == "diverged"

    def test_it_is_one_line_with_the_step_and_what_to_do(self, ended: tuple[Headless, int]) -> None:
        trial, _ = ended
        lines = [line for line in trial.said.read_text().splitlines() if "error" in line]

        assert len(lines) == 1
        assert f"step {FAULT_STEP + 1}" in lines[0]
        assert "--learning-rate" in lines[0]

    def test_the_checkpoint_before_is_good_and_the_newest(
        self, ended: tuple[Headless, int]
    ) -> None:
        trial, _ = ended
        arrays = trial.checkpoint(GOOD_STEP).arrays

        assert all(np.isfinite(array).all() for array in arrays.values())
        assert trial.saved_steps() == [GOOD_STEP]


@dataclass
class Recovered:
    """What was seen of a run that diverged and was rolled back."""

    diverged_screen: str = ""
    rolled_back_screen: str = ""
    exit_code: int = 0


class TestDashboard:
    @pytest.fixture(scope="class")
    def recovered(self, program: Program) -> Iterator[tuple[Dashboard, Recovered]]:
        seen = Recovered()
        with Dashboard(program, "rolled-back", *UNTIL_TOLD, fault="poisoned") as trial:
            trial.wait_for_text(" DIVERGED ", SECONDS)
            trial.wait_for_text("b Roll back", SOON)
            seen.diverged_screen = trial.text
            trial.send("b")
            trial.wait_for_text(" PAUSED ", SOON)
            trial.wait_for_text("space Unpause", SOON)
            seen.rolled_back_screen = trial.text
            trial.send(" ")
            trial.wait_for(lambda: trial.last_step() > 2 * FAULT_STEP, "steps", SECONDS)
            trial.signal(signal.SIGUSR1)
            seen.exit_code = trial.wait_for_end(SOON)
            yield trial, seen

    def test_the_run_waits_for_a_decision(self, recovered: tuple[Dashboard, Recovered]) -> None:
        screen = recovered[1].diverged_screen

        assert " DIVERGED " in screen.splitlines()[0]
        assert "b Roll back" in screen
        assert "space" not in screen.splitlines()[-1]

    def test_b_goes_back_to_the_good_checkpoint_and_pauses(
        self, recovered: tuple[Dashboard, Recovered]
    ) -> None:
        trial, seen = recovered
        (back,) = trial.of_kind(events.RolledBack)

        assert back.step == GOOD_STEP
        assert re.search(rf" {GOOD_STEP}/", seen.rolled_back_screen)

    def test_space_goes_on_with_numbers(self, recovered: tuple[Dashboard, Recovered]) -> None:
        """With every step once: what was rolled back is kept next to the log."""
        trial, _ = recovered
        losses = np.concatenate(
            [
                np.concatenate([event.d_loss, event.g_loss])
                for event in trial.of_kind(events.StepsCompleted)
            ]
        )

        assert trial.steps() == list(range(1, trial.last_step() + 1))
        assert np.isfinite(losses).all()

    def test_sigusr1_then_saves_and_says_that_it_can_go_on(
        self, recovered: tuple[Dashboard, Recovered]
    ) -> None:
        trial, seen = recovered

        assert seen.exit_code == RESUMABLE
        assert trial.checkpoint(trial.last_step()).step == trial.last_step()
        assert_given_back(trial)


class TestHungUp:
    def test_who_has_lost_the_link_comes_back_and_decides(self, program: Program) -> None:
        with Dashboard(program, "left-alone", *UNTIL_TOLD, fault="poisoned") as trial:
            trial.wait_for_text(" DIVERGED ", SECONDS)
            trial.hang_up()
            with Viewer(program, "attach", str(trial.run.path)) as viewer:
                viewer.wait_for_text(" DIVERGED ", SECONDS)
                viewer.press("b", "roll back")
                viewer.send("q")
                viewer.wait_for_text("s  save and quit now", SOON)
                viewer.send("s")
                assert viewer.wait_for_end(SOON) == 0
            trial.wait_unread(lambda: trial.process.poll() is not None, "the end")

            assert trial.process.returncode == RESUMABLE
            assert [event.step for event in trial.of_kind(events.RolledBack)] == [GOOD_STEP]
            assert trial.saved_steps()[-1] == GOOD_STEP


class TestError:
    @pytest.fixture(scope="class")
    def failed(self, program: Program) -> Iterator[tuple[Dashboard, int]]:
        """A library makes noise, and then the trainer's thread raises."""
        with Dashboard(program, "failed", *UNTIL_TOLD, fault="noisy,raising") as trial:
            yield trial, trial.wait_for_end(SECONDS)

    def test_it_ends_the_run_in_one_line(self, failed: tuple[Dashboard, int]) -> None:
        trial, code = failed
        said = " ".join(trial.left_behind.split())

        assert code == 1
        assert said.count("gan-tui: RuntimeError: unthought-of") == 1
        assert "Traceback" not in said

    def test_the_terminal_is_given_back(self, failed: tuple[Dashboard, int]) -> None:
        trial, _ = failed

        assert_given_back(trial)
        assert not trial.has_processes()

    def test_the_traceback_is_in_the_log_without_local_values(
        self, failed: tuple[Dashboard, int]
    ) -> None:
        trial, _ = failed
        (event,) = trial.of_kind(events.RunFailed)
        written = trial.run.log_path.read_text() + trial.run.stderr_path.read_text()

        assert "in fail" in event.traceback
        assert "RuntimeError" in event.traceback
        assert LOCAL_VALUE not in written

    def test_native_noise_is_in_its_file_and_not_on_the_screen(
        self, failed: tuple[Dashboard, int]
    ) -> None:
        trial, _ = failed

        assert NOISE in trial.run.stderr_path.read_text()
        assert NOISE.encode() not in trial.raw
