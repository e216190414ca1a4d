"""What a terminal that is not read, or a link that drops, costs the training: steps, and processor.

The dashboard trains on a pseudo-terminal. Round after round, the steps a second are counted while
it is read, while nobody reads it, and after that. Then its link is dropped, and its processor time
is put beside that of a run which never had a screen.

    python -m tests.bench.stalled_terminal --data PATH [--rounds 3] [--seconds 10]
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.end_to_end.conftest import ROOT
from tests.end_to_end.terminal import cpu_seconds
from tests.end_to_end.trials import Dashboard, Headless, pace

if TYPE_CHECKING:
    from tests.end_to_end.trials import Trial

UNTIL_KILLED = ("--epochs", "1000000")


class Bench:
    """Stands in for the tests' program: other data, and options of one's own."""

    def __init__(self, home: Path, options: argparse.Namespace) -> None:
        self.home = home
        self.small = ["--data", str(options.data), "--preset", options.preset]
        self.environ = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            # What somebody chose to look at here is not to be measured, or changed.
            "XDG_STATE_HOME": str(home),
            "XDG_CONFIG_HOME": str(home),
        }


class Round(NamedTuple):
    """Steps a second."""

    before: float
    during: float
    after: float

    @property
    def ratio(self) -> float:
        """Of the stall, to what was before and after it."""
        return self.during / statistics.mean((self.before, self.after))


class Span(NamedTuple):
    """A while of a process."""

    steps: int
    seconds: float
    cpu_seconds: float

    def told(self) -> str:
        """For the table: steps a second, processor time a second, and a step."""
        return (
            f"{self.steps / self.seconds:9.1f} {self.cpu_seconds / self.seconds:9.2f} "
            f"{1000 * self.cpu_seconds / self.steps:12.2f}"
        )


def wait(trial: Trial, seconds: float, *, read: bool) -> None:
    """Let some time pass, with or without somebody at the terminal."""
    end = time.monotonic() + seconds
    if read and isinstance(trial, Dashboard):
        trial.wait_for(lambda: time.monotonic() > end, "time to pass", 2 * seconds)
    else:
        trial.wait_unread(lambda: time.monotonic() > end, "time to pass", 2 * seconds)


def stalled(trial: Dashboard, seconds: float) -> Round:
    """One round: read, not read, read again."""
    begins = []
    for read in (True, False, True):
        begins.append(time.time())
        wait(trial, seconds, read=read)
    log = trial.log()
    ends = [*begins[1:], time.time()]
    return Round(*(pace(log, begin, end) for begin, end in zip(begins, ends, strict=True)))


def span(trial: Trial, seconds: float, *, read: bool) -> Span:
    """What a process does in a while."""
    pid = trial.trainer
    began, cpu, step = time.monotonic(), cpu_seconds(pid), trial.last_step()
    wait(trial, seconds, read=read)
    passed = time.monotonic() - began
    return Span(trial.last_step() - step, passed, cpu_seconds(pid) - cpu)


def main() -> None:
    """Run the rounds, drop the link, and print it all."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--preset", default="mlp")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    options.data = options.data.resolve()
    with tempfile.TemporaryDirectory() as folder:
        program = Bench(Path(folder), options)
        with Dashboard(program, "dashboard", *UNTIL_KILLED) as trial:
            trial.wait_for_training()
            wait(trial, options.seconds, read=True)
            tell_stalls([stalled(trial, options.seconds) for _ in range(options.rounds)])
            spans = {"read": span(trial, options.seconds, read=True)}
            step = trial.last_step()
            trial.hang_up()
            spans["hung up"] = span(trial, options.seconds, read=False)
            later = trial.last_step()
        with Headless(program, "headless", *UNTIL_KILLED) as trial:
            trial.wait_for_steps()
            wait(trial, options.seconds, read=False)
            spans["headless"] = span(trial, options.seconds, read=False)
    print(f"\nSIGHUP at step {step:,}; {options.seconds:g} s later at step {later:,}")
    print(f"{'':<10} {'steps/s':>9} {'CPU s/s':>9} {'CPU ms/step':>12}")
    for name, measured in spans.items():
        print(f"{name:<10} {measured.told()}")


def tell_stalls(rounds: list[Round]) -> None:
    """Print every round and the median ratio."""
    print(f"{'steps/s':<10} {'read':>9} {'stalled':>9} {'read':>9} {'ratio':>7}")
    for number, measured in enumerate(rounds, 1):
        before, during, after = measured
        print(
            f"round {number:<4} {before:9.1f} {during:9.1f} {after:9.1f} {measured.ratio:7.3f}",
            flush=True,
        )
    print(f"median ratio {statistics.median(measured.ratio for measured in rounds):.3f}")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
