"""A run on images that stay in their file is the run in memory, for as long as the file stays."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gan import events
from gan.data import room
from gan.data.image_file import FileImages, OpenFile
from gan.data.stored_images import ImagesOnDisk
from gan.events import SAMPLES
from gan.models.presets import DEFAULT_PRESET
from gan.run.follower import read_events
from gan.training.build import compile_program
from gan.training.state import restore_state, state_of
from tests.gan.housing import FOREVER, Ended, House, losses, state
from tests.gan.small import tiny

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gan.config import RunConfig
    from gan.data.stored_images import AnyImages
    from gan.events import Event, Images
    from gan.session.session import TrainingSession
    from gan.training.build import Program
    from tests.gan.programs import Programs

STEPS = 45
"""Two epochs and a half."""


@pytest.fixture
def file(tmp_path: Path, digits: Images) -> Path:
    path = tmp_path / "digits.npy"
    np.save(path, digits)
    return path


@pytest.fixture(scope="module")
def on_disk(digits: Images, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Program]:
    """Stands in for `compile_program`: compiled once, and given out as good as new."""
    path = tmp_path_factory.mktemp("first") / "digits"
    path.write_bytes(digits.tobytes())
    first = FileImages(OpenFile(path), 0, len(digits))
    program = compile_program(tiny(), first, pytest.fail)
    fresh = state_of(program.gan)
    feed: Any = program.execution._feed

    def given(_: RunConfig, images: AnyImages, *__: Any) -> Program:
        assert isinstance(images, ImagesOnDisk)
        restore_state(program.gan, fresh)
        feed._host_images, feed._epoch = images, None
        return program

    return given


@pytest.fixture
def rooms(
    house: House,
    file: Path,
    in_memory: Ended,
    on_disk: Callable[..., Program],
    monkeypatch: pytest.MonkeyPatch,
) -> House:
    """A place to train on the file where no memory is free, once the run in memory is over."""
    assert in_memory.last.completed
    monkeypatch.setattr(room, "_ALWAYS", 0)
    monkeypatch.setattr(room, "free_memory", lambda: 0)
    monkeypatch.setattr("gan.training.build.compile_program", on_disk)
    return House(house.runs.parent / "on disk", file)


@pytest.fixture
def in_memory(house: House, programs: Programs) -> Ended:
    """The run in memory."""
    programs.of(DEFAULT_PRESET)
    return house.train(steps=STEPS)


@pytest.mark.slow
def test_its_losses_and_its_state_are_those_of_the_run_in_memory(
    in_memory: Ended, rooms: House
) -> None:
    on_disk = rooms.train(steps=STEPS, evaluate_every="1ep")

    assert any("stay in their file" in note.text for note in on_disk.notes)
    assert losses(on_disk.told).tobytes() == losses(in_memory.told).tobytes()
    one, other = state(on_disk.run), state(in_memory.run)
    assert {name: array.tobytes() for name, array in one.items()} == {
        name: array.tobytes() for name, array in other.items()
    }
    loaded = [ended.only(events.DataLoaded) for ended in (on_disk, in_memory)]
    assert loaded[0].fingerprint == loaded[1].fingerprint
    assert len(loaded[0].examples) == SAMPLES
    assert np.array_equal(loaded[0].examples, loaded[1].examples)
    assert on_disk.all(events.QualityMeasured)


@pytest.mark.slow
def test_a_file_that_shrinks_ends_the_run_with_words_and_it_resumes_once_that_is_mended(
    file: Path, in_memory: Ended, rooms: House
) -> None:
    whole, times = file.read_bytes(), file.stat()

    def shrink(_: TrainingSession, event: Event) -> None:
        if isinstance(event, events.CheckpointSaved):
            os.truncate(file, 5000)

    # The first checkpoint may be written long after its step.
    ended = rooms.train(steps=FOREVER, checkpoint_every="20", keep=FOREVER, on=shrink)

    assert (ended.last.error, ended.last.exit_code) == ("DataError", 4)
    assert f"{file}: received a file that went from 470528 to 5000 bytes" in ended.last.message
    assert "restore it, and resume the run" in ended.last.message

    file.write_bytes(whole)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    resumed = rooms.train(steps=STEPS, resume=ended.run, resume_step=20)

    assert resumed.last.completed
    assert losses(list(read_events(resumed.run))).tobytes() == losses(in_memory.told).tobytes()
