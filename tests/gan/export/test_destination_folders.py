"""A folder that a person has named: nothing else is lost for it, and it is whole or not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gan.errors import UsageError
from gan.export.destination import (
    require_free_folder,
    whole_folder,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def ours(name: str) -> bool:
    return name.endswith(".png")


def failing() -> Iterator[bytes]:
    yield b"half"
    raise ValueError("the rest is missing")


class TestFolders:
    def test_one_appears_once_it_is_complete(self, tmp_path: Path) -> None:
        with whole_folder(tmp_path / "out") as filling:
            (filling / "0.png").write_bytes(b"")
            assert not (tmp_path / "out").exists()
        assert [one.name for one in (tmp_path / "out").iterdir()] == ["0.png"]
        assert [one.name for one in tmp_path.iterdir()] == ["out"]

    def test_one_that_is_there_is_replaced_as_a_whole(self, tmp_path: Path) -> None:
        for name in ("old.png", "new.png"):
            with whole_folder(tmp_path / "out") as filling:
                (filling / name).write_bytes(b"")
        assert [one.name for one in (tmp_path / "out").iterdir()] == ["new.png"]
        assert [one.name for one in tmp_path.iterdir()] == ["out"]

    def test_a_failure_leaves_the_old_one_and_nothing_else(self, tmp_path: Path) -> None:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "old.png").write_bytes(b"")

        def fill() -> None:
            with whole_folder(tmp_path / "out") as filling:
                (filling / "new.png").write_bytes(b"")
                raise ValueError("half")

        with pytest.raises(ValueError, match="half"):
            fill()
        assert [one.name for one in (tmp_path / "out").iterdir()] == ["old.png"]
        assert [one.name for one in tmp_path.iterdir()] == ["out"]

    def test_an_empty_one_is_free(self, tmp_path: Path) -> None:
        require_free_folder(tmp_path, force=False, is_ours=ours)

    def test_one_with_an_export_in_it_is_free_by_force_alone(self, tmp_path: Path) -> None:
        (tmp_path / "0.png").write_bytes(b"")
        with pytest.raises(UsageError, match=r"not empty. Give --force"):
            require_free_folder(tmp_path, force=False, is_ours=ours)
        require_free_folder(tmp_path, force=True, is_ours=ours)

    def test_one_with_anything_else_in_it_is_never_replaced(self, tmp_path: Path) -> None:
        (tmp_path / "thesis.tex").write_bytes(b"")
        with pytest.raises(UsageError, match=r"'thesis.tex', which no export made"):
            require_free_folder(tmp_path, force=True, is_ours=ours)

    def test_a_file_is_no_folder(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_bytes(b"")
        with pytest.raises(UsageError, match="is a file"):
            require_free_folder(tmp_path / "a", force=True, is_ours=ours)
