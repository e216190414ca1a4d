"""What is typed to go on with a run, on one process and on each of several."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from gan.progress import RunProgress
from gan.strategy.cluster import Cluster, cluster_of
from tests.tui.composing import make_run
from tui.commands.resume_command import join_words, resume_words
from tui.commands.train_options import parse, plan_of
from tui.commands.train_worker import _say_how_to_join

if TYPE_CHECKING:
    from pathlib import Path

    from gan.session.preparation import RunPlan

TWO = Cluster(("a:4000", "b:4000"), 0)
OF_SLURM = Cluster(("n1:10064", "n1:10065", "n2:10064", "n2:10065"), 0, "7.0.0")


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TF_CONFIG", "SLURM_PROCID"):
        monkeypatch.delenv(name, raising=False)


def planned(line: str) -> RunPlan:
    program, *words = shlex.split(line)
    assert program == "gan-tui"
    return plan_of(parse(words), words)


def test_one_process_needs_only_the_run() -> None:
    assert resume_words("/my runs/7") == "gan-tui --resume '/my runs/7'"


def test_the_first_of_several_comes_to_the_same_workers_again(empty: Path) -> None:
    """Whatever has named them: a variable that was set for one command alone is gone by now."""
    run = make_run(empty / "runs" / "00007-mlp-mnist")
    line = resume_words(str(run.path), TWO)
    assert line == f"gan-tui --resume {run.path} --workers a:4000,b:4000 --worker 0"
    assert planned(line).cluster == TWO


def test_another_worker_repeats_its_own_command() -> None:
    own = ["gan-tui", "--device", "gpu:1", "--data", "/my images"]
    me = Cluster(TWO.workers, 1)
    named = [*own, *me.options]
    assert join_words(named, me, names_workers=True) == shlex.join(named)
    assert join_words(own, me, names_workers=False) == shlex.join(named)
    assert planned(join_words(own, me, names_workers=False)).cluster == me


def test_srun_starts_all_tasks_of_slurm_with_the_command_of_the_first() -> None:
    assert resume_words("/runs/7", OF_SLURM) == (
        "srun --nodes=2 --ntasks=4 gan-tui --resume /runs/7 --strategy multiworker"
    )
    assert join_words(["gan-tui", "--strategy", "multiworker"], OF_SLURM, names_workers=False) == ""


def test_a_job_of_slurm_is_known_by_its_number() -> None:
    environ = {
        "SLURM_PROCID": "0",
        "SLURM_STEP_NUM_TASKS": "2",
        "SLURM_STEP_NODELIST": "n[1-2]",
        "SLURM_STEP_TASKS_PER_NODE": "1(x2)",
        "SLURM_JOB_ID": "7",
    }
    cluster = cluster_of("multiworker", None, None, environ)
    assert cluster is not None
    assert cluster.is_of_slurm
    assert not TWO.is_of_slurm


@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize(
    ("end", "says"),
    [
        (RunProgress(step=5, exit_code=75), True),
        (RunProgress(step=5, exit_code=0, completed=True), False),
        (RunProgress(exit_code=2), False),
    ],
    ids=["stopped", "complete", "never begun"],
)
def test_a_worker_says_it_of_a_run_that_can_go_on(
    end: RunProgress, says: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    plan = planned("gan-tui --workers a:4000,b:4000 --worker 1")
    assert plan.cluster is not None
    _say_how_to_join(end, plan, plan.cluster, names_workers=True)
    line = "joins it with: gan-tui --workers a:4000,b:4000 --worker 1"
    assert (line in capfd.readouterr().err) == says
