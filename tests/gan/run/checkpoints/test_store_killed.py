"""`kill -9` inside a save, at fifty points, each in a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gan.run.creation import create_run
from tests.gan.run.dying import BEFORE, KEEP, saves, state
from tests.gan.run.states import names, point, refuse_rejection, store_of

if TYPE_CHECKING:
    from gan.run.directory import RunDirectory
    from tests.gan.run.dying import Save

POINTS = 50
AT_ONCE = 4
ROOT = Path(__file__).parents[4]


def prepared(path: Path) -> RunDirectory:
    """A run with the checkpoints that the dying program expects."""
    run = create_run(path)
    for step, draw in BEFORE:
        store_of(run, keep=KEEP).save(state((step, draw)), point(step, draw=draw))
    return run


def start(run: RunDirectory, operation: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.gan.run.dying", str(run.path), str(operation)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def returned(process: subprocess.Popen[str]) -> list[Save]:
    """The saves that the program printed before it was killed."""
    told, _ = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    return [(int(step), int(draw)) for step, draw in map(str.split, told.splitlines())]


def newest(run: RunDirectory) -> Save:
    """The save that a run would resume from, its state compared bit for bit."""
    checkpoint = store_of(run).newest(refuse_rejection)
    assert checkpoint is not None
    save = (checkpoint.step, checkpoint.resume_point.draw)
    expected = state(save)
    assert list(checkpoint.arrays) == list(expected)
    for name, array in expected.items():
        assert checkpoint.arrays[name].dtype == array.dtype
        assert checkpoint.arrays[name].tobytes() == array.tobytes()
    return save


def require_survival(run: RunDirectory, told: list[Save]) -> None:
    """The newest is the last save that returned, or the one that was under way."""
    at_least = [BEFORE[-1], *told][-1]
    under_way = list(islice(saves(), len(told) + 1))[-1]
    assert newest(run) in (at_least, under_way)


def require_going_on(run: RunDirectory) -> None:
    """The next process saves, and leaves nothing of the dead one behind."""
    report = store_of(run, keep=KEEP).save(state((99, 0)), point(99))
    assert report.warning == ""
    assert newest(run) == (99, 0)
    assert len(names(run)) == KEEP


@pytest.mark.slow
def test_fifty_of_fifty_kills_inside_a_save_leave_a_verified_checkpoint(tmp_path: Path) -> None:
    survived, reached = 0, 0
    for first in range(1, POINTS + 1, AT_ONCE):
        operations = range(first, min(first + AT_ONCE, POINTS + 1))
        runs = [prepared(tmp_path / f"killed-at-{operation}") for operation in operations]
        processes = list(map(start, runs, operations))
        for run, process in zip(runs, processes, strict=True):
            told = returned(process)
            require_survival(run, told)
            require_going_on(run)
            survived, reached = survived + 1, max(reached, len(told))

    assert survived == POINTS
    # Both kinds of save, a new step and the same step anew, were gone through from end to end.
    assert reached >= 2
