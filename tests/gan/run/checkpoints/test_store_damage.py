"""What a checkpoint must be to be used, and what becomes of one that is not."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan.disk.arrays import pack
from gan.disk.files import Files
from gan.disk.os_errors import error_number
from gan.errors import CheckpointError, StorageError
from gan.run.checkpoints import manifest as manifests
from tests.gan.run.states import copy, names, refuse_rejection, saved, store_of, value_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gan.disk.arrays import Array
    from gan.run.directory import RunDirectory


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


def swap(path: Path) -> None:
    """Another file of the same size and form, as after copying the wrong one."""
    other = path.parent.with_name("step-00000001") / path.name
    path.write_bytes(other.read_bytes() if other != path else bytes(path.stat().st_size))


DAMAGE = pytest.mark.parametrize("damage", [flip_a_bit, truncate, empty, delete, grow, link, swap])
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
            ({"a": np.array([np.nan], np.float32)}, {"a": ((1,), "<f4")}, "non-finite"),
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


class TestUnreadable:
    """A machine that cannot read says nothing about what is on the disk."""

    @pytest.mark.parametrize("code", [errno.EMFILE, errno.EACCES, errno.ENOMEM, errno.ESTALE])
    def test_nothing_is_set_aside_for_it(self, two: RunDirectory, code: int) -> None:
        class Refusing(Files):
            def read(self, path: Path, limit: int) -> bytes:
                raise OSError(code, os.strerror(code), f"{path}, of at most {limit}")

        store = store_of(two, files=Refusing())
        with pytest.raises(StorageError, match=os.strerror(code)) as raised:
            store.newest(refuse_rejection)
        with pytest.raises(StorageError, match=os.strerror(code)):
            store.load(2)

        assert error_number(raised.value) == code
        assert names(two) == ["step-00000001", "step-00000002"]

    def test_a_bad_sector_is_damage(self, two: RunDirectory) -> None:
        class BadSector(Files):
            def read(self, path: Path, limit: int) -> bytes:
                if path.match("step-00000002/state.npz"):
                    raise OSError(errno.EIO, "Input/output error", str(path))
                return super().read(path, limit)

        rejected: list[tuple[str, str]] = []
        store = store_of(two, files=BadSector())

        assert value_of(store.newest(lambda *which: rejected.append(which))) == 1
        assert rejected == [("checkpoints/step-00000002.corrupt", "state.npz: Input/output error")]
