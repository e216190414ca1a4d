"""Exports under a name that a person gives: the same content as the dashboard's, up to a step."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from gan.errors import CheckpointError, StorageError, UsageError
from gan.export.named_files import (
    remark_on_grid,
    write_film,
    write_grid,
    write_losses,
    write_quality,
)
from gan.export.request import ExportRequest
from gan.export.snapshot import snapshot
from gan.export.writer import export
from gan.run import event_json
from gan.run.samples import tile, write_samples
from tests import fakes

if TYPE_CHECKING:
    from pathlib import Path

    from gan.run.directory import RunDirectory

EVERY = (write_grid, write_film, write_losses, write_quality)


@pytest.fixture
def trained(run: RunDirectory) -> RunDirectory:
    """300 steps, a grid and an evaluation each hundred, and a grid of a branch that was left."""
    happened = []
    for step in (100, 200, 300):
        happened += [fakes.steps(step - 99, 100), fakes.quality(step, 1000 / step)]
    run.log_path.write_text("".join(f"{event_json.to_line(event)}\n" for event in happened))
    for step in (0, 100, 200, 300, 900):
        images = np.full((16, 28, 28), step % 251, np.uint8)
        write_samples(run, step, images, np.zeros((16, 2), np.float32))
    return run


def frames(path: Path) -> list[int]:
    """The grey of every frame."""
    found = []
    with Image.open(path) as opened:
        for place in range(opened.n_frames):
            opened.seek(place)
            found.append(int(np.asarray(opened.convert("L"))[0, 0]))
    return found


@pytest.mark.parametrize(("at", "step"), [(None, 300), (250, 200), ("best", 300), (0, 0)])
def test_the_grid_is_the_newest_as_far_as_the_step(
    trained: RunDirectory, tmp_path: Path, at: object, step: int
) -> None:
    (path,) = write_grid(snapshot(trained, at), tmp_path / "a.png")
    with Image.open(path) as picture:
        expected = tile(np.full((16, 28, 28), step % 251, np.uint8))
        np.testing.assert_array_equal(np.asarray(picture)[::4, ::4], expected)


@pytest.mark.parametrize(
    ("at", "remark"),
    [(None, ""), (200, ""), (250, "the grid of step 200, the newest up to step 250")],
)
def test_a_grid_of_an_earlier_step_is_remarked_on(
    trained: RunDirectory, at: object, remark: str
) -> None:
    assert remark_on_grid(snapshot(trained, at)) == remark


@pytest.mark.parametrize(("at", "greys"), [(None, [0, 100, 200, 49]), (250, [0, 100, 200])])
def test_the_film_ends_at_the_step(
    trained: RunDirectory, tmp_path: Path, at: object, greys: list[int]
) -> None:
    (path,) = write_film(snapshot(trained, at), tmp_path / "a.gif")
    assert frames(path) == greys


@pytest.mark.parametrize(("at", "last"), [(None, 300), (150, 150), (200, 200)])
def test_the_losses_end_at_the_step(
    trained: RunDirectory, tmp_path: Path, at: object, last: int
) -> None:
    (path,) = write_losses(snapshot(trained, at), tmp_path / "a.csv")
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert [int(row["step"]) for row in rows] == list(range(1, last + 1))


def test_the_evaluations_end_at_the_step(trained: RunDirectory, tmp_path: Path) -> None:
    (path,) = write_quality(snapshot(trained, 250), tmp_path / "a.csv")
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert [row["step"] for row in rows] == ["100", "200"]


@pytest.mark.parametrize(
    ("write", "kind"), [(write_film, "film"), (write_losses, "losses"), (write_quality, "quality")]
)
def test_it_is_what_the_dashboard_writes(
    trained: RunDirectory, tmp_path: Path, write: object, kind: str
) -> None:
    by_key = export(trained, ExportRequest(kind=kind, step=300))
    (named,) = write(snapshot(trained, None), tmp_path / "named")
    assert named.read_bytes() == by_key.read_bytes()


@pytest.mark.parametrize("write", EVERY)
def test_nothing_is_written_into_the_run(
    trained: RunDirectory, tmp_path: Path, write: object
) -> None:
    before = sorted(path.name for path in trained.path.iterdir())
    write(snapshot(trained, None), tmp_path / "a")
    assert sorted(path.name for path in trained.path.iterdir()) == before


@pytest.mark.parametrize("write", EVERY)
def test_what_exists_is_replaced_only_by_force(
    trained: RunDirectory, tmp_path: Path, write: object
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"mine")
    with pytest.raises(UsageError, match="exists"):
        write(snapshot(trained, None), path)
    assert path.read_bytes() == b"mine"
    assert write(snapshot(trained, None), path, force=True) == [path]
    assert path.read_bytes() != b"mine"


@pytest.mark.parametrize("write", EVERY)
def test_what_is_done_is_reported(trained: RunDirectory, tmp_path: Path, write: object) -> None:
    said: list[str] = []
    (path,) = write(snapshot(trained, None), tmp_path / "a", report=said.append)
    assert said[-1].split()[-1] in ("B", "kB")
    assert path.stat().st_size


@pytest.mark.parametrize(
    ("write", "reason"),
    [
        (write_grid, "holds no grids; --sample-every"),
        (write_film, "holds no grids; --sample-every"),
        (write_quality, "holds no evaluations up to step 0; --evaluate-every"),
    ],
)
def test_a_run_that_has_nothing_of_the_kind_says_so(
    run: RunDirectory, tmp_path: Path, write: object, reason: str
) -> None:
    with pytest.raises(StorageError, match=reason):
        write(snapshot(run, None), tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_a_step_before_the_first_of_the_kind_is_named(
    trained: RunDirectory, tmp_path: Path
) -> None:
    (trained.samples_path / "000000.png").unlink()
    with pytest.raises(StorageError, match="up to step 50: the first is of step 100"):
        write_grid(snapshot(trained, 50), tmp_path / "a")
    with pytest.raises(StorageError, match="holds no evaluations up to step 50"):
        write_quality(snapshot(trained, 50), tmp_path / "b")


@pytest.mark.parametrize("write", EVERY)
def test_a_step_that_the_run_has_not_reached_is_refused(
    trained: RunDirectory, tmp_path: Path, write: object
) -> None:
    with pytest.raises(CheckpointError, match="no step 301: its newest is 300"):
        write(snapshot(trained, 301), tmp_path / "a")
