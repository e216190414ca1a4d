"""Random keys and clicks into the real program in a terminal of 80x24, for as long as is asked.

The program trains on digits of its own. It must live through the storm and go on training, then end
as a signal asks, give its terminal back, and leave a log that replays to what its status says. The
dialog of `q` is opened and cancelled again and again. Random keys may stop the run
by way of the palette all the same: it must then have ended in order, and it is resumed.

    python -m tests.bench.key_storm [--minutes 1] [--rate 100] [--seed 1]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Final

from gan import progress
from gan.data.synthetic import draw_digits
from tests.end_to_end.conftest import SECONDS, Program
from tests.end_to_end.trials import SOON, Dashboard, assert_given_back
from tests.gan.data.making import ignore, write_idx_folder
from tests.key_storms import KINDS, storm

_OPTIONS: Final = ("--epochs", "1000000", "--sample-every", "500")
_STOPPED: Final = (75, 128 + signal.SIGINT)
"""Stopped by the dialog, or by ctrl+c at the moment of leaving."""

_MAIN_SCREEN: Final = b"\x1b[?1049l"
_BURST_SECONDS: Final = 0.05
_KEPT_BYTES: Final = 2**20
"""What is kept of all that the program writes."""

_QUIT_SHARE: Final = 0.01
_QUIT_KEYS: Final = b"q\x03"
_CANCELS: Final = (b"qcc", b"q\x1b[27uc", b"\x03\x1b[27u\x1b[27u")
"""Ways to open the dialog of `q` and to leave it, each with an answer too many."""


@dataclass
class Storm:
    """Where the keys come from, how many were sent, and how often they stopped the run."""

    rng: random.Random
    rate: float
    longest: float
    """Seconds of storm in all."""

    seconds: float = 0.0
    """Seconds of storm so far."""

    sent: int = 0
    stops: int = 0
    leaves: int = 0
    """How often keys have left the run training in the background."""

    def keys(self) -> bytes:
        """The next input."""
        if self.rng.random() < _QUIT_SHARE:
            return self.rng.choice(_CANCELS)
        return storm(self.rng, without=_QUIT_KEYS)

    def rage(self, trial: Dashboard) -> None:
        """Send keys until the time is over or the run has ended."""
        began, sent = time.monotonic(), 0
        end = began + self.longest - self.seconds
        while time.monotonic() < end and not has_left(trial):
            due = time.monotonic() + _BURST_SECONDS
            while sent < (due - began) * self.rate:
                trial.send(self.keys().decode())
                sent += 1
            trial.wait_for(lambda due=due: is_over(trial, due), "time to pass", SOON)
            trial.raw = trial.raw[-_KEPT_BYTES:]
        self.sent += sent
        self.seconds += time.monotonic() - began


def is_over(trial: Dashboard, due: float) -> bool:
    """Whether a moment has come, or the program has left the screen."""
    return time.monotonic() >= due or has_left(trial)


def has_left(trial: Dashboard) -> bool:
    """Whether the terminal is a plain one again, whose ctrl+c is a signal."""
    return trial.process.poll() is not None or _MAIN_SCREEN in trial.raw


def check_end(trial: Dashboard) -> None:
    """Check that the log replays to what the status says, and that the terminal is as before.

    Raises:
        AssertionError: Something else.
    """
    status = trial.status()
    end = reduce(progress.apply, trial.log(), progress.RunProgress())
    replayed = json.loads(json.dumps(progress.to_json(end)))
    different = {
        name: (value, status.get(name))
        for name, value in replayed.items()
        if value != status.get(name)
    }
    assert not different, f"the log and status.json differ: {different}"
    assert trial.checkpoint(trial.saved_steps()[-1]).step == end.step
    assert_given_back(trial)
    # An error while the screen closes is only in the log.
    assert "the dashboard failed" not in trial.raw.decode("utf-8", "replace"), trial.left_behind


def assert_lives(trial: Dashboard) -> None:
    """Check that the run trains, or that a key has paused it.

    Raises:
        AssertionError: It does neither.
    """
    before = trial.last_step()
    trial.wait_for(
        lambda: trial.last_step() > before or trial.status()["phase"] == "paused", "a step", SOON
    )


def live_through(program: Program, words: tuple[str, ...], storm_: Storm) -> None:
    """Start the program, storm, and check its end, which is a signal if no key has stopped it."""
    with Dashboard(program, "storm", *words) as trial:
        trial.wait_for_training()
        storm_.rage(trial)
        is_asked = not has_left(trial)
        if is_asked:
            assert_lives(trial)
            trial.signal(signal.SIGTERM)
        code = trial.wait_for_end(SECONDS)
        # The last keys may have left or stopped it just before the signal.
        if code == 0 and trial.status()["exit_code"] is None:
            end_in_background(trial)
            storm_.leaves += 1
        elif not (is_asked and code == 128 + signal.SIGTERM):
            assert code in _STOPPED, f"exit code {code}:\n{trial.text}"
            storm_.stops += 1
        check_end(trial)


def end_in_background(trial: Dashboard) -> None:
    """Stop a run that goes on without its terminal."""
    os.kill(trial.status()["pid"], signal.SIGTERM)
    deadline = time.monotonic() + SECONDS
    while trial.status()["exit_code"] is None:
        assert time.monotonic() < deadline, trial.status()
        time.sleep(_BURST_SECONDS)
    assert trial.status()["exit_code"] == 128 + signal.SIGTERM


def main() -> int:
    """Storm as asked; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--rate", type=float, default=100.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    seconds = 60 * options.minutes
    done = Storm(random.Random(options.seed), options.rate, seconds)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        images, labels = draw_digits(1000, 1, ignore)
        program = Program(home, write_idx_folder(home / "digits", images, labels))
        words: tuple[str, ...] = _OPTIONS
        while done.seconds < seconds:
            live_through(program, words, done)
            words = ("--resume", *_OPTIONS)
    print(
        f"{done.sent:,} inputs of {KINDS} kinds in {done.seconds:.0f} s, seed {options.seed}: "
        f"the program lives and its log replays; {done.stops} stops by keys, "
        f"and {done.leaves} times the run was left training"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
