"""`gan-tui bench` as a whole."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.end_to_end.conftest import Program

pytestmark = pytest.mark.slow

SHORT_TURNS = """
import sys
from gan.session.environment import prepare_xla
prepare_xla()
from gan.bench import measure
measure.TURN_SECONDS = 0.5
measure._PRESSES = measure._SAVES = 1
from tui.cli import main
sys.exit(main(sys.argv[1:]))
"""
"""The program with turns too short for figures, and long enough to take part in every one."""


def test_it_measures_every_contestant_and_leaves_nothing_behind(program: Program) -> None:
    words = ["bench", *program.small[:2], "--rounds", "1", "--json"]
    ended = program.run_words([sys.executable, "-c", SHORT_TURNS, *words])

    assert ended.returncode == 0, ended.stderr
    measured = json.loads(ended.stdout)
    names = {"eager loop", "tf.function, tf.data", "matrix products", "gan-tui --no-ui", "gan-tui"}
    assert set(measured["standings"]) == names
    for standing in measured["standings"].values():
        assert standing["steps_per_second"]["median"] > 0
    assert measured["standings"]["gan-tui --no-ui"]["times_eager"] > 1.2
    assert all(seconds > 0 for seconds in measured["waits"].values())
    assert not list(program.home.glob("runs"))
