"""What a person names is written whole, and nothing is replaced unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gan.errors import StorageError, UsageError
from gan.export.destination import (
    require_free,
    require_free_folder,
    whole_folder,
    write_whole,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def ours(name: str) -> bool:
    return name.endswith(".png")


def failing() -> Iterator[bytes]:
    yield b"half"
    raise ValueError("the rest is missing")


def test_a_file_is_written_piece_by_piece(tmp_path: Path) -> None:
    assert write_whole(tmp_path / "a", [b"1", b"2"], force=False).read_bytes() == b"12"


def test_an_existing_file_is_replaced_only_by_force(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"old")
    with pytest.raises(UsageError, match=r"exists already. Give --force"):
        write_whole(file, [b"new"], force=False)
    assert file.read_bytes() == b"old"
    write_whole(file, [b"new"], force=True)
    assert file.read_bytes() == b"new"


def test_a_link_to_nothing_exists_too(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="exists already"):
        require_free(tmp_path / "a", force=False)


def test_a_folder_is_never_replaced_by_a_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a folder"):
        require_free(tmp_path, force=True)


def test_a_file_that_fails_half_way_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"old")
    with pytest.raises(ValueError, match="the rest"):
        write_whole(file, failing(), force=True)
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_missing_folder_is_an_error_of_storage(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="No such file"):
        write_whole(tmp_path / "none" / "a", [b""], force=False)


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
