"""Viewers that come, press random keys and are killed, over a run that is killed and resumed.

In each round a viewer attaches to the run and presses random keys for ten seconds. Then the viewer
and the process that trains are killed with -9 in turn, and a run that has ended, by the kill or by
a key, is resumed. After every round the log must be whole, with each step once and in order; what
it held up to the newest checkpoint must still be there, byte for byte; no process may be left but
those of the run; and no lease of a viewer that is gone.

    python -m tests.bench.viewer_storm [--rounds 50] [--seconds 10] [--rate 20] [--seed 1]
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gan import progress
from gan.data.synthetic import draw_digits
from gan.run.leases import EXPIRE_SECONDS
from tests.end_to_end.conftest import SECONDS, Program
from tests.end_to_end.trials import SOON, Headless, assert_given_back, steps_in
from tests.end_to_end.viewers import Viewer
from tests.gan.data.making import ignore, write_idx_folder
from tests.key_storms import KINDS, storm

if TYPE_CHECKING:
    from collections.abc import Iterator

_OPTIONS: Final = ("--epochs", "1000000", "--sample-every", "200", "--checkpoint-every", "3")
_STOPPED: Final = 75
_KILLED: Final = 128 + signal.SIGKILL
_BURST_SECONDS: Final = 0.05
_KEPT_BYTES: Final = 2**20
"""What is kept of all that a viewer writes."""

_QUIT_SHARE: Final = 0.01
_QUIT_KEYS: Final = b"q\x03"
_CANCELS: Final = (b"qcc", b"q\x1b[27uc")
"""Ways to open the dialog of `q` and to leave it, each with an answer too many."""


@dataclass
class Rounds:
    """What has happened so far."""

    rng: random.Random
    rate: float
    seconds: float
    """Of keys in each round."""

    sent: int = 0
    viewers_killed: int = 0
    trainers_killed: int = 0
    viewers_left: int = 0
    """Viewers that keys have closed."""

    stops: int = 0
    """Runs that keys have stopped."""

    lease_seconds: list[float] = field(default_factory=list)
    """How long the lease of a killed viewer was there."""

    def keys(self) -> bytes:
        """The next input."""
        if self.rng.random() < _QUIT_SHARE:
            return self.rng.choice(_CANCELS)
        return storm(self.rng, without=_QUIT_KEYS)

    def rage(self, viewer: Viewer) -> None:
        """Press keys until the time is over or they have closed the viewer."""
        began, sent = time.monotonic(), 0
        end = began + self.seconds
        while time.monotonic() < end and viewer.process.poll() is None:
            due = time.monotonic() + _BURST_SECONDS
            while sent < (due - began) * self.rate:
                viewer.send(self.keys().decode())
                sent += 1
            viewer.wait_for(lambda due=due: _is_over(viewer, due), "time to pass", SOON)
            viewer.raw = viewer.raw[-_KEPT_BYTES:]
        self.sent += sent


def _is_over(viewer: Viewer, due: float) -> bool:
    return time.monotonic() >= due or viewer.process.poll() is not None


def processes_of(home: Path) -> Iterator[int]:
    """Every process whose command line names a file in this folder (Linux)."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if str(home).encode() in path.read_bytes() and int(path.parent.name) != os.getpid():
                yield int(path.parent.name)


def leases(run: Headless) -> list[Path]:
    """The leases of viewers that are there, or not known to be gone."""
    return list(run.run.leases_path.iterdir())


def kept_log(run: Headless) -> bytes:
    """The log up to where its newest checkpoint was taken: what no kill may take away."""
    saved = run.saved_steps()
    end = run.checkpoint(saved[-1]).resume_point.log_offset if saved else 0
    return run.run.log_path.read_bytes()[:end]


def check_log(run: Headless) -> None:
    """Each step once, in order, and a log that replays.

    Raises:
        AssertionError: It is not so.
    """
    log = run.log()
    steps = steps_in(log)
    assert steps == list(range(1, len(steps) + 1)), "steps are missing or there twice"
    end = reduce(progress.apply, log, progress.RunProgress())
    assert end.step == len(steps), f"the log replays to step {end.step} of {len(steps)}"


def kill_viewer(run: Headless, viewer: Viewer, rounds: Rounds) -> None:
    """With -9; the run goes on, and the lease goes."""
    viewer.process.kill()
    viewer.process.wait()
    rounds.viewers_killed += 1
    began = time.monotonic()
    run.wait_until(
        lambda: not leases(run) or _has_ended(run), "the lease to go", EXPIRE_SECONDS + 3
    )
    if not leases(run):
        rounds.lease_seconds.append(time.monotonic() - began)


def _has_ended(run: Headless) -> bool:
    return run.process.poll() is not None


def kill_trainer(run: Headless, viewer: Viewer, rounds: Rounds) -> None:
    """With -9; the viewer stays, says so, and leaves its terminal as it was.

    Where keys cover the header or have stopped the run just before, the viewer is closed at once.
    """
    with suppress(ProcessLookupError):
        os.kill(run.status()["pid"], signal.SIGKILL)
    rounds.trainers_killed += 1
    assert run.wait_for_end(SOON) in (_KILLED, _STOPPED)
    if viewer.process.poll() is None:
        due = time.monotonic() + 1
        viewer.wait_for(lambda: _is_over(viewer, due), "time to pass", SOON)
        _close(viewer)
    assert viewer.process.returncode == 0, viewer.left_behind


def _close(viewer: Viewer) -> None:
    """Get out of whatever is open, and leave."""
    deadline = time.monotonic() + SOON
    while viewer.process.poll() is None and time.monotonic() < deadline:
        viewer.send("\x1b[27u\x1b[27u\x1b[27uq")
        due = time.monotonic() + 1
        viewer.wait_for(lambda due=due: _is_over(viewer, due), "time to pass", SOON)
        if viewer.process.poll() is None and "l  leave" in viewer.text:
            viewer.send("l")
    viewer.wait_for_end(SOON)
    assert_given_back(viewer)


def attach(program: Program, run: Headless) -> Viewer:
    """A viewer that shows the run."""
    viewer = Viewer(program, "attach", str(run.run.path))
    viewer.wait_for_header("attached", SECONDS)
    return viewer


def storm_once(program: Program, run: Headless, kills_viewer: bool, rounds: Rounds) -> None:
    """One round, with its checks."""
    with attach(program, run) as viewer:
        rounds.rage(viewer)
        if viewer.process.poll() is not None:
            assert viewer.wait_for_end(SOON) == 0, viewer.left_behind
            assert_given_back(viewer)
            rounds.viewers_left += 1
        if kills_viewer:
            kill_viewer(run, viewer, rounds)
        else:
            kill_trainer(run, viewer, rounds)
    if run.process.poll() == _STOPPED:
        rounds.stops += 1


def start(program: Program, words: tuple[str, ...]) -> Headless:
    """Start or resume the run, and see it train."""
    run = Headless(program, "storm", *words)
    run.wait_unread(run.run.log_path.exists, "a log", SECONDS)
    run.wait_for_steps(1)
    return run


def main() -> int:
    """Storm as asked; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rate", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rounds = Rounds(random.Random(options.seed), options.rate, options.seconds)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        home = Path(folder)
        images, labels = draw_digits(1000, 1, ignore)
        program = Program(home, write_idx_folder(home / "digits", images, labels))
        run = stack.enter_context(start(program, _OPTIONS))
        for number in range(options.rounds):
            storm_once(program, run, number % 2 == 0, rounds)
            if run.process.poll() is not None:
                kept = kept_log(run)
                run = stack.enter_context(start(program, ("--resume", *_OPTIONS)))
                after = run.run.log_path.read_bytes()
                assert after.startswith(kept), "the log has lost what a checkpoint had kept"
            check_log(run)
            known = {run.process.pid, run.status()["pid"]}
            assert set(processes_of(home)) == known, f"{set(processes_of(home))}, not {known}"
            sys.stdout.write(
                f"round {number + 1}: step {run.last_step():,}, {rounds.sent} inputs\n"
            )
            sys.stdout.flush()
        run.signal(signal.SIGTERM)
        assert run.wait_for_end(SECONDS) == 128 + signal.SIGTERM
        check_log(run)
        assert not list(processes_of(home))
        assert not leases(run), leases(run)
        steps = run.last_step()
    slowest = max(rounds.lease_seconds, default=0)
    sys.stdout.write(
        f"{options.rounds} rounds, {rounds.sent:,} inputs of {KINDS} kinds, {steps:,} steps, seed "
        f"{options.seed}: {rounds.viewers_killed} viewers and {rounds.trainers_killed} trainers "
        f"killed, {rounds.viewers_left} viewers closed and {rounds.stops} runs stopped by keys; "
        f"leases gone after at most {slowest:.1f} s; each step is there once, no process and no "
        "lease is left\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
