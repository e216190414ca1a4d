"""Exports on disk: named, whole or not there at all, and no more read than is shown."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from gan import events
from gan.disk.os_errors import error_number
from gan.errors import StorageError
from gan.export import writer
from gan.export.pictures import grid_png, thinned
from gan.export.request import EXPORT_KINDS, NO_SAMPLES, ExportRequest
from gan.export.writer import EXPORTS
from gan.run.event_log import EventLog
from gan.run.samples import read_samples, tile, write_samples
from tests.fakes import quality

if TYPE_CHECKING:
    from pathlib import Path

    from gan.run.directory import RunDirectory

IMAGES = np.random.default_rng(0).integers(0, 256, (16, 28, 28), np.uint8)
LATENTS = np.zeros((16, 2), np.float32)


def drawn(run: RunDirectory, *steps: int) -> None:
    """Grids of these steps, each in a grey of its own."""
    for step in steps:
        write_samples(run, step, np.full((16, 28, 28), step % 251, np.uint8), LATENTS)


def logged(run: RunDirectory, count: int = 3) -> None:
    values = np.full(count, 0.5, np.float32)
    log = EventLog(run)
    log.append(
        events.StepsCompleted(
            time=1.0,
            first_step=1,
            d_loss=values,
            g_loss=values,
            real_score=values,
            fake_score=values,
            train_seconds=1.0,
            steps_per_execution=count,
        )
    )
    log.append(quality(count, 40.5))
    log.close()


def greys(film: Path) -> list[int]:
    """The grey of every frame."""
    found = []
    with Image.open(film) as opened:
        for place in range(opened.n_frames):
            opened.seek(place)
            found.append(int(np.asarray(opened.convert("L"))[0, 0]))
    return found


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def export(run: RunDirectory, kind: str, *, step: int = 500, svg: str = "<svg/>") -> Path:
    return writer.export(run, ExportRequest(kind=kind, step=step, images=IMAGES, svg=svg))


NAMES = {
    "grid": "grid-000500.png",
    "film": "history.gif",
    "losses": "losses.csv",
    "quality": "quality.csv",
    "screen": "screen-000500.svg",
}


def test_every_kind_has_a_test() -> None:
    assert NAMES.keys() == EXPORTS.keys()


@pytest.mark.parametrize(("kind", "name"), NAMES.items())
def test_an_export_is_named_for_what_it_is(run: RunDirectory, kind: str, name: str) -> None:
    drawn(run, 0)
    logged(run)

    path = export(run, kind)

    assert path == run.path / "exports" / name
    assert names(run.exports_path) == [name]


@pytest.mark.parametrize(("kind", "name"), NAMES.items())
def test_an_export_takes_the_place_of_the_one_before(
    run: RunDirectory, kind: str, name: str
) -> None:
    drawn(run, 0)
    logged(run)
    path = export(run, kind)
    before = path.read_bytes()
    path.write_bytes(b"old")

    export(run, kind)

    assert path.read_bytes() == before
    assert names(run.exports_path) == [name]


def test_a_grid_is_its_picture(run: RunDirectory) -> None:
    assert export(run, "grid").read_bytes() == grid_png(IMAGES)
    with Image.open(run.exports_path / "grid-000500.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture)[::4, ::4], tile(IMAGES))


def test_the_losses_are_every_step(run: RunDirectory) -> None:
    logged(run, count=3)

    lines = export(run, "losses").read_text().splitlines()

    assert [line.partition(",")[0] for line in lines] == ["step", "1", "2", "3"]


def test_a_screen_holds_no_character_that_no_xml_may_hold(run: RunDirectory) -> None:
    svg = "<svg>a\x1bb\x00c\udce9\uffff</svg>\n"

    assert export(run, "screen", step=7, svg=svg).read_text("utf-8") == (
        "<svg>" + r"a\x1bb\x00c\udce9\uffff" + "</svg>\n"
    )


def test_a_screen_is_as_it_was_given(run: RunDirectory) -> None:
    svg = "<svg>Ziffern 数字</svg>"

    assert export(run, "screen", step=7, svg=svg).read_text("utf-8") == svg


def test_a_film_is_the_grids_in_order(run: RunDirectory) -> None:
    drawn(run, 200, 0, 100)

    assert greys(export(run, "film")) == [0, 100, 200]


def test_a_film_ends_where_the_run_is(run: RunDirectory) -> None:
    """After a rollback the later grids are of the branch that was left."""
    drawn(run, 0, 100, 200)

    assert greys(export(run, "film", step=100)) == [0, 100]


def test_a_film_of_many_grids_reads_only_those_it_shows(
    run: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten thousand names, and files only where the film needs them."""
    shown = thinned(10_000)
    for step in range(10_000):
        (run.samples_path / f"{step:06d}.png").touch()
    drawn(run, *shown)
    read: list[str] = []

    def counted(of: RunDirectory, path: str) -> events.Images:
        read.append(path)
        return read_samples(of, path)

    monkeypatch.setattr(writer, "read_samples", counted)
    film = export(run, "film", step=10_000)

    assert read == [f"samples/{step:06d}.png" for step in shown]
    assert greys(film)[-1] == 9_999 % 251


def test_a_run_without_grids_has_no_film_and_says_why(run: RunDirectory) -> None:
    with pytest.raises(StorageError, match=r"holds no grids; --sample-every"):
        export(run, "film")
    assert not run.exports_path.exists()


def test_a_damaged_grid_is_named(run: RunDirectory) -> None:
    drawn(run, 0, 100)
    (run.samples_path / "000100.npz").write_bytes(b"")

    with pytest.raises(StorageError, match=r"cannot read .*000100\.npz"):
        export(run, "film")


@pytest.mark.parametrize(("kind", "name"), NAMES.items())
def test_a_disk_that_refuses_is_a_storage_error_and_leaves_what_was_there(
    run: RunDirectory, kind: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn(run, 0)
    logged(run)
    path = export(run, kind)
    before = path.read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StorageError, match=f"cannot write .*{name}: No space left") as raised:
        export(run, kind)

    assert error_number(raised.value) == errno.ENOSPC
    assert path.read_bytes() == before
    assert names(run.exports_path) == [name]


def test_a_folder_that_cannot_be_made_is_a_storage_error(run: RunDirectory) -> None:
    run.exports_path.write_bytes(b"a file in its place")

    with pytest.raises(StorageError, match=r"cannot write .*exports"):
        export(run, "grid")


def test_losses_that_cannot_be_read_leave_no_half_a_table(
    run: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_run: RunDirectory, _last_step: int | None) -> object:
        yield "step,d_loss\n"
        raise StorageError("cannot read events.jsonl: input/output error.")

    monkeypatch.setattr(writer, "losses_csv", broken)
    with pytest.raises(StorageError, match=r"cannot read events\.jsonl"):
        export(run, "losses")

    assert names(run.exports_path) == []


def test_without_samples_there_is_no_grid(run: RunDirectory) -> None:
    with pytest.raises(StorageError, match=NO_SAMPLES):
        writer.export(run, ExportRequest(kind="grid", step=0))
    assert not run.exports_path.exists()


def test_every_kind_can_be_written() -> None:
    assert tuple(EXPORTS) == EXPORT_KINDS
