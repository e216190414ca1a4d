"""Fixtures: a run on disk, and the id of a process that has ended."""

from __future__ import annotations

import subprocess
import sys
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


@pytest.fixture
def gone_pid() -> int:
    """The id of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    return ended.pid
