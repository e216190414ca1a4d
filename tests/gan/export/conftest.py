"""Fixtures: a run on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gan.run.directory import RunDirectory

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    """A new, empty run."""
    return RunDirectory.create(tmp_path / "run")
