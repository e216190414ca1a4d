"""Fixtures: runs on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gan.run.creation import create_run
from tests.gan.run.states import saved

if TYPE_CHECKING:
    from pathlib import Path

    from gan.run.directory import RunDirectory


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    """A new, empty run."""
    return create_run(tmp_path / "run")


@pytest.fixture
def two(run: RunDirectory) -> RunDirectory:
    """A run with checkpoints of steps 1 and 2."""
    saved(run, 1, 2)
    return run
