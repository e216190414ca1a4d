"""The recorded run in the package is a real one, whole, and small."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan import events
from gan.errors import StorageError
from gan.events import Phase
from gan.run.live import write_examples
from gan.run.samples import write_samples
from tests.fakes import squares
from tests.record_demo import record
from tests.tui.comparing import grid, make_run, story
from tui.demo.recording import FOLDER, read_recording
from tui.model.run_state import RunState, apply

if TYPE_CHECKING:
    from pathlib import Path

    from tui.demo.recording import Recording

SQUARES = squares()


@pytest.fixture(scope="module")
def recording() -> Recording:
    return read_recording()


def test_it_has_every_step_once(recording: Recording) -> None:
    steps = [event for event in recording.events if isinstance(event, events.StepsCompleted)]
    built = next(event for event in recording.events if isinstance(event, events.ModelsBuilt))

    numbers = np.concatenate([np.arange(one.first_step, one.last_step + 1) for one in steps])

    assert numbers.tolist() == list(range(1, built.total_steps + 1))


def test_it_has_about_forty_different_grids(recording: Recording) -> None:
    grids = list(recording.grids.values())

    assert 35 <= len(grids) <= 45
    assert all(grid.shape == (16, 28, 28) and grid.dtype == np.uint8 for grid in grids)
    assert len({grid.tobytes() for grid in grids}) == len(grids)


def test_it_ends_as_a_run_ends(recording: Recording) -> None:
    state = reduce(apply, recording.events, RunState())

    assert state.progress.phase is Phase.FINISHED
    assert state.progress.fd is not None
    assert state.progress.data == "synthetic"
    assert state.examples is not None
    assert state.images is not None


def test_it_names_no_folder_of_the_machine_that_recorded_it(recording: Recording) -> None:
    started = next(event for event in recording.events if isinstance(event, events.RunStarted))

    assert started.run_dir == ""
    assert not [value for value in started.config.values() if str(value).startswith("/")]


def test_it_is_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.glob("*.xz")) < 300_000


def test_what_is_recorded_is_read_back(tmp_path: Path) -> None:
    run = make_run(tmp_path / "00001-mlp-mnist", [*story(20), grid(20)])
    write_samples(run, 20, SQUARES, np.zeros((16, 100), np.float32))
    write_examples(run, SQUARES)
    (tmp_path / "out").mkdir()

    record(run, tmp_path / "out")

    read = read_recording(tmp_path / "out")
    assert [event.time for event in read.events] == [event.time for event in [*story(20), grid(20)]]
    assert np.array_equal(read.grids["samples/000020.png"], SQUARES)


def test_another_file_in_its_place_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    for path in FOLDER.glob("*.xz"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "images.npz.xz").write_bytes(b"no images")

    with pytest.raises(
        StorageError, match=r"cannot read the recorded run .* Install gan-tui again"
    ):
        read_recording(tmp_path)
