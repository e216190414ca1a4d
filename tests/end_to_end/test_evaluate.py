"""The whole program measures what it generates: in a run, and a run's checkpoint on demand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gan import events
from gan.run.finding import open_run
from gan.run.follower import read_events
from gan.run.status import read_status

if TYPE_CHECKING:
    from pathlib import Path

    from gan.run.directory import RunDirectory
    from tests.end_to_end.conftest import Program

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def measured(program: Program, tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    """A run with an evaluation at the end of each of its two epochs."""
    path: Path = tmp_path_factory.mktemp("runs") / "measured"
    ended = program.run(
        *("--no-ui", "--epochs", "2", "--evaluate-every", "1ep", "--run-dir", str(path)),
        *program.measured,
    )
    assert ended.returncode == 0, ended.stderr
    assert "FD" in ended.stderr
    return open_run(path)


def evaluations(run: RunDirectory) -> list[events.QualityMeasured]:
    return [event for event in read_events(run) if isinstance(event, events.QualityMeasured)]


def test_every_epoch_is_measured(measured: RunDirectory) -> None:
    first, last = evaluations(measured)
    assert last.step == 2 * first.step
    status = read_status(measured)
    assert (status["evaluated_step"], status["fd"]) == (last.step, last.fd)
    assert status["best_fd"] == min(first.fd, last.fd)


@pytest.mark.parametrize("at", ["", "@best"])
def test_a_checkpoint_measured_on_demand_has_the_figures_of_the_run(
    program: Program, measured: RunDirectory, at: str
) -> None:
    last = evaluations(measured)[-1]
    ended = program.run(
        "evaluate", f"{measured.path}{at}", "-n", str(last.images), "--json", "--device", "cpu"
    )
    assert ended.returncode == 0, ended.stderr
    record: dict[str, Any] = json.loads(ended.stdout)
    same = next(event for event in evaluations(measured) if event.step == record["step"])
    assert (record["fd"], record["kid"]) == (same.fd, same.kid)
    assert record["features"] == same.features


def test_a_table_is_all_that_goes_to_standard_output(
    program: Program, measured: RunDirectory
) -> None:
    ended = program.run("evaluate", str(measured.path), "-n", "300", "--device", "cpu")
    assert ended.returncode == 0, ended.stderr
    lines = ended.stdout.splitlines()
    assert lines[0].startswith("measured at step ")
    assert [line.split()[0] for line in lines if line.startswith("class")] == ["class"] * 10
    assert ended.stderr.startswith("evaluate: loading ")


def test_more_images_than_can_be_compared_are_refused(
    program: Program, measured: RunDirectory
) -> None:
    ended = program.run("evaluate", str(measured.path), "-n", "50000")
    assert ended.returncode == 4
    assert "can be compared with at most 500 generated ones" in ended.stderr
