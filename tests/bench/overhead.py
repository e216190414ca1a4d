"""What a usual run does beside its steps: sampling, saving, logging, and the loop itself.

The program trains without a screen at its default cadence, as a process of its own, and its log
tells afterwards where the time went. `saving` is how long the training stood still for checkpoints;
their writing goes on beside it, and shows as steps that are slower.

    python -m tests.bench.overhead --data PATH [--preset mlp] [--seconds 150]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from gan.bench.processes import Process
from gan.events import StepsCompleted
from gan.models.presets import DEFAULT_PRESET, PRESETS
from gan.run.follower import read_events


def trained(words: list[str], seconds: float) -> list[StepsCompleted]:
    """The reports of a run of so many seconds, but for the first ones, which learn their pace."""
    with tempfile.TemporaryDirectory() as folder:
        with Process([*words, "--no-ui", "--epochs", "1000000"], Path(folder)) as process:
            process.wait_for_first_step()
            time.sleep(seconds)
        reports = [e for e in read_events(process.run) if isinstance(e, StepsCompleted)]
    return [report for report in reports if report.time >= reports[0].time + 1.0]


def main() -> None:
    """Train and print one line for each part."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--preset", default=DEFAULT_PRESET, choices=PRESETS)
    parser.add_argument("--seconds", type=float, default=150)
    options = parser.parse_args()
    words = [sys.executable, "-m", "tui", "--data", options.data, "--preset", options.preset]
    reports = trained(words, options.seconds)
    first, last = reports[0], reports[-1]
    wall = last.time - first.time
    parts = {
        "executions": last.train_seconds - first.train_seconds,
        "sampling": last.sampling_seconds - first.sampling_seconds,
        "saving": last.saving_seconds - first.saving_seconds,
    }
    parts["log and loop"] = wall - sum(parts.values())
    print(f"{options.preset}, {last.last_step - first.last_step:,} steps in {wall:.0f} s")
    for name, seconds in parts.items():
        print(f"{name:<13}{seconds / wall:>8.2%}")


if __name__ == "__main__":
    main()
