"""What is said of a run's records that a newer version has written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gan.run.checkpoints.store import CheckpointStore
from gan.run.creation import create_run
from gan.run.recorder import Recorder
from gan.run.status import read_status
from gan.viewing.records import unknown_in
from tests.tui.composing import make_run

if TYPE_CHECKING:
    from pathlib import Path

    from gan.run.directory import RunDirectory


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    made = make_run(tmp_path / "00001-mlp-mnist")
    recorder = Recorder([])
    recorder.open(made, CheckpointStore(made, keep=3))
    recorder.beat()
    recorder.close()
    return made


def change(path: Path, **fields: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_bytes()), **fields}))


def test_of_its_own_version_nothing_is_said(run: RunDirectory) -> None:
    assert unknown_in(run, read_status(run)) == []


def test_a_newer_version_is_named_with_the_fields_that_are_not_known(run: RunDirectory) -> None:
    change(run.status_path, schema_version=9, mood="good")
    change(run.config_path, schema_version=9, weather="fine")

    status, config = unknown_in(run, read_status(run))

    assert status.startswith("status.json has schema_version 9, newer than this program's")
    assert "without mood" in status
    assert config.startswith("config.json has schema_version 9, newer than this program's")
    assert "without weather" in config


def test_a_run_that_has_just_begun_has_no_records(tmp_path: Path) -> None:
    assert unknown_in(create_run(tmp_path / "run"), {}) == []


def test_a_damaged_configuration_is_said(run: RunDirectory) -> None:
    run.config_path.write_text("{")

    (problem,) = unknown_in(run, {})

    assert "config.json is not JSON" in problem
