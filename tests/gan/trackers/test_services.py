"""The real packages in their offline modes, each read back by what it reads with itself.

A run is logged by two processes, the second of which resumes at step 200 of 300.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gan.trackers.apart import Apart
from gan.trackers.feed import Feed
from gan.trackers.memory import remembered
from gan.trackers.tracking import Tracking
from tests import fakes
from tests.gan.trackers.making import Log, ended, grid, made_run, started

if TYPE_CHECKING:
    from pathlib import Path

    from gan.events import Event
    from gan.run.directory import RunDirectory

pytestmark = [
    pytest.mark.slow,
    # Of the packages' own dependencies, which are imported here to read back.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

PATIENCE = 120.0
"""Seconds: MLflow makes its tables, and wandb starts a service."""


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory and a home folder without a login or settings."""
    for name in ("WANDB_MODE", "WANDB_API_KEY", "WANDB_PROJECT", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def logged(run: RunDirectory, name: str, *happened: Event) -> list[str]:
    """Log a part of a run; returns what was said of it."""
    log = Log()
    tracking = Tracking([Feed(name, Apart(name), close_seconds=PATIENCE)])
    with tracking.following(run, log):
        for event in happened:
            tracking(event)
    return log.texts


def log_twice(run: RunDirectory, name: str) -> None:
    first = [
        started(run),
        fakes.steps(1, 300, time=fakes.START + 30, train_seconds=30.0),
        grid(300),
        fakes.quality(250, 9.0),
    ]
    second = [
        started(run, resumed_from=200, train_seconds=20.0),
        fakes.steps(201, 200, time=fakes.START + 60, train_seconds=40.0),
        ended(400),
    ]
    assert logged(run, name, *first) == []
    assert logged(run, name, *second) == []


def point(first: int, count: int, column: str = "d_loss") -> Any:
    return getattr(fakes.steps(first, count), column)


@pytest.fixture
def made(elsewhere: Path) -> RunDirectory:
    return made_run(elsewhere)


def test_mlflow_has_one_run_with_its_numbers_parameters_and_pictures(
    made: RunDirectory, elsewhere: Path
) -> None:
    pytest.importorskip("mlflow")
    pytest.importorskip("sqlalchemy")
    log_twice(made, "mlflow")
    from mlflow.tracking import MlflowClient

    client = MlflowClient(f"sqlite:///{elsewhere / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("gan-tui")
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.info.run_id == remembered(made, "mlflow")
    assert (run.info.run_name, run.info.status) == (made.name, "FINISHED")
    assert run.data.params == {"preset": "mlp", "seed": "3"}
    losses = client.get_metric_history(run.info.run_id, "losses/d_loss")
    assert [one.step for one in losses] == [300, 400]
    assert losses[0].value == pytest.approx(point(1, 300).mean(), rel=1e-6)
    assert losses[0].timestamp == round((fakes.START + 30) * 1000)
    (highest, _) = client.get_metric_history(run.info.run_id, "losses/d_loss_max")
    assert highest.value == float(point(1, 300).max())
    (fd,) = client.get_metric_history(run.info.run_id, "quality/fd")
    assert (fd.step, fd.value) == (250, 9.0)
    images = [one.path for one in client.list_artifacts(run.info.run_id, "images")]
    assert any("samples" in path and "300" in path for path in images)
    (mark,) = client.list_artifacts(run.info.run_id, "marks")
    assert mark.path.startswith("marks/000400-")


def test_trackio_has_one_run_with_its_numbers_settings_and_pictures(
    made: RunDirectory, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("trackio")
    monkeypatch.setenv("TRACKIO_DIR", str(elsewhere / "trackio"))
    log_twice(made, "trackio")
    from trackio import utils
    from trackio.sqlite_storage import SQLiteStorage

    monkeypatch.setattr(utils, "TRACKIO_DIR", elsewhere / "trackio")
    monkeypatch.setattr("trackio.sqlite_storage.TRACKIO_DIR", elsewhere / "trackio")
    (name,) = SQLiteStorage.get_runs("gan-tui")
    assert name == remembered(made, "trackio")
    assert name.startswith(f"{made.name}-")
    assert SQLiteStorage.get_run_config("gan-tui", name)["seed"] == 3
    rows = SQLiteStorage.get_logs("gan-tui", name)
    losses = [row for row in rows if "losses/d_loss" in row]
    assert [row["step"] for row in losses] == [300, 400]
    assert losses[0]["losses/d_loss"] == pytest.approx(point(1, 300).mean(), rel=1e-6)
    assert losses[0]["losses/d_loss_max"] == float(point(1, 300).max())
    (quality,) = [row for row in rows if "quality/fd" in row]
    assert (quality["step"], quality["quality/fd"]) == (250, 9.0)
    (picture,) = [row["samples"] for row in rows if "samples" in row]
    assert picture["_type"] == "trackio.image"
    (mark,) = [row["marks"] for row in rows if "marks" in row]
    assert mark.startswith("finished at step 400")


def test_wandb_offline_has_both_parts_under_one_id(
    made: RunDirectory, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("wandb")
    from tests.gan.trackers.wandb_file import history, records

    monkeypatch.setenv("WANDB_MODE", "offline")
    log_twice(made, "wandb")
    run_id = remembered(made, "wandb")
    first, second = sorted((elsewhere / "wandb").glob(f"offline-run-*/run-{run_id}.wandb"))
    (begun,) = [one.run for one in records(first) if one.HasField("run")]
    assert (begun.project, begun.display_name) == ("gan-tui", made.name)
    config = {item.key: item.value_json for item in begun.config.update}
    assert (config["preset"], config["seed"]) == ('"mlp"', "3")
    rows = history(first)
    (losses,) = [row for row in rows if "losses/d_loss" in row]
    assert losses["step"] == 300
    assert losses["losses/d_loss"] == pytest.approx(point(1, 300).mean(), rel=1e-6)
    assert losses["losses/d_loss_max"] == float(point(1, 300).max())
    (quality,) = [row for row in rows if "quality/fd" in row]
    assert (quality["step"], quality["quality/fd"]) == (250, 9.0)
    assert any(row.get("samples/_type") == "image-file" for row in rows)
    (resumed,) = [row for row in history(second) if "losses/d_loss" in row]
    assert resumed["step"] == 400
    assert resumed["losses/g_loss"] == pytest.approx(point(201, 200, "g_loss").mean(), rel=1e-6)
    assert any("finished at step 400" in row.get("marks", "") for row in history(second))
    (axis,) = [one.metric for one in records(first) if one.metric.glob_name == "*"]
    assert axis.step_metric == "step"


def test_wandb_without_a_login_says_what_to_do_and_asks_nobody(made: RunDirectory) -> None:
    pytest.importorskip("wandb")
    (text,) = logged(made, "wandb", started(made), fakes.steps(1, 5), ended(5))
    assert "Training goes on without it. Try wandb login, or WANDB_MODE=offline" in text
    assert "API key" in text


def test_mlflow_without_a_server_is_said_within_its_own_patience(
    made: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    (text,) = logged(made, "mlflow", started(made), fakes.steps(1, 5), ended(5))
    assert text.startswith("--log-to mlflow: MlflowException: ")
    assert "MLFLOW_TRACKING_URI" in text
