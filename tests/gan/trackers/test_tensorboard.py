"""TensorBoard's own reader finds in a live run's folder what it finds in an export."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gan.errors import StorageError
from gan.export.pictures import grid_png
from gan.export.snapshot import snapshot
from gan.export.tensorboard_log import write_tensorboard
from gan.export.tracked import Entries
from gan.run import event_json
from gan.run.samples import write_samples
from gan.trackers.tensorboard import TensorBoard
from gan.trackers.tracker import Ending
from tests import fakes
from tests.gan.tensorboard_reading import Read
from tests.gan.trackers.making import beginning, ended, grid, made_run, started

if TYPE_CHECKING:
    from pathlib import Path

    from gan.events import Event
    from gan.run.directory import RunDirectory


def write(tracker: TensorBoard, *happened: Event) -> None:
    entries = Entries(lambda drawn: drawn.images)
    for event in happened:
        for entry in entries.of(event):
            tracker.write(entry)


def log_to(
    run: RunDirectory, *happened: Event, folder: Path | None = None, step: int = 0, at: float = 0.0
) -> None:
    """One process of the run, from its start to its end."""
    tracker = TensorBoard(folder)
    tracker.open(beginning(run, step=step, time=fakes.START + at))
    write(tracker, *happened)
    tracker.close(Ending.FINISHED)


@pytest.fixture
def made(tmp_path: Path) -> RunDirectory:
    return made_run(tmp_path)


def test_every_value_of_every_step_is_read_back(made: RunDirectory) -> None:
    steps = fakes.steps(1, 300)
    log_to(made, steps)
    read = Read(made.path / "tensorboard")
    assert read.values("losses/d_loss") == dict(enumerate(steps.d_loss.tolist(), 1))
    assert read.values("scores/fake_score") == dict(enumerate(steps.fake_score.tolist(), 1))
    assert read.values("speed/steps_per_second") == {300: 30.0}


def test_it_is_the_same_as_an_export_of_the_run(made: RunDirectory, tmp_path: Path) -> None:
    happened = [
        started(made),
        fakes.steps(1, 200, train_seconds=5.0),
        grid(200),
        fakes.quality(200, 9.0),
        fakes.steps(201, 100, train_seconds=9.0),
        ended(300),
    ]
    log_to(made, *happened)
    made.log_path.write_text("".join(f"{event_json.to_line(event)}\n" for event in happened))
    write_samples(made, 200, fakes.squares(), fakes.floats(*[0.0] * 32).reshape(16, 2))
    write_tensorboard(snapshot(made, None), tmp_path / "exported")

    live, exported = Read(made.path / "tensorboard"), Read(tmp_path / "exported")
    assert live.tags == exported.tags
    for tag in live.tags["scalars"]:
        assert live.values(tag) == exported.values(tag)
        assert live.times(tag) == exported.times(tag)
    assert live.pictures() == exported.pictures() == {200: grid_png(fakes.squares(), 2)}
    assert live.text("config") == exported.text("config")
    assert live.texts("marks") == exported.texts("marks")


def test_a_step_is_there_before_the_run_ends(made: RunDirectory) -> None:
    tracker = TensorBoard(None)
    tracker.open(beginning(made))
    write(tracker, fakes.steps(1, 3))
    assert len(Read(made.path / "tensorboard").values("losses/g_loss")) == 3
    tracker.close(Ending.FINISHED)


def test_a_resumed_run_makes_the_steps_after_its_checkpoint_anew(made: RunDirectory) -> None:
    old, new = fakes.steps(1, 50), fakes.steps(31, 10, d_loss=fakes.floats(*[7.0] * 10))
    log_to(made, old, fakes.quality(45, 9.0))
    log_to(made, new, step=30, at=100)
    read = Read(made.path / "tensorboard")
    found = read.values("losses/d_loss")
    assert list(found) == list(range(1, 41))
    assert found[30] == old.d_loss[29]
    assert found[31] == 7.0
    assert "quality/fd" not in read.tags["scalars"] or read.values("quality/fd") == {}


def test_a_rollback_makes_the_steps_after_its_checkpoint_anew(made: RunDirectory) -> None:
    tracker = TensorBoard(None)
    tracker.open(beginning(made))
    write(tracker, fakes.steps(1, 50))
    tracker.rewind(20, fakes.START)
    write(tracker, fakes.steps(21, 5))
    tracker.close(Ending.FINISHED)
    found = Read(made.path / "tensorboard").values("losses/d_loss")
    assert list(found) == list(range(1, 26))


def test_in_a_folder_that_was_named_each_run_has_one_of_its_name(
    made: RunDirectory, tmp_path: Path
) -> None:
    log_to(made, fakes.steps(1, 3), folder=tmp_path / "tb" / "new")
    log_to(made, fakes.steps(3, 3), folder=tmp_path / "tb" / "new", step=2, at=9)
    assert list(Read(tmp_path / "tb" / "new" / made.name).values("losses/d_loss")) == [
        1,
        2,
        3,
        4,
        5,
    ]
    assert not (made.path / "tensorboard").exists()


def test_another_run_of_the_same_name_gets_a_folder_of_its_own(
    made: RunDirectory, tmp_path: Path
) -> None:
    other = made_run(tmp_path / "elsewhere")
    log_to(made, fakes.steps(1, 3), folder=tmp_path / "tb")
    log_to(other, fakes.steps(1, 2), folder=tmp_path / "tb")
    assert len(Read(tmp_path / "tb" / made.name).values("losses/d_loss")) == 3
    assert len(Read(tmp_path / "tb" / f"{made.name}-2").values("losses/d_loss")) == 2


def test_a_folder_that_was_removed_before_a_resume_is_made_again(
    made: RunDirectory, tmp_path: Path
) -> None:
    log_to(made, fakes.steps(1, 3), folder=tmp_path / "tb")
    (tmp_path / "tb").rename(tmp_path / "away")
    log_to(made, fakes.steps(3, 1), folder=tmp_path / "tb", step=2, at=9)
    assert list(Read(tmp_path / "tb" / made.name).values("losses/d_loss")) == [3]


def test_a_disk_that_refuses_is_a_storage_error(
    made: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int, _data: object) -> int:
        raise OSError(28, "No space left on device")

    tracker = TensorBoard(None)
    tracker.open(beginning(made))
    with monkeypatch.context() as patch:
        patch.setattr("os.write", full)
        with pytest.raises(StorageError, match="No space left"):
            write(tracker, fakes.steps(1, 3))
    tracker.close(Ending.FAILED)


def test_a_run_that_was_renamed_is_written_on(made: RunDirectory) -> None:
    tracker = TensorBoard(None)
    tracker.open(beginning(made))
    moved = made.path.with_name("best")
    made.path.rename(moved)
    write(tracker, fakes.steps(1, 3))
    tracker.close(Ending.FINISHED)
    assert len(Read(moved / "tensorboard").values("losses/d_loss")) == 3
