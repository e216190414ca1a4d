"""The Slurm recipe holds at every moment, with the real program: whatever ended it, begin again."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from gan import events
from gan.run.follower import read_events
from tests.end_to_end.conftest import SECONDS
from tests.end_to_end.trials import Headless

if TYPE_CHECKING:
    from tests.end_to_end.conftest import Program

pytestmark = pytest.mark.slow

STEPS = 4
GRACE_SECONDS = 2.0
"""Less than compiling takes."""

RESUMABLE = 75
MOMENTS = {
    "folder": "killed_with_folder",
    "no config yet": "killed_before_config",
    "config": "killed_with_config",
    "first line": "killed_with_first_line",
    "compiling": "killed_compiling",
    "steps": "killed_with_steps",
}


def attempt(program: Program, name: str, fault: str = "none", steps: int = STEPS) -> Headless:
    """Start the program as the recipe of the README does: it resumes once there is a config."""
    begun = (program.home / name / "run" / "config.json").exists()
    words = ["--resume"] if begun else ["--preset", "tutorial"]
    every = ["--sample-every", "off", "--checkpoint-every", "off", "--grace", str(GRACE_SECONDS)]
    return Headless(program, name, *words, *every, "--steps", str(steps), fault=fault)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_run_that_was_killed_begins_again_under_its_name(program: Program, moment: str) -> None:
    name = moment.replace(" ", "-")
    with attempt(program, name, MOMENTS[moment]) as trial:
        assert trial.wait_for_end() == 128 + signal.SIGKILL
    with attempt(program, name) as trial:
        assert trial.wait_for_end() == 0, trial.said.read_text()

        assert trial.steps() == list(range(1, STEPS + 1))
        assert trial.saved_steps() == [STEPS]
        assert "Traceback" not in trial.said.read_text()


def test_usr1_while_compiling_is_resumable_and_so_is_the_next_attempt(program: Program) -> None:
    with attempt(program, "usr1", steps=10**9) as trial:

        def is_compiling() -> bool:
            return trial.status().get("phase") == "compiling"

        trial.wait_unread(is_compiling, "compiling", SECONDS)
        trial.signal(signal.SIGUSR1)
        assert trial.wait_for_end() == RESUMABLE
        assert trial.status()["exit_code"] == RESUMABLE
        assert trial.saved_steps() == []
    with attempt(program, "usr1", steps=STEPS) as trial:
        assert trial.wait_for_end() == 0

        starts = [e for e in read_events(trial.run) if isinstance(e, events.RunStarted)]
        assert [start.resumed_from for start in starts] == [None, None]
        assert trial.steps() == list(range(1, STEPS + 1))
