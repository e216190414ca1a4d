"""Checkpoints on disk: whatever happens, the one before can be loaded."""

from __future__ import annotations

import os
import shutil
import stat
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gan.errors import CheckpointError, StorageError
from gan.run import manifest as manifests
from gan.run.checkpoints import Checkpoint, CheckpointStore
from gan.run.files import Files
from tests.gan.run.faults import FaultyFiles, Killed, disk_full

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gan.run.arrays import Array
    from gan.run.directory import RunDirectory


def state(value: float) -> dict[str, Array]:
    """A small state in which every number tells which one it is."""
    return {
        "generator/0": np.full((4, 3), value, np.float32),
        "generator_optimizer/0": np.array(int(value), np.int64),
    }


def store_of(run: RunDirectory, *, keep: int = 3, files: Files | None = None) -> CheckpointStore:
    return CheckpointStore(run, keep=keep, files=files)


def saved(run: RunDirectory, *steps: int) -> CheckpointStore:
    store = store_of(run)
    for step in steps:
        store.save(step, state(step), {"draw": 0})
    return store


def value_of(checkpoint: Checkpoint | None) -> float:
    assert checkpoint is not None
    values = np.unique(checkpoint.arrays["generator/0"])
    assert len(values) == 1
    return float(values[0])


def names(run: RunDirectory) -> list[str]:
    return sorted(path.name for path in run.checkpoints_path.iterdir())


def refuse_rejection(path: str, reason: str) -> None:
    pytest.fail(f"{path} was rejected: {reason}")


class TestSave:
    def test_it_reads_back_exactly(self, run: RunDirectory) -> None:
        arrays = {
            "weights": np.random.default_rng(0).standard_normal((50, 7), np.float32),
            "iterations": np.array(2**40, np.int64),
            "seed": np.array([1, 2], np.uint32),
        }

        store_of(run).save(500, arrays, {"log_offset": 17})
        checkpoint = store_of(run).newest(refuse_rejection)

        assert checkpoint is not None
        assert (checkpoint.step, checkpoint.manifest["extra"]) == (500, {"log_offset": 17})
        assert checkpoint.path == run.checkpoints_path / "step-00000500"
        for name, array in arrays.items():
            assert checkpoint.arrays[name].dtype == array.dtype
            assert checkpoint.arrays[name].tobytes() == array.tobytes()

    def test_it_says_where_it_is_and_how_large(self, run: RunDirectory) -> None:
        report = store_of(run).save(500, state(1), {})

        assert report.size == sum(file.stat().st_size for file in report.path.iterdir())
        assert run.relative(report.path) == "checkpoints/step-00000500"
        assert report.warning == ""

    def test_only_the_owner_can_read_it(self, run: RunDirectory) -> None:
        path = store_of(run).save(500, state(1), {}).path

        assert stat.S_IMODE(path.stat().st_mode) == 0o700
        assert {stat.S_IMODE(file.stat().st_mode) for file in path.iterdir()} == {0o600}

    def test_the_newest_few_stay(self, run: RunDirectory) -> None:
        store = saved(run, 1, 2, 3, 4, 5)

        assert store.steps() == [3, 4, 5]
        assert names(run) == ["step-00000003", "step-00000004", "step-00000005"]

    def test_steps_are_numbers_and_not_letters(self, run: RunDirectory) -> None:
        store = saved(run, 99_999_999, 100_000_000, 5)

        assert store.steps() == [5, 99_999_999, 100_000_000]
        assert value_of(store.newest(refuse_rejection)) == 100_000_000

    def test_what_was_just_saved_stays_even_if_it_is_the_oldest(self, run: RunDirectory) -> None:
        saved(run, 10, 20, 30)

        store = saved(run, 5)

        assert 5 in store.steps()

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_a_diverged_state_never_replaces_a_good_one(
        self, run: RunDirectory, value: float
    ) -> None:
        store = saved(run, 100)
        arrays = {**state(0), "discriminator/0": np.array([0.0, value], np.float32)}

        with pytest.raises(CheckpointError, match="step 100 is not saved: discriminator/0 holds"):
            store.save(100, arrays, {})

        assert value_of(store.newest(refuse_rejection)) == 100
        assert names(run) == ["step-00000100"]

    def test_the_order_of_operations_is_the_protocol(self, run: RunDirectory) -> None:
        saved(run, 1)
        done: list[str] = []

        class Recording(Files):
            def __getattribute__(self, name: str) -> Any:
                if not name.startswith("_"):
                    done.append(name)
                return super().__getattribute__(name)

        store_of(run, keep=1, files=Recording()).save(2, state(2), {})

        assert done[done.index("make_directory") :] == [
            *("make_directory", "write", "write", "sync_directory"),
            *("rename", "sync_directory"),
            *("read", "read"),
            *("rename", "remove_tree"),
        ]


class TestSameStep:
    def test_what_is_there_already_is_left_as_it_is(self, run: RunDirectory) -> None:
        store = saved(run, 500)
        before = (run.checkpoints_path / "step-00000500").stat().st_ino

        saved(run, 500)

        assert (run.checkpoints_path / "step-00000500").stat().st_ino == before
        assert store.steps() == [500]

    def test_other_contents_take_its_place(self, run: RunDirectory) -> None:
        """As after new latents were drawn while the run was paused."""
        store = saved(run, 500)

        store.save(500, state(500), {"draw": 1})

        assert store.load(500).manifest["extra"] == {"draw": 1}
        assert names(run) == ["step-00000500"]

    def test_a_damaged_one_is_replaced(self, run: RunDirectory) -> None:
        store = saved(run, 500)
        (run.checkpoints_path / "step-00000500" / "state.npz").write_bytes(b"")

        saved(run, 500)

        assert value_of(store.newest(refuse_rejection)) == 500


def operations_of(make: Callable[[RunDirectory, Files], None], run: RunDirectory) -> int:
    files = FaultyFiles()
    make(run, files)
    return files.operations


def save_next(run: RunDirectory, files: Files) -> None:
    """A save that writes a new step and prunes an old one."""
    store_of(run, keep=2, files=files).save(3, state(3), {})


def save_again(run: RunDirectory, files: Files) -> None:
    """A save that replaces a checkpoint of the same step."""
    store_of(run, keep=2, files=files).save(2, state(2), {"draw": 1})


SAVES = pytest.mark.parametrize("save", [save_next, save_again])


@pytest.fixture
def two(run: RunDirectory) -> RunDirectory:
    """A run with checkpoints of steps 1 and 2."""
    saved(run, 1, 2)
    return run


class TestKilled:
    """`kill -9` at each operation of a save; a write is cut in half."""

    @SAVES
    def test_there_is_always_a_whole_checkpoint_as_new_as_the_last(
        self, two: RunDirectory, tmp_path: Path, save: Callable[[RunDirectory, Files], None]
    ) -> None:
        operations = operations_of(save, copy(two, tmp_path / "dry"))
        assert operations >= 7

        for operation in range(1, operations + 1):
            run = copy(two, tmp_path / f"killed-at-{operation}")
            with pytest.raises(Killed):
                save(run, FaultyFiles(operation))

            checkpoint = store_of(run).newest(refuse_rejection)

            assert value_of(checkpoint) in (2, 3)

    @SAVES
    def test_the_next_process_saves_and_leaves_nothing_behind(
        self, two: RunDirectory, tmp_path: Path, save: Callable[[RunDirectory, Files], None]
    ) -> None:
        for operation in range(1, operations_of(save, copy(two, tmp_path / "dry")) + 1):
            run = copy(two, tmp_path / f"killed-at-{operation}")
            with pytest.raises(Killed):
                save(run, FaultyFiles(operation))

            store = store_of(run, keep=2)
            store.newest(refuse_rejection)
            report = store.save(4, state(4), {})

            assert report.warning == ""
            assert len(names(run)) == 2
            assert value_of(store.newest(refuse_rejection)) == 4

    def test_a_replacement_that_never_arrived_gives_the_old_one_back(
        self, two: RunDirectory
    ) -> None:
        path = two.checkpoints_path / "step-00000002"
        path.rename(path.with_name(f"{path.name}.replaced-{dead_pid()}-0a1b"))

        assert value_of(store_of(copy(two, two.path / "a")).newest(refuse_rejection)) == 2
        assert store_of(copy(two, two.path / "b")).load(2).step == 2
        saved(two, 3)
        assert store_of(two).steps() == [1, 2, 3]

    def test_a_replacement_that_turns_out_bad_gives_the_old_one_back(
        self, two: RunDirectory
    ) -> None:
        path = two.checkpoints_path / "step-00000002"
        shutil.copytree(path, path.with_name(f"{path.name}.replaced-{dead_pid()}-0a1b"))
        empty(path / "state.npz")
        rejected: list[str] = []

        checkpoint = store_of(two).newest(lambda name, _: rejected.append(name))

        assert value_of(checkpoint) == 2
        assert rejected == ["checkpoints/step-00000002.corrupt"]

    def test_what_a_live_process_is_writing_is_left_alone(self, two: RunDirectory) -> None:
        theirs = two.checkpoints_path / f"step-00000009.tmp-{os.getppid()}-0a1b"
        theirs.mkdir()

        saved(two, 3)

        assert theirs.is_dir()


class TestDiskFault:
    """Each operation of a save refused by the disk, which then works again."""

    @SAVES
    def test_the_checkpoints_before_are_untouched_and_the_fault_is_told(
        self, two: RunDirectory, tmp_path: Path, save: Callable[[RunDirectory, Files], None]
    ) -> None:
        outcomes = set()
        for operation in range(1, operations_of(save, copy(two, tmp_path / "dry")) + 1):
            run = copy(two, tmp_path / f"full-at-{operation}")
            try:
                save(run, FaultyFiles(operation, disk_full))
            except StorageError as error:
                assert "No space left on device" in str(error)  # noqa: PT017
                outcomes.add("refused")
            else:
                outcomes.add("saved")

            assert value_of(store_of(run).newest(refuse_rejection)) in (2, 3)

        assert outcomes == {"refused", "saved"}

    def test_a_save_that_was_refused_leaves_no_half_checkpoint(self, two: RunDirectory) -> None:
        with pytest.raises(StorageError):
            save_next(two, FaultyFiles(3, disk_full))

        assert names(two) == ["step-00000001", "step-00000002"]

    def test_a_save_that_could_not_prune_is_a_save_with_a_warning(self, two: RunDirectory) -> None:
        class CannotRemove(Files):
            def remove_tree(self, path: Path) -> None:
                raise PermissionError(1, "Operation not permitted", str(path))

        report = store_of(two, keep=1, files=CannotRemove()).save(3, state(3), {})

        assert "could not be removed" in report.warning
        assert "Operation not permitted" in report.warning
        assert value_of(store_of(two).newest(refuse_rejection)) == 3

    def test_a_disk_that_reads_back_something_else_is_caught_before_anything_is_pruned(
        self, two: RunDirectory
    ) -> None:
        class Lying(Files):
            def write(self, path: Path, data: bytes | memoryview) -> None:
                super().write(path, bytes(data)[:-1] + b"?")

        with pytest.raises(StorageError, match="does not read back as it was written"):
            store_of(two, keep=1, files=Lying()).save(3, state(3), {})

        assert names(two) == ["step-00000001", "step-00000002", "step-00000003.corrupt"]
        assert value_of(store_of(two).newest(refuse_rejection)) == 2

    def test_a_bad_replacement_gives_the_old_one_back(self, two: RunDirectory) -> None:
        class Lying(Files):
            def write(self, path: Path, data: bytes | memoryview) -> None:
                super().write(path, bytes(data)[:-1] + b"?")

        with pytest.raises(StorageError):
            save_again(two, Lying())

        assert value_of(store_of(two).newest(refuse_rejection)) == 2

    def test_a_folder_that_is_gone_is_a_storage_error(self, run: RunDirectory) -> None:
        run.checkpoints_path.rmdir()

        with pytest.raises(StorageError, match="cannot save a checkpoint in"):
            store_of(run).save(1, state(1), {})


def flip_a_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def delete(path: Path) -> None:
    path.unlink()


def grow(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


def link(path: Path) -> None:
    path.rename(path.with_name("real"))
    path.symlink_to("real")


DAMAGE = pytest.mark.parametrize("damage", [flip_a_bit, truncate, empty, delete, grow, link])
FILES = pytest.mark.parametrize("file", ["state.npz", "manifest.json"])


class TestDamage:
    @DAMAGE
    @FILES
    def test_a_damaged_newest_is_set_aside_by_name_and_the_one_before_is_used(
        self, two: RunDirectory, damage: Callable[[Path], None], file: str
    ) -> None:
        damage(two.checkpoints_path / "step-00000002" / file)
        rejected: list[tuple[str, str]] = []

        checkpoint = store_of(two).newest(lambda *which: rejected.append(which))

        assert value_of(checkpoint) == 1
        ((path, why),) = rejected
        assert path == "checkpoints/step-00000002.corrupt"
        assert why.startswith(f"{file}: ")
        assert names(two) == ["step-00000001", "step-00000002.corrupt"]

    @DAMAGE
    def test_all_damaged_is_an_error_and_nothing_is_deleted(
        self, two: RunDirectory, damage: Callable[[Path], None]
    ) -> None:
        for step in (1, 2):
            damage(two.checkpoints_path / f"step-{step:08d}" / "state.npz")
        before = sorted(path.name for path in two.checkpoints_path.rglob("*") if path.is_file())

        with pytest.raises(CheckpointError, match="no usable checkpoint") as raised:
            store_of(two).newest(lambda *_: None)

        assert raised.value.exit_code == 4
        assert names(two) == ["step-00000001.corrupt", "step-00000002.corrupt"]
        files = sorted(path.name for path in two.checkpoints_path.rglob("*") if path.is_file())
        assert files == before

    def test_all_damaged_stays_an_error_when_it_is_tried_again(self, two: RunDirectory) -> None:
        """Else the second `--resume` would quietly begin at zero."""
        for step in (1, 2):
            empty(two.checkpoints_path / f"step-{step:08d}" / "state.npz")
        for _ in range(2):
            with pytest.raises(CheckpointError, match="no usable checkpoint"):
                store_of(two).newest(lambda *_: None)

    def test_an_earlier_corrupt_one_is_not_overwritten(self, two: RunDirectory) -> None:
        earlier = two.checkpoints_path / "step-00000002.corrupt"
        earlier.mkdir()
        empty(two.checkpoints_path / "step-00000002" / "state.npz")
        rejected: list[str] = []

        store_of(two).newest(lambda path, _: rejected.append(path))

        assert rejected == ["checkpoints/step-00000002.corrupt-2"]
        assert list(earlier.iterdir()) == []

    @pytest.mark.parametrize("kind", ["link", "file", "empty folder"])
    def test_what_only_has_the_name_of_a_checkpoint_is_set_aside(
        self, two: RunDirectory, kind: str
    ) -> None:
        path = two.checkpoints_path / "step-00000003"
        if kind == "link":
            elsewhere = saved(copy(two, two.path / "copy"), 3).load(3).path
            path.symlink_to(elsewhere)
        elif kind == "file":
            path.touch()
        else:
            path.mkdir()
        rejected: list[str] = []

        checkpoint = store_of(two).newest(lambda name, _: rejected.append(name))

        assert value_of(checkpoint) == 2
        assert rejected == ["checkpoints/step-00000003.corrupt"]

    @pytest.mark.parametrize(
        ("arrays", "layout", "why"),
        [
            ({"a": np.array([np.nan], np.float32)}, {"a": ((1,), "<f4")}, "not finite"),
            ({"a": np.zeros(2, np.float32)}, {"b": ((2,), "<f4")}, "received arrays"),
            ({"a": np.zeros(2, np.float32)}, {"a": ((3,), "<f4")}, "is not <f4 of shape"),
            ({"a": np.zeros(2, np.float32)}, {"a": ((2,), "<i4")}, "is not <i4 of shape"),
            ({"a": np.zeros(2, np.float32)}, {"a": ((2,), "|O")}, "little-endian numbers"),
        ],
        ids=["NaN", "keys", "shape", "dtype", "objects"],
    )
    def test_a_well_signed_checkpoint_is_still_looked_into(
        self,
        two: RunDirectory,
        arrays: dict[str, Array],
        layout: dict[str, tuple[tuple[int, ...], str]],
        why: str,
    ) -> None:
        from gan.run.arrays import pack

        path = two.checkpoints_path / "step-00000003"
        path.mkdir()
        packed = pack(arrays)
        (path / "state.npz").write_bytes(packed)
        (path / "manifest.json").write_bytes(manifests.encode(3, packed, layout, {}))
        reasons: list[str] = []

        assert value_of(store_of(two).newest(lambda _, reason: reasons.append(reason))) == 2
        assert why in reasons[0]

    def test_a_checkpoint_of_a_newer_version_is_left_in_its_place(
        self, two: RunDirectory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(manifests, "FORMAT_VERSION", 2)
            saved(two, 3)

        with pytest.raises(CheckpointError, match="format 2, this gan-tui reads 1"):
            store_of(two).newest(refuse_rejection)

        assert "step-00000003" in names(two)


class TestLoad:
    def test_exactly_the_step_that_is_asked_for(self, two: RunDirectory) -> None:
        assert value_of(store_of(two).load(1)) == 1

    def test_a_damaged_one_is_refused_and_stays_and_nothing_else_is_taken(
        self, two: RunDirectory
    ) -> None:
        empty(two.checkpoints_path / "step-00000002" / "state.npz")

        with pytest.raises(CheckpointError, match=r"step-00000002: state\.npz: it holds 0 bytes"):
            store_of(two).load(2)

        assert names(two) == ["step-00000001", "step-00000002"]

    def test_a_missing_one_is_refused_beside_those_that_are_there(self, two: RunDirectory) -> None:
        with pytest.raises(CheckpointError, match=r"Steps with a checkpoint: 1, 2\."):
            store_of(two).load(7)


def test_a_run_that_never_saved_has_no_checkpoint(run: RunDirectory) -> None:
    assert store_of(run).newest(refuse_rejection) is None
    run.checkpoints_path.rmdir()
    assert store_of(run).newest(refuse_rejection) is None
    assert store_of(run).steps() == []


def test_looking_changes_nothing(two: RunDirectory) -> None:
    (two.checkpoints_path / f"step-00000003.tmp-{dead_pid()}-0a").mkdir()
    for name in ("notes.txt", "step-3", "step-000000009", "step-00000009.bak"):
        (two.checkpoints_path / name).touch()
    before = names(two)

    store_of(two).steps()
    store_of(two).load(2)
    store_of(two).newest(refuse_rejection)

    assert names(two) == before


def copy(run: RunDirectory, path: Path) -> RunDirectory:
    shutil.copytree(run.path, path)
    return type(run)(path)


def dead_pid() -> int:
    """The id of no process: past the largest that a system gives out."""
    return 999_999_999
