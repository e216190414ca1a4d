"""`gan-tui bench` as a whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.end_to_end.conftest import Program


def test_it_measures_every_contestant_and_leaves_nothing_behind(program: Program) -> None:
    ended = program.run("bench", "--data", "synthetic", "--rounds", "1", "--json")

    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    names = {"eager loop", "tf.function, tf.data", "matrix products", "gan-tui --no-ui", "gan-tui"}
    assert set(told["standings"]) == names
    for standing in told["standings"].values():
        assert standing["steps_per_second"]["median"] > 0
    assert told["standings"]["gan-tui --no-ui"]["times_eager"] > 2
    assert all(seconds > 0 for seconds in told["waits"].values())
    assert not list(program.home.glob("runs"))
