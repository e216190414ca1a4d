"""Some of the endings, so that each signal and each phase is there; all of them are a script's.

With the dashboard and without. What is claimed of each is in `endings.check`.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from gan import events
from gan.run.checkpoints.store import CheckpointStore
from tests.end_to_end.conftest import SECONDS
from tests.end_to_end.endings import CASES, Case, check
from tests.end_to_end.launcher import FAULT_STEP, NOISE
from tests.end_to_end.trials import FOR_EVER, SOON, Dashboard, Headless, assert_given_back

if TYPE_CHECKING:
    from tests.end_to_end.conftest import Program

pytestmark = pytest.mark.slow

TAKEN = {
    (signal.SIGTERM, "loading", True),
    (signal.SIGSEGV, "loading", True),
    (signal.SIGABRT, "importing", False),
    (signal.SIGSEGV, "compiling", True),
    (signal.SIGXCPU, "compiling", False),
    (signal.SIGKILL, "training", True),
    (signal.SIGQUIT, "training", False),
    (signal.SIGALRM, "saving", True),
    (signal.SIGKILL, "saving", False),
}


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if (case.number, case.phase, case.shown) in TAKEN],
    ids=lambda case: case.name,
)
def test_it_ends_as_it_should(program: Program, case: Case) -> None:
    check(program, case)


def newest(trial: Dashboard) -> int:
    return CheckpointStore(trial.run, keep=3).steps()[-1]


def test_what_a_library_printed_before_it_aborted_is_shown(program: Program) -> None:
    words = (*FOR_EVER[:2], "--sample-every", str(FAULT_STEP), "--checkpoint-every", "5")
    with Dashboard(program, "aborted", *words, fault="aborting") as trial:
        code = trial.wait_for_end(SECONDS)
        said = " ".join(trial.left_behind.split())

        assert code == 128 + signal.SIGABRT
        assert NOISE in said
        assert "the training process died of SIGABRT: native code aborted it" in said
        assert f"its newest checkpoint is that of step {newest(trial)}: gan-tui --resume" in said
        assert isinstance(trial.log()[-1], events.RunFailed)
        assert trial.status()["exit_reason"] == "signal 6"
        assert_given_back(trial)


def test_a_library_that_exits_leaves_no_raw_terminal(program: Program) -> None:
    words = (*FOR_EVER[:2], "--sample-every", str(FAULT_STEP))
    with Dashboard(program, "exited", *words, fault="native_exit") as trial:
        code = trial.wait_for_end(SECONDS)
        said = " ".join(trial.left_behind.split())

        assert code == 1
        assert NOISE in said
        assert "the training process exited with code 1 without ending the run" in said
        assert (trial.status()["phase"], trial.status()["exit_code"]) == ("failed", 1)
        assert_given_back(trial)


def test_a_run_whose_parent_is_killed_saves_and_stops(program: Program) -> None:
    with Headless(program, "orphan", *FOR_EVER) as trial:
        trial.wait_for_steps()
        trial.process.kill()
        trial.process.wait(SOON)
        trial.wait_until(lambda: trial.status().get("exit_code") is not None, "the end", SECONDS)

        assert trial.status()["exit_reason"] == "signal 15"
        assert trial.checkpoint(trial.last_step()).step == trial.last_step()


def test_sigterm_with_sighup_after_it_saves(program: Program) -> None:
    """As systemd sends them; to the one process that it started."""
    with Headless(program, "systemd", *FOR_EVER) as trial:
        trial.wait_for_steps()
        trial.signal(signal.SIGTERM)
        trial.signal(signal.SIGHUP)

        assert trial.wait_for_end(SECONDS) in {143, 129}
        assert trial.checkpoint(trial.last_step()).step == trial.last_step()
