"""Exported programs on disk."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.bench.on_a_gpu.folder import Exported, Folder, FolderError

if TYPE_CHECKING:
    from pathlib import Path

EXPORTED = Exported(
    name="mlp-float32-b64",
    preset="mlp",
    precision="float32",
    batch_size=64,
    steps_per_epoch=937,
    recipe={"seed": 3},
    tensorflow="2.21.0",
    arrays=["a", "b"],
    variables=["b"],
    returned={"2": 5},
    norms={"2": 1.5},
    losses="c",
    dense={"generator": [32, 784], "discriminator": [784, 1]},
)


def test_a_program_is_read_as_it_was_written(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "new")
    folder.write(EXPORTED, b"a program")
    assert folder.read(EXPORTED.name) == EXPORTED
    assert folder.hlo(EXPORTED.name) == b"a program"


def test_an_array_is_kept_once(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    array = np.arange(6, dtype=np.float32)
    keys = [folder.keep(one) for one in (array, array.copy())]
    assert keys[0] == keys[1]
    assert len(list((tmp_path / "arrays").iterdir())) == 1
    np.testing.assert_array_equal(folder.array(keys[0]), array)


@pytest.mark.parametrize("other", [np.int32([0, 0]), np.float32([[0, 0]]), np.float32([0, 1])])
def test_another_type_shape_or_value_is_another_array(
    tmp_path: Path, other: np.ndarray[tuple[int, ...], np.dtype[np.float32]]
) -> None:
    folder = Folder(tmp_path)
    keys = {folder.keep(np.float32([0, 0])), folder.keep(other)}
    assert len(keys) == 2


def test_a_missing_program_is_named_with_those_that_are_there(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    with pytest.raises(FolderError, match="has no exported programs"):
        folder.names()
    for name in ("b", "a"):
        folder.write(replace(EXPORTED, name=name), b"")
    assert folder.names() == ["a", "b"]
    with pytest.raises(FolderError, match="received program c, expected one of a, b"):
        folder.programs(["a", "c"])
    assert [program.name for program in folder.programs()] == ["a", "b"]
    assert [program.name for program in folder.programs(["b"])] == ["b"]
