"""What killed processes leave is removed, and what living ones write is not."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from gan.disk.leftovers import remove_leftovers, remove_leftovers_of, temporary_path

if TYPE_CHECKING:
    from pathlib import Path


def left(path: Path, seconds_ago: float) -> str:
    """A file that was written to so long ago."""
    path.write_bytes(b"{")
    at = path.stat().st_mtime - seconds_ago
    os.utime(path, (at, at))
    return path.name


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_only_what_is_old_and_was_being_written_goes(tmp_path: Path) -> None:
    left(temporary_path(tmp_path / "a.json"), 61)
    kept = [
        left(temporary_path(tmp_path / "b.json"), 50),
        left(tmp_path / "c.json", 1e6),
        left(tmp_path / ".hidden", 1e6),
        left(tmp_path / "d.json.tmp-1-ab", 1e6),
    ]

    remove_leftovers(tmp_path, names(tmp_path))

    assert names(tmp_path) == sorted(kept)


def test_the_clock_is_that_of_the_file_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a network it is another machine's."""
    new = left(temporary_path(tmp_path / "a.json"), 0)
    monkeypatch.setattr("time.time", lambda: 4e9)

    remove_leftovers(tmp_path, names(tmp_path))

    assert names(tmp_path) == [new]


def test_without_any_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pathlib.Path.touch", pytest.fail)

    remove_leftovers(tmp_path, [left(tmp_path / "a.json", 1e6)])


def test_a_disk_that_refuses_keeps_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = left(temporary_path(tmp_path / "a.json"), 1e6)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.touch", refuse)
    remove_leftovers(tmp_path, [old])

    assert names(tmp_path) == [old]


def test_one_that_is_gone_meanwhile_keeps_none_of_the_others(tmp_path: Path) -> None:
    old = left(temporary_path(tmp_path / "b.json"), 1e6)

    remove_leftovers(tmp_path, [temporary_path(tmp_path / "a.json").name, old])

    assert names(tmp_path) == []


def test_what_was_being_written_to_a_path_goes_with_its_process(tmp_path: Path) -> None:
    """Whatever its age, a folder too; others may be at work, or are of another name."""
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    path = tmp_path / "a [1].npz"
    file, folder = (path.with_name(f".{path.name}.tmp-{ended.pid}-{n}") for n in ("0a", "0b"))
    other = path.with_name(f".b.npz.tmp-{ended.pid}-0a")
    for one in (file, other, temporary_path(path)):
        one.write_bytes(b"half")
    folder.mkdir()
    (folder / "0.png").write_bytes(b"")
    remove_leftovers_of(path)
    assert not file.exists()
    assert not folder.exists()
    assert len(names(tmp_path)) == 2
    assert other.exists()
