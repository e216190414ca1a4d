"""What an export is of is settled once: a run that goes on doesn't change it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from gan.config import RunConfig
from gan.errors import CheckpointError
from gan.export.snapshot import checkpoint_snapshot, snapshot
from gan.run import event_json
from gan.run.checkpoints.store import CheckpointStore
from gan.run.config_file import write_config
from tests import fakes
from tests.gan.run.states import point, state

if TYPE_CHECKING:
    from gan.run.directory import RunDirectory


@pytest.fixture
def trained(run: RunDirectory) -> RunDirectory:
    """300 steps, and checkpoints at 100 and 200."""
    write_config(run, RunConfig.resolve({}), environment={}, command_line=[])
    run.log_path.write_text(f"{event_json.to_line(fakes.steps(1, 300))}\n")
    for step in (100, 200):
        CheckpointStore(run, keep=3).save(state(step), point(step))
    return run


def test_a_whole_run_is_what_there_is_at_the_start(trained: RunDirectory) -> None:
    of = snapshot(trained, None)
    with trained.log_path.open("a") as log:
        log.write(f"{event_json.to_line(fakes.steps(301, 100))}\n")
    assert (of.last_step, of.asked_step) == (300, None)


def test_a_step_that_was_named_is_the_last(trained: RunDirectory) -> None:
    of = snapshot(trained, 250)
    assert (of.last_step, of.asked_step) == (250, 250)


def test_that_of_a_checkpoint_ends_at_its_step(trained: RunDirectory) -> None:
    of = checkpoint_snapshot(trained, None)
    assert (of.last_step, of.asked_step, of.checkpoint.step) == (200, 200, 200)


def test_a_checkpoint_at_the_newest_step_is_of_the_whole_run(trained: RunDirectory) -> None:
    CheckpointStore(trained, keep=3).save(state(300), point(300))
    assert checkpoint_snapshot(trained, None).is_whole


def test_a_checkpoint_stays_usable_when_it_is_pruned(trained: RunDirectory) -> None:
    of = checkpoint_snapshot(trained, 100)
    shutil.rmtree(of.checkpoint.path)
    assert all(array.any() for array in of.checkpoint.arrays.values())
    assert of.config == RunConfig.resolve({})


def test_a_step_without_a_checkpoint_is_refused(trained: RunDirectory) -> None:
    with pytest.raises(CheckpointError, match="Steps with a checkpoint: 100, 200"):
        checkpoint_snapshot(trained, 150)
