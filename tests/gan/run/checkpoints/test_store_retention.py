"""Which checkpoints stay, and which of them count."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from gan.disk.files import Files
from gan.errors import CheckpointError, StorageError
from gan.run.checkpoints import manifest as manifests
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
    from pathlib import Path

    from gan.run.directory import RunDirectory


def pin_of(run: RunDirectory, step: int) -> str | None:
    path = run.checkpoints_path / f"step-{step:08d}"
    return manifests.pin_of(manifests.read_manifest(Files(), path, step))


class TestPinned:
    def test_a_pinned_checkpoint_outlives_every_newer_one(self, run: RunDirectory) -> None:
        store_of(run).save(state(1), point(1), pinned="requested")

        store = saved(run, 2, 3, 4, 5, 6)

        assert store.steps() == [1, 4, 5, 6]
        assert value_of(store.load(1)) == 1

    def test_a_pinned_checkpoint_does_not_count(self, run: RunDirectory) -> None:
        """Otherwise each request would displace a regular checkpoint."""
        saved(run, 1, 2, 3)
        for step in (4, 5, 6, 7):
            store_of(run).save(state(step), point(step), pinned="requested")

        assert store_of(run).steps() == [1, 2, 3, 4, 5, 6, 7]

    def test_saving_a_step_again_by_hand_pins_it(self, run: RunDirectory) -> None:
        saved(run, 1)

        store_of(run).save(state(1), point(1), pinned="requested")

        assert pin_of(run, 1) == "requested"
        assert names(run) == ["step-00000001"]
        assert saved(run, 2, 3, 4, 5).steps() == [1, 3, 4, 5]

    @pytest.mark.parametrize("draw", [0, 1])
    def test_saving_a_step_again_never_unpins_it(self, run: RunDirectory, draw: int) -> None:
        store_of(run).save(state(1), point(1), pinned="requested")

        store_of(run).save(state(1), point(1, draw=draw))

        assert pin_of(run, 1) == "requested"
        assert store_of(run).load(1).resume_point.draw == draw

    def test_only_the_last_of_those_that_were_the_best_stays(self, run: RunDirectory) -> None:
        store = store_of(run)
        for step in (1, 2, 3):
            store.save(state(step), point(step), pinned="best")

        assert saved(run, 4, 5, 6).steps() == [3, 4, 5, 6]

    def test_the_best_may_be_saved_after_later_ones(self, run: RunDirectory) -> None:
        """It is known only once its images are measured."""
        store = saved(run, 4, 5, 6)
        store.save(state(2), point(2), pinned="best")
        assert store.steps() == [2, 4, 5, 6]
        store.save(state(7), point(7))
        assert store.steps() == [2, 5, 6, 7]

    def test_a_checkpoint_that_turns_out_to_be_the_best_keeps_its_resume_point(
        self, run: RunDirectory
    ) -> None:
        """Somebody may have drawn other latents since the state was copied."""
        store = store_of(run)
        store.save(state(1), point(1, draw=3, log_offset=500), pinned="requested")
        store.save(state(1), point(1, log_offset=400), pinned="best")
        kept = store.load(1).resume_point
        assert (kept.draw, kept.log_offset) == (3, 500)
        assert pin_of(run, 1) == "requested"

    def test_what_somebody_asked_for_stays_so_when_it_is_also_the_best(
        self, run: RunDirectory
    ) -> None:
        store_of(run).save(state(1), point(1), pinned="requested")
        store_of(run).save(state(1), point(1), pinned="best")
        store_of(run).save(state(2), point(2), pinned="best")
        store_of(run).save(state(2), point(2), pinned="requested")

        assert (pin_of(run, 1), pin_of(run, 2)) == ("requested", "requested")

    def test_what_may_be_pinned_and_cannot_be_read_stays(self, run: RunDirectory) -> None:
        saved(run, 1)
        (run.checkpoints_path / "step-00000001" / "manifest.json").write_bytes(b"?")

        assert saved(run, 2, 3, 4, 5).steps() == [1, 3, 4, 5]

    def test_a_link_is_not_followed_for_its_pin_and_not_removed(
        self, run: RunDirectory, tmp_path: Path
    ) -> None:
        elsewhere = tmp_path / "elsewhere"
        saved(copy(run, elsewhere), 1)
        link = run.checkpoints_path / "step-00000001"
        link.symlink_to(elsewhere / "checkpoints" / "step-00000001")

        saved(run, 2, 3, 4, 5)

        assert link.is_symlink()
        assert (link / "state.npz").is_file()


class TestAbandoned:
    def test_the_newest_is_never_of_a_future_that_was_left(self, run: RunDirectory) -> None:
        store = saved(run, 10, 20, 30)

        store.abandon_after(10)

        assert names(run) == [
            "step-00000010",
            "step-00000020.abandoned",
            "step-00000030.abandoned",
        ]
        assert value_of(store.newest(refuse_rejection)) == 10
        assert saved(run, 15).steps() == [10, 15]
        assert value_of(store.newest(refuse_rejection)) == 15

    def test_what_is_left_is_kept_even_when_its_step_comes_again(self, run: RunDirectory) -> None:
        saved(run, 10, 20).abandon_after(10)
        saved(run, 20).abandon_after(10)

        assert names(run) == [
            "step-00000010",
            "step-00000020.abandoned",
            "step-00000020.abandoned-2",
        ]
        kept = run.checkpoints_path / "step-00000020.abandoned"
        assert sorted(file.name for file in kept.iterdir()) == ["manifest.json", "state.npz"]

    def test_a_future_comes_back_under_its_old_name(self, run: RunDirectory) -> None:
        store = saved(run, 10, 20)
        store.abandon_after(10)

        kept = run.checkpoints_path / "step-00000020.abandoned"
        kept.rename(kept.with_name("step-00000020"))

        assert value_of(store.newest(refuse_rejection)) == 20

    def test_a_pinned_future_is_left_like_any_other(self, run: RunDirectory) -> None:
        store = saved(run, 10)
        store.save(state(20), point(20), pinned="requested")

        store.abandon_after(10)

        assert names(run) == ["step-00000010", "step-00000020.abandoned"]
        assert value_of(store.newest(refuse_rejection)) == 10

    def test_saving_counts_none_of_them(self, run: RunDirectory) -> None:
        saved(run, 10, 20, 30).abandon_after(10)

        assert saved(run, 11, 12).steps() == [10, 11, 12]
        assert "step-00000030.abandoned" in names(run)

    def test_at_the_newest_nothing_happens(self, run: RunDirectory) -> None:
        saved(run, 10, 20).abandon_after(20)

        assert names(run) == ["step-00000010", "step-00000020"]

    def test_a_kill_in_between_leaves_a_newest_that_the_log_still_reaches(
        self, run: RunDirectory, tmp_path: Path
    ) -> None:
        """The log is cut back after, so that every step up to the newest must still count."""
        saved(run, 10, 20, 30)
        for operation in (1, 2, 3):
            killed = copy(run, tmp_path / f"killed-at-{operation}")
            with pytest.raises(Killed):
                store_of(killed, files=FaultyFiles(operation)).abandon_after(10)

            steps = store_of(killed).steps()

            assert steps == [10, 20, 30][: len(steps)]

    def test_a_disk_that_refuses_is_told(self, run: RunDirectory) -> None:
        saved(run, 10, 20)

        with pytest.raises(StorageError, match="cannot set aside later checkpoints"):
            store_of(run, files=FaultyFiles(1, disk_full)).abandon_after(10)

    def test_no_leftover_brings_a_future_back(self, run: RunDirectory) -> None:
        """What once made room for a step is put back where the step is missing."""
        saved(run, 10, 20)
        path = run.checkpoints_path / "step-00000020"
        shutil.copytree(path, path.with_name(f"{path.name}.replaced-{dead_pid()}-0a1b"))

        store_of(run).abandon_after(10)

        assert value_of(saved(run, 15).newest(refuse_rejection)) == 15

    def test_a_future_whose_replacement_never_arrived_is_kept_too(self, run: RunDirectory) -> None:
        saved(run, 10, 20)
        path = run.checkpoints_path / "step-00000020"
        path.rename(path.with_name(f"{path.name}.replaced-{dead_pid()}-0a1b"))

        store_of(run).abandon_after(10)

        assert names(run) == ["step-00000010", "step-00000020.abandoned"]

    def test_a_future_is_no_answer_where_all_that_counts_is_damaged(
        self, run: RunDirectory
    ) -> None:
        store = saved(run, 10, 20)
        store.abandon_after(10)
        (run.checkpoints_path / "step-00000010" / "state.npz").write_bytes(b"")

        with pytest.raises(CheckpointError, match="no usable checkpoint"):
            store.newest(lambda *_: None)

        assert os.path.lexists(run.checkpoints_path / "step-00000020.abandoned")
