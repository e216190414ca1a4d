"""The configuration of a run on disk."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

import pytest

from gan.config import RunConfig
from gan.errors import CheckpointError
from gan.run.config_file import read_config, write_config
from gan.run.finding import open_run

if TYPE_CHECKING:
    from pathlib import Path

    from gan.run.directory import RunDirectory


def write(run: RunDirectory, **options: object) -> RunConfig:
    config = RunConfig.resolve(options)
    write_config(run, config, environment={"python": "3.11"}, command_line=["train"])
    return config


def test_it_reads_back_as_it_was_written(run: RunDirectory) -> None:
    config = write(run, seed=7, epochs=3)

    assert read_config(run) == config
    assert open_run(run.path) == run


def test_it_records_the_environment_and_the_command_line(run: RunDirectory) -> None:
    write(run)

    record = json.loads(run.config_path.read_text())

    assert record["schema_version"] == 2
    assert record["environment"] == {"python": "3.11"}
    assert record["command_line"] == ["train"]


def test_writing_it_again_keeps_when_the_run_was_created(run: RunDirectory) -> None:
    write(run, epochs=3)
    record = json.loads(run.config_path.read_text())
    run.config_path.write_text(json.dumps({**record, "created": "then"}))

    config = write(run, epochs=9)

    assert json.loads(run.config_path.read_text())["created"] == "then"
    assert read_config(run) == config


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "received schema_version None, expected a number from 1. The file is damaged"),
        ('{"schema_version": "2"}', "received schema_version '2', expected a number from 1"),
        ('{"schema_version": 0}', "received schema_version 0, expected a number from 1"),
        ('{"schema_version": 3}', "received schema_version 3, expected at most 2. A newer"),
        ('{"schema_version": 1}', "expected an object under `config`"),
        ('{"schema_version": 2}', "expected an object under `config`"),
        ('{"schema_version": 2, "config": {"loss": 0}}', "--loss: received 0"),
        ('{"schema_version": 1, "config": {"epochs": 0}}', "--epochs: received 0"),
        ('{"schema_version": 1, "config": {"lr": 0}}', "unknown option lr"),
    ],
    ids=lambda text: text[:30],
)
def test_a_bad_one_is_refused_with_its_path_and_the_reason(
    run: RunDirectory, text: str, why: str
) -> None:
    run.config_path.write_text(text)

    with pytest.raises(CheckpointError) as raised:
        read_config(run)

    assert str(run.config_path) in str(raised.value)
    assert why in str(raised.value)


@pytest.mark.parametrize(
    ("version", "name", "preset"),
    [(1, "mlp", "mlp-dropout"), (1, "seed", "tutorial"), (2, "mlp", "mlp")],
)
def test_a_preset_is_the_one_that_its_name_meant_then(
    run: RunDirectory, version: int, name: str, preset: str
) -> None:
    record = {"schema_version": version, "config": {"preset": name, "batch_size": 64}}
    run.config_path.write_text(json.dumps(record))

    config = read_config(run)

    options = {"preset": preset, "batch_size": 64, "invert": "no", "shift_share": 1.0}
    assert config == RunConfig.resolve(options)


def test_a_run_of_before_there_were_options_for_it_keeps_its_pictures_and_shifts_all_of_them(
    run: RunDirectory,
) -> None:
    run.config_path.write_text(json.dumps({"schema_version": 2, "config": {}}))

    config = read_config(run)

    assert (config.invert, config.shift_share) == ("no", 1.0)


def test_an_old_run_that_is_written_again_has_todays_names(run: RunDirectory) -> None:
    record = {"schema_version": 1, "created": "then", "config": {"preset": "mlp"}}
    run.config_path.write_text(json.dumps(record))

    config = read_config(run)
    write_config(run, config, environment={}, command_line=[])

    written = json.loads(run.config_path.read_text())
    assert (written["schema_version"], written["created"]) == (2, "then")
    assert written["config"]["preset"] == "mlp-dropout"
    assert read_config(run) == config


def test_a_link_is_not_followed(run: RunDirectory, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("{}")
    run.config_path.symlink_to(tmp_path / "secret")

    with pytest.raises(CheckpointError, match="it is a symbolic link"):
        read_config(run)


def test_a_wrong_value_is_named_with_its_line(run: RunDirectory) -> None:
    text = '{"schema_version": 2, "config": {\n"seed": 1,\n"batch_size": "64"}}'
    run.config_path.write_text(text)

    with pytest.raises(CheckpointError, match=r"json, line 3: --batch-size: received '64', expec"):
        read_config(run)


@pytest.mark.parametrize("kind", ["pipe", "folder", "sparse", "UTF-16"])
def test_only_a_small_text_file_is_read(run: RunDirectory, kind: str) -> None:
    if kind == "pipe":
        os.mkfifo(run.config_path)
    elif kind == "folder":
        run.config_path.mkdir()
    elif kind == "sparse":
        with run.config_path.open("wb") as file:
            file.truncate(3 << 30)
    else:
        run.config_path.write_bytes(json.dumps({"schema_version": 2}).encode("utf-16"))

    with pytest.raises(CheckpointError, match=re.escape(str(run.config_path))):
        read_config(run)


@pytest.mark.parametrize("created", ["NaN", "1e999", "[]", "null", "{}"])
def test_a_time_of_creation_that_is_none_is_replaced(run: RunDirectory, created: str) -> None:
    run.config_path.write_text(f'{{"schema_version": 2, "created": {created}, "config": {{}}}}')

    config = write(run, epochs=9)

    assert json.loads(run.config_path.read_text())["created"].startswith("20")
    assert read_config(run) == config
