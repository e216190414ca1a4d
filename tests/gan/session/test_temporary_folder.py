"""A folder for temporary files, where the system has none that can be written to."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from gan.errors import StorageError
from gan.session import environment
from gan.session.environment import require_temporary_folder


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """A system without one, and what is removed at the end of the process."""
    removed: list[object] = []

    def refuse() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "gettempdir", refuse)
    monkeypatch.setattr("atexit.register", lambda _, path, **__: removed.append(path))
    monkeypatch.setattr(environment, "_SHARED_MEMORY", Path("/nowhere"))
    return removed


def test_it_is_made_where_the_run_is(made: list[object], tmp_path: Path) -> None:
    require_temporary_folder(tmp_path)

    assert tempfile.tempdir is not None
    assert Path(tempfile.tempdir).parent == tmp_path
    assert Path(tempfile.tempdir).is_dir()
    assert made == [tempfile.tempdir]


def test_shared_memory_comes_first(
    made: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "_SHARED_MEMORY", tmp_path)

    require_temporary_folder(tmp_path / "missing")

    assert Path(str(made[0])).parent == tmp_path


@pytest.mark.usefixtures("made")
def test_without_any_the_way_out_is_named() -> None:
    with pytest.raises(StorageError, match="Set TMPDIR to one that can"):
        require_temporary_folder(Path("/missing"))


def test_the_systems_own_is_left_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    require_temporary_folder(Path("/missing"))

    assert tempfile.tempdir == str(tmp_path)
