"""A run of another program's loop: how it is known, described, and refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gan.errors import CheckpointError, UsageError
from gan.run.catalogue import Catalogue
from gan.run.creation import create_run
from gan.run.description import read_description
from gan.run.options_file import read_options
from gan.run.recorded import recorded_program, require_networks
from tests import recorded_runs

if TYPE_CHECKING:
    from pathlib import Path

    from gan.run.directory import RunDirectory


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return recorded_runs.write_run(tmp_path / "runs" / "00001-my-gan", recorded_runs.gan_story())


def test_its_program_is_in_its_configuration(run: RunDirectory) -> None:
    assert recorded_program(run) == "dcgan_train.py"


def test_a_run_whose_configuration_cannot_be_read_is_none(tmp_path: Path) -> None:
    assert recorded_program(create_run(tmp_path / "other")) == ""


def test_what_needs_its_networks_is_refused_in_one_line(run: RunDirectory) -> None:
    with pytest.raises(CheckpointError) as refused:
        require_networks(run, "export")

    assert str(refused.value) == (
        "run 00001-my-gan was recorded by dcgan_train.py: it has no networks that gan-tui can "
        "export."
    )


def test_in_a_list_it_has_its_program_and_no_problem(run: RunDirectory) -> None:
    (found,) = Catalogue(run.path.parent).look()

    assert (found.program, found.preset, found.data) == ("dcgan_train.py", "", "")
    assert found.problems == ()
    assert found.to_json()["program"] == "dcgan_train.py"


def test_compared_it_has_its_own_settings(run: RunDirectory) -> None:
    description = read_description(run)

    assert description.config == {"program": "dcgan_train.py", "learning_rate": 2e-4}
    assert description.troubles == ()


def test_its_configuration_configures_no_run_of_ours(run: RunDirectory) -> None:
    with pytest.raises(UsageError, match=r"dcgan_train\.py"):
        read_options(run.config_path)


@pytest.mark.parametrize("settings", ["text", 5, [1]])
def test_settings_that_are_no_object_are_a_trouble(run: RunDirectory, settings: object) -> None:
    text = run.config_path.read_text()
    run.config_path.write_text(
        text.replace('{"learning_rate": 0.0002}', repr(settings).replace("'", '"'))
    )

    description = read_description(run)

    assert description.config == {"program": "dcgan_train.py"}
    assert "settings" in description.troubles[0]
