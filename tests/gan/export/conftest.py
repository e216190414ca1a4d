"""Fixtures: a run on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gan.run.creation import create_run

if TYPE_CHECKING:
    from pathlib import Path

    from gan.run.directory import RunDirectory


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    """A new, empty run."""
    return create_run(tmp_path / "run")
