"""What the event log costs a fast run: its share of the time at ten thousand steps a second.

Reports of a thousand steps are given to the record of a run on disk ten times a second, as the
trainer gives them, and each is timed until the trainer could go on. The status file that goes with
the log is part of it; nothing trains meanwhile.

    python -m tests.bench.log_cost [--rounds 200]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from gan.run.checkpoints.store import CheckpointStore
from gan.run.creation import create_run
from gan.run.recorder import Recorder
from tests.fakes import steps

if TYPE_CHECKING:
    from gan.events import StepsCompleted

STEPS_PER_SECOND: Final = 10_000
REPORT_SECONDS: Final = 0.1
"""From one report of the trainer's to the next."""

STEPS: Final = round(STEPS_PER_SECOND * REPORT_SECONDS)


def report(number: int, random: np.random.Generator) -> StepsCompleted:
    """What one report tells: losses as a training has them, no two alike."""
    values = (random.random((4, STEPS)) * 1.4).astype(np.float32)
    names = ("d_loss", "g_loss", "real_score", "fake_score")
    return replace(
        steps(1 + number * STEPS, STEPS), time=time.time(), **dict(zip(names, values, strict=True))
    )


def main() -> None:
    """Time the reports and print one line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=200)
    options = parser.parse_args()
    random, taken = np.random.default_rng(0), []
    with tempfile.TemporaryDirectory() as folder:
        run, record = create_run(Path(folder) / "run"), Recorder(listeners=[])
        record.open(run, CheckpointStore(run, keep=3))
        for number in range(options.rounds):
            event = report(number, random)
            begun = time.perf_counter()
            record.emit(event)
            taken.append(time.perf_counter() - begun)
            time.sleep(max(REPORT_SECONDS - taken[-1], 0.0))
        record.close()
        size = run.log_path.stat().st_size
    share = statistics.mean(taken) / REPORT_SECONDS
    late = sorted(taken)[int(0.95 * len(taken))] / REPORT_SECONDS
    print(
        f"{share:.2%} of the time at {STEPS_PER_SECOND:,} steps/s, p95 {late:.2%}; "
        f"{size / (STEPS * options.rounds):.0f} bytes a step"
    )


if __name__ == "__main__":
    main()
