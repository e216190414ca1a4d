"""Damaged files of settings are read without an error, and what is read can be used."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from tests.bench.settings_fuzz import fuzz

if TYPE_CHECKING:
    from pathlib import Path


def test_damaged_files_are_read(tmp_path: Path) -> None:
    """`python -m tests.bench.settings_fuzz` does the same to ten thousand."""
    fuzz(50, random.Random(16), tmp_path)
