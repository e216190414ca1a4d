"""What a run costs beside its steps when there are very many of them.

The real program trains networks so small that a step is nearly nothing, headless, with its log and
everything else of a run on disk. Its memory is read from outside while the steps go by, and so is
the share of the time that was spent inside executions: the rest is what the log, the reports and
the loop itself cost.

    python -m tests.bench.long_run --data PATH [--steps 1000000]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from gan.events import Phase

TINY = """
import sys
import keras
from gan.models import mlp
from gan.models.layers import Dense
from gan.models.networks import Networks

def tiny(latent_dim, run_seed):
    generator = keras.Sequential([
        keras.Input((latent_dim,)),
        Dense(784, activation="tanh", use_bias=False),
        keras.layers.Reshape((28, 28)),
    ])
    discriminator = keras.Sequential([
        keras.Input((28, 28)), keras.layers.Flatten(), Dense(1),
    ])
    return Networks(generator, discriminator)

mlp.build = tiny
from tui.cli import main
sys.exit(main(sys.argv[1:]))
"""
"""Runs the program with networks of a few thousand weights in the place of `mlp`."""

MARKS = (10**4, 10**5, 10**6, 10**7)
BEYOND = 1.1
"""How much longer the run is than its last mark, so that its memory is read while it trains."""

BATCH = 16
LOOK_SECONDS = 0.25
LEAST_LOOKS = 3


@dataclass(frozen=True)
class Reading:
    """The run from outside, once."""

    step: int
    at: float
    """When its status was written, seconds since the epoch."""

    train_seconds: float
    memory: int
    """Resident, bytes."""


def read_status(status: Path, program: psutil.Process) -> Reading | None:
    """What the run's status and the kernel tell, once both are there and while it trains."""
    try:
        told = json.loads(status.read_text())
        memory = program.memory_info().rss
    except (FileNotFoundError, psutil.NoSuchProcess):
        return None
    if told["phase"] != Phase.TRAINING:
        return None
    return Reading(told["step"], told["heartbeat"], told["train_seconds"], memory)


def readings(data: Path, steps: int, folder: Path) -> list[Reading]:
    """Every reading of a run from its start to its end."""
    run, printed = folder / "run", folder / "printed"
    words = ["--data", str(data), "--steps", str(steps), "--run-dir", str(run)]
    words += ["--batch-size", str(BATCH), "--latent-dim", "4", "--no-ui", "--sample-every", "off"]
    seen: list[Reading] = []
    with printed.open("wb") as file:
        program = subprocess.Popen(
            [sys.executable, "-c", TINY, *words], stdout=subprocess.DEVNULL, stderr=file
        )
    while program.poll() is None:
        time.sleep(LOOK_SECONDS)
        now = read_status(run / "status.json", psutil.Process(program.pid))
        if now and now.step and (not seen or now.step > seen[-1].step):
            seen.append(now)
    if program.returncode:
        raise SystemExit(f"the run ended with {program.returncode}: {printed.read_text()[-500:]}")
    log = (run / "events.jsonl").stat().st_size
    print(f"log: {log / steps:.1f} bytes a step")
    return seen


def main() -> None:
    """Train, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=10**6, help="the last mark")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        seen = readings(options.data, int(options.steps * BEYOND), Path(folder))
    if len(seen) < LEAST_LOOKS:
        raise SystemExit(f"{options.steps} steps are over before they can be looked at")
    for mark in sorted({*MARKS, options.steps}):
        past = [one for one in seen if one.step >= mark]
        if past and mark <= options.steps:
            print(f"{past[0].step:>10,} steps: {past[0].memory / 2**20:7.1f} MiB resident")
    first, last = seen[len(seen) // 10], seen[-1]
    wall = last.at - first.at
    speed = (last.step - first.step) / wall
    beside = 1 - (last.train_seconds - first.train_seconds) / wall
    print(f"{speed:,.0f} steps/s; {beside:.1%} of the time outside executions")


if __name__ == "__main__":
    main()
