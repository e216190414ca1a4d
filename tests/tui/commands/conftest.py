"""A training and a folder for the tests of `gan-tui train`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import fakes
from tests.tui.composing import (
    FakeTraining,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def training(monkeypatch: pytest.MonkeyPatch) -> FakeTraining:
    """A training that succeeds, unless the test gives it another story."""
    fake = FakeTraining(fakes.finished())
    monkeypatch.setattr("gan.headless.runner.run_headless", fake)
    return fake


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and the present one."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder
