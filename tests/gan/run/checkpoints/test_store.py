"""Checkpoints on disk: whatever happens, the one before can be loaded."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gan.disk.files import Files
from gan.disk.os_errors import error_number
from gan.errors import CheckpointError, StorageError
from tests.gan.run.faults import FaultyFiles, Killed, disk_full
from tests.gan.run.states import (
    copy,
    dead_pid,
    names,
    point,
    refuse_rejection,
    saved,
    state,
    store_of,
    value_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gan.run.directory import RunDirectory


class TestSave:
    def test_it_reads_back_exactly(self, run: RunDirectory) -> None:
        arrays = {
            "weights": np.random.default_rng(0).standard_normal((50, 7), np.float32),
            "iterations": np.array(2**40, np.int64),
            "seed": np.array([1, 2], np.uint32),
        }

        store_of(run).save(arrays, point(500, log_offset=17))
        checkpoint = store_of(run).newest(refuse_rejection)

        assert checkpoint is not None
        assert checkpoint.resume_point == point(500, log_offset=17)
        assert checkpoint.path == run.checkpoints_path / "step-00000500"
        for name, array in arrays.items():
            assert checkpoint.arrays[name].dtype == array.dtype
            assert checkpoint.arrays[name].tobytes() == array.tobytes()

    def test_it_says_where_it_is_and_how_large(self, run: RunDirectory) -> None:
        report = store_of(run).save(state(1), point(500))

        assert report.size == sum(file.stat().st_size for file in report.path.iterdir())
        assert run.relative(report.path) == "checkpoints/step-00000500"
        assert report.warning == ""

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

    def test_the_order_of_operations_is_the_protocol(self, run: RunDirectory) -> None:
        saved(run, 1)
        done: list[str] = []

        class Recording(Files):
            def __getattribute__(self, name: str) -> Any:
                if not name.startswith("_"):
                    done.append(name)
                return super().__getattribute__(name)

        store_of(run, keep=1, files=Recording()).save(state(2), point(2))

        assert done[done.index("make_directory") :] == [
            *("make_directory", "write", "write", "sync_directory"),
            *("rename", "sync_directory"),
            *("read", "read"),
            # The pins of both, and only then is the older one removed.
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

        store.save(state(500), point(500, draw=1))

        assert store.load(500).resume_point.draw == 1
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
    store_of(run, keep=2, files=files).save(state(3), point(3))


def save_again(run: RunDirectory, files: Files) -> None:
    """A save that replaces a checkpoint of the same step."""
    store_of(run, keep=2, files=files).save(state(2), point(2, draw=1))


SAVES = pytest.mark.parametrize("save", [save_next, save_again])


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
            report = store.save(state(4), point(4))

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
        (path / "state.npz").write_bytes(b"")
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

    def test_a_replacement_that_was_refused_gives_the_old_one_back_at_once(
        self, two: RunDirectory
    ) -> None:
        """The sixth operation is the second rename, when the step has no checkpoint."""
        with pytest.raises(StorageError):
            save_again(two, FaultyFiles(6, disk_full))

        assert names(two) == ["step-00000001", "step-00000002"]
        assert store_of(two).load(2).resume_point.draw == 0

    def test_a_save_that_could_not_prune_is_a_save_with_a_warning(self, two: RunDirectory) -> None:
        class CannotRemove(Files):
            def remove_tree(self, path: Path) -> None:
                raise PermissionError(1, "Operation not permitted", str(path))

        report = store_of(two, keep=1, files=CannotRemove()).save(state(3), point(3))

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
            store_of(two, keep=1, files=Lying()).save(state(3), point(3))

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
            store_of(run).save(state(1), point(1))


class TestSpace:
    """A checkpoint that cannot fit is refused before anything is written."""

    def test_too_little_is_one_clear_error_and_nothing_is_touched(self, two: RunDirectory) -> None:
        files = FaultyFiles()
        store = store_of(two, files=files)

        with (
            mock_free(files, 1000),
            pytest.raises(StorageError, match=r"it needs 66\.\d kB and 1\.0 kB are free") as raised,
        ):
            store.save(state(3), point(3))

        assert error_number(raised.value) == errno.ENOSPC
        assert str(raised.value).endswith("Free some space, or choose another folder.")
        assert files.operations == 0
        assert names(two) == ["step-00000001", "step-00000002"]

    @pytest.mark.parametrize("free", [100_000, None], ids=["enough", "not told"])
    def test_enough_or_unknown_is_tried(self, two: RunDirectory, free: int | None) -> None:
        files = Files()
        with mock_free(files, free):
            store_of(two, files=files).save(state(3), point(3))

        assert value_of(store_of(two).newest(refuse_rejection)) == 3

    def test_what_is_there_already_needs_none(self, two: RunDirectory) -> None:
        files = Files()
        with mock_free(files, 0):
            store_of(two, files=files).save(state(2), point(2))

    def test_leftovers_make_room_first(self, two: RunDirectory) -> None:
        leftover = two.checkpoints_path / f"step-00000009.tmp-{dead_pid()}-0a"
        leftover.mkdir()

        class Small(Files):
            def free_bytes(self, path: Path) -> int | None:
                return super().free_bytes(path) if not leftover.exists() else 0

        assert store_of(two, files=Small()).save(state(3), point(3)).path.is_dir()


@contextmanager
def mock_free(files: Files, free: int | None) -> Iterator[None]:
    """Say that so many bytes are free."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(files, "free_bytes", lambda _: free)
        yield


class TestLoad:
    def test_exactly_the_step_that_is_asked_for(self, two: RunDirectory) -> None:
        assert value_of(store_of(two).load(1)) == 1

    def test_a_damaged_one_is_refused_and_stays_and_nothing_else_is_taken(
        self, two: RunDirectory
    ) -> None:
        (two.checkpoints_path / "step-00000002" / "state.npz").write_bytes(b"")

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
