"""A tracker in a process of its own: what it is told, and whatever it does, stays there."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from gan.trackers.apart import Apart
from gan.trackers.feed import Feed
from gan.trackers.memory import remembered
from gan.trackers.tracking import Tracking
from tests import fakes
from tests.gan.trackers.making import (
    LONG_ENOUGH,
    Log,
    ended,
    grid,
    made_run,
    rolled_back,
    started,
)
from tests.gan.trackers.services import WRITES_TO

if TYPE_CHECKING:
    from pathlib import Path

    from gan.events import Event
    from gan.run.directory import RunDirectory


class Told:
    """What the package in the other process was called with."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def pid(self) -> int:
        """The process that hangs, once it does."""
        until = time.monotonic() + LONG_ENOUGH
        while not (found := self.calls("hang")):
            assert time.monotonic() < until, "it did not come to hang"
            time.sleep(0.02)
        return int(found[0]["pid"])

    def calls(self, kind: str = "") -> list[dict[str, Any]]:
        if not self.path.exists():
            return []
        found = [json.loads(line) for line in self.path.read_text().splitlines()]
        return [one for one in found if kind in ("", one["call"])]


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    monkeypatch.setenv(WRITES_TO, str(tmp_path / "told"))
    return Told(tmp_path / "told")


@pytest.fixture
def made(tmp_path: Path) -> RunDirectory:
    return made_run(tmp_path)


def logged(run: RunDirectory, service: str, *happened: Event, seconds: float = LONG_ENOUGH) -> Log:
    log = Log()
    feed = Feed(
        "wandb", Apart("wandb", f"tests.gan.trackers.services:{service}"), close_seconds=seconds
    )
    tracking = Tracking([feed])
    with tracking.following(run, log):
        for event in happened:
            tracking(event)
    return log


def is_gone(pid: int) -> bool:
    until = time.monotonic() + LONG_ENOUGH
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def test_it_is_told_the_run_its_numbers_pictures_and_marks(made: RunDirectory, told: Told) -> None:
    log = logged(
        made,
        "Writing",
        started(made, preset="mlp", seed=3),
        fakes.steps(1, 200, time=fakes.START + 20, train_seconds=20.0),
        fakes.quality(200, 9.0),
        grid(200),
        ended(200),
    )
    assert log.texts == []
    (opened,) = told.calls("open")
    assert (opened["name"], opened["known_as"]) == (made.name, "")
    assert opened["config"] == {"preset": "mlp", "seed": 3}
    losses, quality = told.calls("scalars")
    assert losses["step"] == 200
    d_loss = fakes.steps(1, 200).d_loss
    assert losses["values"]["losses/d_loss"] == pytest.approx(d_loss.mean(), abs=1e-6)
    assert losses["values"]["losses/d_loss_max"] == float(d_loss.max())
    assert losses["values"]["speed/steps_per_second"] == pytest.approx(10.0)
    assert quality["values"]["quality/fd"] == 9.0
    (picture,) = told.calls("picture")
    assert (picture["tag"], picture["size"], picture["mode"]) == ("samples", [224, 224], "RGB")
    (mark,) = told.calls("note")
    assert mark["text"].startswith("finished at step 200")
    assert told.calls()[-1] == {"call": "close", "ending": "finished"}


def test_steps_of_less_than_a_second_are_told_at_the_end(made: RunDirectory, told: Told) -> None:
    logged(made, "Writing", started(made), fakes.steps(1, 2, train_seconds=0.1), ended(2))
    (losses,) = told.calls("scalars")
    assert losses["step"] == 2


def test_a_resumed_run_is_known_by_what_the_first_process_was_answered(
    made: RunDirectory, told: Told
) -> None:
    logged(made, "Writing", started(made), ended(0))
    assert remembered(made, "wandb") == "first"
    logged(made, "Writing", started(made, resumed_from=5), ended(0))
    assert [one["known_as"] for one in told.calls("open")] == ["", "first"]


def test_a_damaged_memory_begins_a_new_run_there(made: RunDirectory, told: Told) -> None:
    logged(made, "Writing", started(made), ended(0))
    (made.path / "trackers" / "wandb.json").write_text("[")
    logged(made, "Writing", started(made), ended(0))
    assert [one["known_as"] for one in told.calls("open")] == ["", ""]


def test_steps_that_a_rollback_undid_are_not_told_if_they_wait(
    made: RunDirectory, told: Told
) -> None:
    spike = fakes.floats(1000.0, 1000.0)
    logged(
        made,
        "Writing",
        started(made),
        fakes.steps(1, 2, d_loss=spike, train_seconds=0.1),
        rolled_back(0),
        fakes.steps(1, 2, train_seconds=0.1),
        ended(2),
    )
    (losses,) = told.calls("scalars")
    assert losses["values"]["losses/d_loss_max"] < 10


def test_an_error_comes_back_in_one_line_and_its_trace_is_in_the_log(
    made: RunDirectory, told: Told
) -> None:
    del told
    log = logged(made, "Failing", started(made), fakes.steps(1, 5), ended(5))
    (text,) = log.texts
    assert text.startswith("--log-to wandb: ConnectionError: no API key configured. Training goes")
    assert "Traceback" in (made.path / "trackers" / "wandb.log").read_text()


def test_a_crash_is_said_with_its_status(made: RunDirectory, told: Told) -> None:
    del told
    log = logged(made, "Dying", started(made), fakes.steps(1, 5), ended(5))
    (text,) = log.texts
    assert text.startswith("--log-to wandb: its process ended with status -9. Training goes on")


def test_a_package_that_was_removed_is_said(made: RunDirectory) -> None:
    log = Log()
    tracking = Tracking([Feed("wandb", Apart("wandb", "gone_meanwhile:Service"))])
    with tracking.following(made, log):
        tracking(started(made))
        for step in itertools.count(1):
            tracking(fakes.steps(step, train_seconds=0.01 * step))
            if log.has_note(0.1):
                break
    (text,) = log.texts
    assert "ModuleNotFoundError: No module named 'gone_meanwhile'" in text


def test_one_that_hangs_costs_the_end_what_it_may_and_says_so(
    made: RunDirectory, told: Told
) -> None:
    begun = time.monotonic()
    log = logged(made, "Hanging", started(made), fakes.steps(1, 5), ended(5), seconds=0.5)
    assert time.monotonic() - begun < 5
    (text,) = log.texts
    assert "it was not done 0.5 s after the end of the run" in text
    os.kill(told.pid(), signal.SIGKILL)


def test_one_that_was_told_everything_may_finish_after_the_run(
    made: RunDirectory, told: Told
) -> None:
    log = logged(made, "HangingAtTheEnd", started(made), ended(0), seconds=3.0)
    (text,) = log.texts
    pid = int(text.partition("Its process ")[2].partition(" ")[0])
    assert f"Its process {pid} goes on for up to 60 s." in text
    assert told.pid() == pid
    os.kill(pid, signal.SIGKILL)


def test_what_it_prints_is_in_its_log_and_nobody_is_there_to_answer(
    made: RunDirectory, told: Told, capfd: pytest.CaptureFixture[str]
) -> None:
    del told
    log = logged(made, "Chatty", started(made), ended(0))
    assert log.texts == []
    assert remembered(made, "wandb") == "nobody there"
    printed = (made.path / "trackers" / "wandb.log").read_text()
    assert "welcome" in printed
    assert "careful" in printed
    assert capfd.readouterr() == ("", "")


KILLED = """
import os, sys
from pathlib import Path
from tests.gan.trackers.making import beginning, made_run
from gan.trackers.apart import Apart
tracker = Apart("wandb", "tests.gan.trackers.services:Writing")
tracker.open(beginning(made_run(Path(sys.argv[1]))))
print(tracker._process.pid, flush=True)
os.kill(os.getpid(), 9)
"""


def test_a_run_that_is_killed_leaves_no_process_and_counts_as_stopped(
    told: Told, tmp_path: Path
) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "there")],
        stdout=subprocess.PIPE,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert is_gone(int(killed.stdout))
    assert told.calls()[-1] == {"call": "close", "ending": "stopped"}
