"""The run directory: the names of the files in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from gan.run.directory import RunDirectory


def test_paths_are_relative_to_the_run_directory(run: RunDirectory) -> None:
    assert run.relative(run.samples_path / "000500.png") == "samples/000500.png"
    with pytest.raises(ValueError, match="subpath"):
        run.relative(Path("/etc/passwd"))
