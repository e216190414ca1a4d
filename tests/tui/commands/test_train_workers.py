"""What `gan-tui train` plans for a run of several processes, and how it refuses one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gan.config import RunConfig
from gan.errors import UsageError
from gan.strategy.cluster import Cluster
from tests.tui.composing import FakeTraining, make_run
from tui.cli import main
from tui.commands.train_options import parse, plan_of

if TYPE_CHECKING:
    from gan.session.preparation import RunPlan

TWO = ("a:4000", "b:4000")
WORKERS = ["--workers", "a:4000,b:4000"]


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TF_CONFIG", "SLURM_PROCID"):
        monkeypatch.delenv(name, raising=False)


def planned(*words: str) -> RunPlan:
    return plan_of(parse(words), words)


def refused(*words: str) -> str:
    with pytest.raises(UsageError) as error:
        planned(*words)
    return str(error.value)


def test_the_first_worker_has_the_run(empty: Path) -> None:
    plan = planned(*WORKERS, "--worker", "0", "--run-dir", "mine", "--start-timeout", "90s")
    assert plan.cluster == Cluster(TWO, 0)
    assert plan.run_dir == Path("mine")
    assert plan.start_seconds == 90
    assert list(empty.iterdir()) == []


def test_another_worker_has_none_whatever_it_is_told(empty: Path) -> None:
    """Its command may be the first one's, whose run may be on another machine."""
    (empty / "taken").mkdir()
    for words in (["--run-dir", "taken"], ["--resume", "7"], ["--resume", "--run-dir", "gone"]):
        plan = planned(*WORKERS, "--worker", "1", *words)
        assert plan.cluster == Cluster(TWO, 1)
        assert (plan.run_dir, plan.resume) == (None, None)


def test_only_the_first_worker_tells_trackers_of_the_run(empty: Path) -> None:
    del empty
    words = [*WORKERS, "--log-to", "tensorboard", "--worker"]
    assert planned(*words, "0").tracking is not None
    assert planned(*words, "1").tracking is None


def test_a_resumed_run_may_have_other_workers_than_before(empty: Path) -> None:
    run = make_run(empty / "runs" / "00007-mlp-mnist", strategy="mirrored")
    assert planned("--resume", "7", *WORKERS, "--worker", "0", "--strategy", "auto").resume == run


def test_the_environment_may_name_them(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = {"cluster": {"worker": TWO}, "task": {"type": "worker", "index": 1}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(cluster))
    assert planned().cluster == Cluster(TWO, 1)
    assert planned("--strategy", "one").cluster is None


def test_tasks_of_slurm_train_alone_and_a_line_says_so(
    training: FakeTraining, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SLURM_PROCID", "1")
    monkeypatch.setenv("SLURM_STEP_NUM_TASKS", "4")
    main(["--no-ui"])
    assert training.plans[0].cluster is None
    assert (
        "each of the 4 tasks of this Slurm step trains a run of its own" in capfd.readouterr().err
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--worker", "1"], "--worker 1 needs --workers"),
        (WORKERS, "--workers needs --worker"),
        ([*WORKERS, "--worker", "2"], "--worker: received 2"),
        ([*WORKERS, "--worker", "0", "--detach"], "--detach is for one process"),
        ([*WORKERS, "--worker", "0", "--batch-size", "255"], "The nearest sizes are 254 and 256"),
        (["--strategy", "one", *WORKERS, "--worker", "0"], "--strategy one is one process"),
        (["--strategy", "mirrored", "--device", "cpu"], "--strategy mirrored takes several"),
        (["--strategy", "multiworker"], "no other process to train with"),
        (["--device", "cpu:0,cpu:1,cpu:2"], "over 3 replicas"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_begins(
    words: list[str], says: str, empty: Path
) -> None:
    assert says in refused(*words)
    assert list(empty.iterdir()) == []


def test_a_broken_tf_config_is_a_usage_error_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TF_CONFIG", "{worker")
    assert main(["--no-ui"]) == 2
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith("gan-tui: TF_CONFIG is no JSON")


def test_how_it_is_spread_may_change_when_a_run_resumes() -> None:
    config = RunConfig.resolve({"strategy": "mirrored", "device": "gpu:0,gpu:1"})
    changed = config.with_options({"strategy": "one", "device": "cpu"})
    assert (changed.strategy, changed.device) == ("one", "cpu")
