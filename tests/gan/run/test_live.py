"""The newest images of a run, for viewers in other processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan.errors import StorageError
from gan.events import LatentsInterpolated, SamplesDrawn
from gan.run.creation import create_run
from gan.run.live import LiveReader, LiveWriter, read_examples, write_examples
from tests.fakes import START, squares

if TYPE_CHECKING:
    from pathlib import Path

    from gan.run.directory import RunDirectory


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return create_run(tmp_path / "run")


def preview(step: int, path: str | None = None) -> SamplesDrawn:
    return SamplesDrawn(time=START, step=step, images=squares() + np.uint8(step), path=path)


def interpolation(step: int) -> LatentsInterpolated:
    return LatentsInterpolated(time=START, step=step, frames=np.stack([squares()] * 24))


def test_a_viewer_gets_the_newest_preview_once(run: RunDirectory) -> None:
    writer, reader = LiveWriter(run), LiveReader(run)
    for step in (1, 2, 3):
        writer(preview(step))
    writer.write()

    (found,) = reader.read()

    assert isinstance(found, SamplesDrawn)
    assert (found.step, found.path) == (3, None)
    np.testing.assert_array_equal(found.images, preview(3).images)
    assert reader.read() == []


def test_nothing_is_written_that_is_not_new(run: RunDirectory) -> None:
    writer = LiveWriter(run)
    writer.write()
    assert not run.live_path.exists()
    writer(preview(1))
    writer.write()
    before = {path: path.stat().st_mtime_ns for path in run.live_path.iterdir()}

    writer.write()

    assert {path: path.stat().st_mtime_ns for path in run.live_path.iterdir()} == before


def test_a_grid_that_is_kept_is_no_preview(run: RunDirectory) -> None:
    writer = LiveWriter(run)
    writer(preview(1, "samples/000001.png"))

    writer.write()

    assert LiveReader(run).read() == []


def test_an_interpolation_is_played_by_whoever_watches_when_it_comes(run: RunDirectory) -> None:
    writer, early = LiveWriter(run), LiveReader(run)
    writer(preview(1))
    writer.write()
    early.read()
    writer(interpolation(2))
    writer.write()

    (found,) = early.read()
    assert isinstance(found, LatentsInterpolated)
    assert found.frames.shape == (24, 16, 28, 28)
    assert [type(event) for event in LiveReader(run).read()] == [SamplesDrawn]


def test_those_of_another_process_are_new(run: RunDirectory) -> None:
    reader = LiveReader(run)
    for _ in range(2):
        writer = LiveWriter(run)
        writer(preview(1))
        writer.write()
        assert len(reader.read()) == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("index.json", b"[]"),
        ("index.json", b'{"writer": 1, "preview": -1}'),
        ("index.json", b"\xff"),
        ("preview.npz", b"PK"),
        ("preview.npz", b""),
    ],
)
def test_what_is_damaged_is_an_error(run: RunDirectory, name: str, content: bytes) -> None:
    writer = LiveWriter(run)
    writer(preview(1))
    writer.write()
    (run.live_path / name).write_bytes(content)

    with pytest.raises(StorageError, match=name):
        LiveReader(run).read()


def test_what_could_not_be_read_is_read_at_the_next_look(run: RunDirectory) -> None:
    """A network file system that doesn't answer once."""
    writer = LiveWriter(run)
    writer(preview(1))
    writer.write()
    reader = LiveReader(run)
    whole = (run.live_path / "preview.npz").read_bytes()
    (run.live_path / "preview.npz").write_bytes(b"PK")
    for _ in range(2):
        with pytest.raises(StorageError, match=r"preview\.npz"):
            reader.read()

    (run.live_path / "preview.npz").write_bytes(whole)

    assert [type(event) for event in reader.read()] == [SamplesDrawn]


def test_real_images_are_kept_for_viewers(run: RunDirectory) -> None:
    assert read_examples(run) is None

    write_examples(run, squares())

    np.testing.assert_array_equal(read_examples(run), squares())
