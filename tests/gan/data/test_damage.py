"""Damaged sources of every kind: no traceback, no hang, nothing written.

`tests/bench/fuzz_data.py` reads thousands.
"""

from __future__ import annotations

import warnings
from random import Random
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan.data.layouts.source import read_source
from tests.gan.data.damaging import LONGEST, damage, read_damaged
from tests.gan.data.genuine import COUNT, SOURCES, is_installed, make
from tests.gan.data.making import ignore

if TYPE_CHECKING:
    from pathlib import Path

SEEDS = 8

KINDS = [
    pytest.param(
        kind, marks=pytest.mark.skipif(not is_installed(kind), reason="its extra isn't installed")
    )
    for kind in SOURCES
]


@pytest.mark.parametrize("kind", KINDS)
def test_a_genuine_source_is_read(kind: str, tmp_path: Path) -> None:
    arrays, _ = read_source(make(kind, tmp_path / "source"), ignore)

    assert len(arrays.images) in {COUNT, 2 * COUNT}
    assert arrays.images.dtype == np.uint8


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_source_is_read_or_refused_in_one_line(kind: str, tmp_path: Path) -> None:
    for seed in range(SEEDS):
        random = Random(f"{kind} {seed}")
        folder = make(kind, tmp_path / str(seed))
        damage(folder, random)

        with warnings.catch_warnings():
            warnings.simplefilter("error")
            took = read_damaged(folder, random)

        assert took < LONGEST, seed
