"""A run in TensorBoard: read back by TensorBoard's own reader, value for value."""

from __future__ import annotations

import errno
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan import events
from gan.errors import CheckpointError, StorageError, UsageError
from gan.export import tensorboard_log
from gan.export.pictures import grid_png
from gan.export.snapshot import snapshot
from gan.export.tensorboard_log import write_tensorboard
from gan.export.tracked import LOSSES, Entries, Steps
from gan.run import event_json
from gan.run.samples import write_samples
from tests import fakes
from tests.gan.tensorboard_reading import Read
from tests.tui.comparing import grid

if TYPE_CHECKING:
    from pathlib import Path

    from gan.events import Event
    from gan.run.directory import RunDirectory


def logged(run: RunDirectory, *happened: Event) -> None:
    run.log_path.write_text("".join(f"{event_json.to_line(event)}\n" for event in happened))


def started(**config: object) -> events.RunStarted:
    return events.RunStarted(
        time=fakes.START,
        name="00007-mlp-synthetic",
        run_dir="/home/ada/runs/00007-mlp-synthetic",
        config=config,
        resumed_from=None,
        train_seconds=0.0,
    )


@pytest.fixture
def trained(run: RunDirectory) -> RunDirectory:
    """Three hundred steps in two records, with two grids and two evaluations."""
    logged(
        run,
        started(preset="mlp", data="a|b"),
        fakes.steps(1, 200, time=fakes.START + 100, train_seconds=20.0),
        grid(200),
        fakes.quality(200, 9.0),
        fakes.steps(201, 100, time=fakes.START + 1000, train_seconds=30.0),
        fakes.quality(300, 8.0, kid=float("nan")),
        grid(300),
    )
    for step in (200, 300):
        images = np.full((16, 28, 28), step % 251, np.uint8)
        write_samples(run, step, images, np.zeros((16, 2), np.float32))
    return run


def test_every_loss_and_score_of_every_step_is_read_back(
    trained: RunDirectory, tmp_path: Path
) -> None:
    write_tensorboard(snapshot(trained, None), tmp_path / "tb")
    read, steps = Read(tmp_path / "tb"), fakes.steps(1, 300)
    for tag, name in LOSSES.items():
        expected = dict(enumerate(getattr(steps, name).tolist(), 1))
        assert read.values(tag) == expected


def test_a_spike_and_what_is_not_finite_stay(run: RunDirectory, tmp_path: Path) -> None:
    losses = fakes.floats(1.0, 1e30, np.nan, np.inf, 1.0)
    logged(run, fakes.steps(1, 5, d_loss=losses))
    write_tensorboard(snapshot(run, None), tmp_path / "tb")
    found = Read(tmp_path / "tb").values("losses/d_loss")
    np.testing.assert_array_equal(np.array([*found.values()], np.float32), losses)


def test_the_evaluations_are_read_back_without_what_is_unknown(
    trained: RunDirectory, tmp_path: Path
) -> None:
    write_tensorboard(snapshot(trained, None), tmp_path / "tb")
    read = Read(tmp_path / "tb")
    assert read.values("quality/fd") == {200: 9.0, 300: 8.0}
    assert read.values("quality/kid") == pytest.approx({200: 0.01})
    assert read.values("census/class_3") == pytest.approx({200: 0.1, 300: 0.1})


def test_the_census_has_the_labels_of_the_classes(run: RunDirectory, tmp_path: Path) -> None:
    labelled = replace(fakes.quality(5, 9.0, census=fakes.floats(0.25, 0.75)), classes=(4, 9))
    logged(run, fakes.steps(1, 5), labelled)
    write_tensorboard(snapshot(run, None), tmp_path / "tb")
    tags = Read(tmp_path / "tb").tags["scalars"]
    assert [tag for tag in tags if tag.startswith("census")] == ["census/class_4", "census/class_9"]


def test_the_grids_are_pictures(trained: RunDirectory, tmp_path: Path) -> None:
    write_tensorboard(snapshot(trained, None), tmp_path / "tb")
    assert Read(tmp_path / "tb").pictures() == {
        step: grid_png(np.full((16, 28, 28), step % 251, np.uint8), 2) for step in (200, 300)
    }


def test_a_grid_that_was_deleted_is_left_out(trained: RunDirectory, tmp_path: Path) -> None:
    (trained.samples_path / "000200.png").unlink()
    write_tensorboard(snapshot(trained, None), tmp_path / "tb")
    assert Read(tmp_path / "tb").pictures().keys() == {300}


def test_of_very_many_grids_some_are_written_with_the_first_and_the_last(
    run: RunDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tensorboard_log, "_MAX_GRIDS", 2)
    logged(run, fakes.steps(1, 3), grid(1), grid(2), grid(3))
    for step in (1, 2, 3):
        write_samples(run, step, fakes.squares(), np.zeros((16, 2), np.float32))
    write_tensorboard(snapshot(run, None), tmp_path / "tb")
    assert Read(tmp_path / "tb").pictures().keys() == {1, 3}


def test_the_configuration_is_a_table_of_text(trained: RunDirectory, tmp_path: Path) -> None:
    write_tensorboard(snapshot(trained, None), tmp_path / "tb")
    rows = Read(tmp_path / "tb").text("config").splitlines()
    assert rows == ["| option | value |", "|---|---|", "| preset | mlp |", r"| data | a\|b |"]


def test_the_times_of_steps_follow_the_training_and_not_the_pauses(
    trained: RunDirectory, tmp_path: Path
) -> None:
    write_tensorboard(snapshot(trained, None), tmp_path / "tb")
    times = Read(tmp_path / "tb").times("losses/d_loss")
    assert times[199] == fakes.START + 100
    assert times[0] == pytest.approx(fakes.START + 100 - 199 * 0.1)
    # 100 steps took ten seconds, though fifteen minutes passed between the two records.
    assert times[200] == pytest.approx(fakes.START + 1000 - 99 * 0.1)


def test_a_clock_that_was_set_back_gives_the_time_of_the_record() -> None:
    entries = Entries(lambda _: None)
    entries.of(fakes.steps(1, 10, train_seconds=20.0))
    (steps,) = entries.of(fakes.steps(11, 2, train_seconds=10.0))
    assert isinstance(steps, Steps)
    assert steps.times == [fakes.START + 5] * 2
    assert steps.seconds == 0


def test_it_ends_at_the_step_that_was_asked_for(trained: RunDirectory, tmp_path: Path) -> None:
    write_tensorboard(snapshot(trained, 250), tmp_path / "tb")
    read = Read(tmp_path / "tb")
    assert max(read.values("losses/d_loss")) == 250
    assert read.values("quality/fd") == {200: 9.0}
    assert read.pictures().keys() == {200}


def test_one_file_is_written_and_nothing_is_left_over(
    trained: RunDirectory, tmp_path: Path
) -> None:
    (path,) = write_tensorboard(snapshot(trained, None), tmp_path / "tb")
    assert list((tmp_path / "tb").iterdir()) == [path]
    assert path.name == f"events.out.tfevents.{int(fakes.START)}.gan-tui"


def test_a_folder_with_an_event_file_is_refused_without_force(
    trained: RunDirectory, tmp_path: Path
) -> None:
    folder = tmp_path / "tb"
    folder.mkdir()
    other, note = folder / "events.out.tfevents.1234567890.gan-tui", folder / "note.txt"
    other.write_bytes(b"")
    note.write_bytes(b"mine")
    with pytest.raises(UsageError, match=r"holds the event file '.*gan-tui'. Give --force"):
        write_tensorboard(snapshot(trained, None), folder)
    assert sorted(folder.iterdir()) == [other, note]

    (path,) = write_tensorboard(snapshot(trained, None), folder, force=True)
    assert sorted(folder.iterdir()) == [path, note]
    assert write_tensorboard(snapshot(trained, 100), folder, force=True) == [path]
    assert max(Read(folder).values("losses/d_loss")) == 100


@pytest.mark.parametrize("force", [False, True])
def test_event_files_of_other_programs_are_never_replaced(
    trained: RunDirectory, tmp_path: Path, *, force: bool
) -> None:
    for number in (1, 2):
        (tmp_path / f"events.out.tfevents.{number}.host").write_bytes(b"foreign")
    with pytest.raises(UsageError, match=r"tfevents\.1\.host' and 1 more, which no export made"):
        write_tensorboard(snapshot(trained, None), tmp_path, force=force)
    assert sorted(path.read_bytes() for path in tmp_path.glob("events*")) == [b"foreign"] * 2


def test_event_files_of_other_runs_below_the_folder_stay(
    trained: RunDirectory, tmp_path: Path
) -> None:
    below = tmp_path / "tb" / "other"
    below.mkdir(parents=True)
    (below / "events.out.tfevents.1.host").write_bytes(b"")
    write_tensorboard(snapshot(trained, None), tmp_path / "tb", force=True)
    assert (below / "events.out.tfevents.1.host").exists()


def test_a_file_in_place_of_the_folder_is_refused(trained: RunDirectory, tmp_path: Path) -> None:
    (tmp_path / "tb").write_bytes(b"mine")
    with pytest.raises(UsageError, match="tb is a file, expected a folder"):
        write_tensorboard(snapshot(trained, None), tmp_path / "tb", force=True)
    assert (tmp_path / "tb").read_bytes() == b"mine"


def test_a_folder_is_made_with_those_above_it(trained: RunDirectory, tmp_path: Path) -> None:
    (path,) = write_tensorboard(snapshot(trained, None), tmp_path / "tb" / "7")
    assert path.parent == tmp_path / "tb" / "7"


def test_what_a_killed_process_left_in_the_folder_is_removed(
    trained: RunDirectory, tmp_path: Path, gone_pid: int
) -> None:
    left = tmp_path / f".export.tmp-{gone_pid}-0a1b2c3d"
    left.write_bytes(b"half")
    (path,) = write_tensorboard(snapshot(trained, None), tmp_path)
    assert path.exists()
    assert not left.exists()


def test_a_run_without_steps_says_so_and_makes_no_folder(run: RunDirectory, tmp_path: Path) -> None:
    logged(run, started())
    with pytest.raises(StorageError, match="holds no steps yet"):
        write_tensorboard(snapshot(run, None), tmp_path / "tb")
    assert not (tmp_path / "tb").exists()


def test_a_step_that_the_run_has_not_reached_is_refused(
    trained: RunDirectory, tmp_path: Path
) -> None:
    with pytest.raises(CheckpointError, match="no step 301: its newest is 300"):
        write_tensorboard(snapshot(trained, 301), tmp_path / "tb")


def test_what_fails_half_way_leaves_what_was_there(trained: RunDirectory, tmp_path: Path) -> None:
    folder = tmp_path / "tb"
    (path,) = write_tensorboard(snapshot(trained, None), folder)
    before = path.read_bytes()
    (trained.samples_path / "000300.npz").write_bytes(b"")
    with pytest.raises(StorageError, match=r"cannot read .*000300\.npz"):
        write_tensorboard(snapshot(trained, None), folder, force=True)
    assert [one.read_bytes() for one in folder.iterdir()] == [before]


def test_a_disk_that_refuses_is_a_storage_error_and_leaves_no_folder(
    trained: RunDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StorageError, match=r"cannot write to .*/tb: No space left"):
        write_tensorboard(snapshot(trained, None), tmp_path / "new" / "tb")
    assert not (tmp_path / "new").exists()


def test_how_far_it_is_is_reported(trained: RunDirectory, tmp_path: Path) -> None:
    said: list[str] = []
    write_tensorboard(snapshot(trained, None), tmp_path / "tb", report=said.append)
    assert said == ["step 200 of 300", "step 300 of 300"]
