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

TINY = """
import sys
import keras
from gan.models import presets
from gan.models.networks import Networks

def tiny(latent_dim, run_seed):
    generator = keras.Sequential([
        keras.Input((latent_dim,)),
        keras.layers.Dense(784, activation="tanh", use_bias=False),
        keras.layers.Reshape((28, 28)),
    ])
    discriminator = keras.Sequential([
        keras.Input((28, 28)), keras.layers.Flatten(), keras.layers.Dense(1),
    ])
    return Networks(generator, discriminator)

presets.BUILDERS["mlp"] = tiny
from tui.cli import main
sys.exit(main(sys.argv[1:]))
"""
"""Runs the program with networks of a few thousand weights in the place of `mlp`."""

MARKS = (10**4, 10**5, 10**6, 10**7)
BATCH = 16
LOOK_SECONDS = 0.25


@dataclass(frozen=True)
class Look:
    """The run from outside, once."""

    step: int
    at: float
    """When its status was written, seconds since the epoch."""

    train_seconds: float
    memory: int
    """Resident, bytes."""


def look(status: Path, pid: int) -> Look | None:
    """What the run's status and the kernel tell, once both are there."""
    try:
        told = json.loads(status.read_text())
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (FileNotFoundError, IndexError):
        return None
    if not pages:
        # It has ended and only its exit code is left.
        return None
    return Look(told["step"], told["heartbeat"], told["train_seconds"], pages * 4096)


def looks(options: argparse.Namespace, folder: Path) -> list[Look]:
    """Every look at a run from its start to its end."""
    run = folder / "run"
    words = ["--data", str(options.data), "--steps", str(options.steps), "--run-dir", str(run)]
    words += ["--batch-size", str(BATCH), "--latent-dim", "4", "--no-ui", "--sample-every", "off"]
    seen: list[Look] = []
    program = subprocess.Popen(
        [sys.executable, "-c", TINY, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while program.poll() is None:
        time.sleep(LOOK_SECONDS)
        now = look(run / "status.json", program.pid)
        if now and now.step and (not seen or now.step > seen[-1].step):
            seen.append(now)
    if program.returncode:
        raise SystemExit(f"the run ended with {program.returncode}")
    log = (run / "events.jsonl").stat().st_size
    print(f"log: {log / options.steps:.1f} bytes a step")
    return seen


def main() -> None:
    """Train, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=10**6)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        seen = looks(options, Path(folder))
    for mark in MARKS:
        past = [one for one in seen if one.step >= mark]
        if past:
            print(f"{past[0].step:>10,} steps: {past[0].memory / 2**20:7.1f} MiB resident")
    print(f"{seen[-1].step:>10,} steps: {seen[-1].memory / 2**20:7.1f} MiB resident")
    first, last = seen[len(seen) // 10], seen[-1]
    wall = last.at - first.at
    speed = (last.step - first.step) / wall
    beside = 1 - (last.train_seconds - first.train_seconds) / wall
    print(f"{speed:,.0f} steps/s; {beside:.1%} of the time outside executions")


if __name__ == "__main__":
    main()
