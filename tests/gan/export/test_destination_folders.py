"""A folder that a person has named: nothing else is lost for it, and it is whole or not there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gan.errors import UsageError
from gan.export.destination import (
    require_free_folder,
    whole_folder,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


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

    def test_one_that_is_there_stays_the_same_one(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It may be the working directory, or a mount point."""
        monkeypatch.chdir(tmp_path)
        before = tmp_path.stat().st_ino
        with whole_folder(Path()) as filling:
            (filling / "0.png").write_bytes(b"")
            assert [one for one in tmp_path.iterdir() if not one.name.startswith(".")] == []
        assert tmp_path.stat().st_ino == before
        assert [one.name for one in tmp_path.iterdir()] == ["0.png"]

    def test_a_link_to_one_leads_there_still(self, tmp_path: Path) -> None:
        (tmp_path / "real").mkdir()
        (tmp_path / "link").symlink_to("real")
        with whole_folder(tmp_path / "link") as filling:
            (filling / "0.png").write_bytes(b"")
        assert sorted(one.name for one in tmp_path.iterdir()) == ["link", "real"]
        assert [one.name for one in (tmp_path / "real").iterdir()] == ["0.png"]

    def test_those_above_it_are_made_and_go_again_if_it_fails(self, tmp_path: Path) -> None:
        def fill(*, fails: bool) -> None:
            with whole_folder(tmp_path / "a" / "b" / "c"):
                if fails:
                    raise ValueError("half")

        with pytest.raises(ValueError, match="half"):
            fill(fails=True)
        assert list(tmp_path.iterdir()) == []
        fill(fails=False)
        assert (tmp_path / "a" / "b" / "c").is_dir()

    def test_what_a_killed_process_left_is_removed(self, tmp_path: Path, gone_pid: int) -> None:
        """A new folder is filled next to its path, one that is there within."""
        (tmp_path / "there").mkdir()
        beside = tmp_path / f".out.tmp-{gone_pid}-0a1b2c3d"
        within = tmp_path / "there" / f".images.tmp-{gone_pid}-0a1b2c3d"
        for left in (beside, within):
            left.mkdir()
            (left / "0.png").write_bytes(b"")
        require_free_folder(tmp_path / "there", force=False, is_ours=ours)
        for name in ("out", "there"):
            with whole_folder(tmp_path / name):
                pass
        assert not beside.exists()
        assert not within.exists()

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

    @pytest.mark.parametrize("below", ["", "b/c"])
    def test_a_file_is_no_folder_and_has_none(self, tmp_path: Path, below: str) -> None:
        (tmp_path / "a").write_bytes(b"")
        with pytest.raises(UsageError, match="/a is a file, expected a folder"):
            require_free_folder(tmp_path / "a" / below, force=True, is_ours=ours)

    def test_a_device_is_called_one(self) -> None:
        with pytest.raises(UsageError, match="/dev/null is a device, expected a folder"):
            require_free_folder(Path("/dev/null"), force=True, is_ours=ours)
