"""What it costs to train on images that stay in their file, against the same images in memory.

Makes a file of `--images` images from MNIST's by shifting them, and trains on it in memory; on
disk, in the same process and in turns with the first; and on disk in a process that may take fewer
bytes than the file has, with the file cached and not. All give the same losses, bit for bit. The
file is deleted at the end. Ten minutes on two cores; 2.4 GB of disk and 7 GB of memory.

    python -m tests.bench.larger_than_memory --mnist FOLDER [--images 3000000] [--rounds 8]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from gan.config import RunConfig
from gan.data.loader import load
from gan.data.reading_options import ReadingOptions
from gan.data.stored_images import ImagesOnDisk
from gan.session.environment import prepare_xla
from gan.training.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from gan.data.image_set import ImageSet

BATCHES: Final = (64, 256)
STEPS: Final = 15
"""Steps of a turn."""

MOST: Final = 2**40
"""Bytes that any set fits in."""

ROOM: Final = 1.6e9
"""Bytes of data that the limited process may have (`ulimit -d`)."""


class Turn(NamedTuple):
    """What a turn of steps came to."""

    seconds: float
    losses: npt.NDArray[np.float32]
    """d_loss and g_loss of each step: 2 x steps."""


class Contestant:
    """A compiled program over images in one place, which remembers how far it has trained."""

    def __init__(self, images: ImageSet, batch_size: int) -> None:
        from gan.training.build import compile_program
        from gan.training.device import best_precision

        options = {"batch_size": batch_size, "seed": 1, "precision": best_precision()}
        config = RunConfig.resolve({"preset": "mlp", **options})
        self._execution = compile_program(config, images.images, print).execution
        self._pace = Pace()
        self._step = 0

    def turn(self, steps: int) -> Turn:
        """Make steps in executions of the length that a run's would have."""
        begun, end = time.perf_counter(), self._step + steps
        losses = []
        while self._step < end:
            most = min(end - self._step, self._execution.max_steps_after(self._step))
            count = min(self._pace.steps, most)
            before = time.perf_counter()
            made = self._execution(self._step, count)
            self._pace = self._pace.measured(count, time.perf_counter() - before, 1024)
            losses.append(np.stack([made.d_loss, made.g_loss]))
            self._step += count
        return Turn(time.perf_counter() - begun, np.concatenate(losses, axis=1))


def make_file(path: Path, mnist: Path, count: int) -> None:
    """Write an `.npy` of shifted digits, no two rounds of which are shifted alike."""
    digits = load(str(mnist), progress=ignore).images.first(60_000)
    header = np.lib.format
    with path.open("wb") as file:
        shape = {"descr": "|u1", "fortran_order": False, "shape": (count, 28, 28)}
        header.write_array_header_1_0(file, shape)
        for number, begin in enumerate(range(0, count, len(digits))):
            shift = (number // 9 % 9 - 4, number % 9 - 4)
            rolled = np.roll(digits, shift, axis=(1, 2))
            file.write(rolled[: count - begin].tobytes())


def compare(path: Path, batch_size: int, rounds: int) -> Iterator[str]:
    """Both places in one process, in turns."""
    begun = time.perf_counter()
    held = load(str(path), progress=ignore, options=ReadingOptions(memory=MOST)).images
    reading = time.perf_counter() - begun
    begun = time.perf_counter()
    left = load(str(path), progress=ignore, options=ReadingOptions(memory=0)).images
    yield f"loading: {reading:.1f} s in memory, {time.perf_counter() - begun:.1f} s on disk"
    assert isinstance(left.images, ImagesOnDisk)
    assert held.fingerprint == left.fingerprint
    contestants = [Contestant(held, batch_size), Contestant(left, batch_size)]
    turns: list[list[Turn]] = [[], []]
    for number in range(rounds + 1):
        for which in (0, 1) if number % 2 else (1, 0):
            turns[which].append(contestants[which].turn(STEPS))
    both = [np.concatenate([turn.losses for turn in some], axis=1) for some in turns]
    assert both[0].tobytes() == both[1].tobytes(), "the losses differ"
    # The first turn is a warm-up.
    speeds = [[STEPS / turn.seconds for turn in some[1:]] for some in turns]
    ratios = [disk / memory for memory, disk in zip(*speeds, strict=True)]
    yield (
        f"batch {batch_size}: {statistics.median(speeds[0]):.1f} steps/s in memory, "
        f"{statistics.median(speeds[1]):.1f} on disk; ratio {statistics.median(ratios):.3f} "
        f"({min(ratios):.3f} to {max(ratios):.3f}); {both[0].shape[1]} steps, the same losses: "
        f"{digest(both[0])}"
    )


def limited(path: Path, batch_size: int, steps: int, *, cold: bool) -> dict[str, Any]:
    """On disk, as the program decides by itself, below a limit that the images exceed."""
    resource.setrlimit(resource.RLIMIT_DATA, (int(ROOM), int(ROOM)))
    images = load(str(path), progress=ignore).images
    assert isinstance(images.images, ImagesOnDisk), "they were held in memory"
    contestant = Contestant(images, batch_size)
    if cold:
        forget(path)
    turn = contestant.turn(steps)
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return {
        "batch_size": batch_size,
        "steps": steps,
        "peak_resident_bytes": int(peak.split()[1]) * 1024,
        "steps_per_second": steps / turn.seconds,
        "losses": digest(turn.losses),
    }


def forget(path: Path) -> None:
    """Have the system drop what it has cached of a file."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def digest(losses: npt.NDArray[np.float32]) -> str:
    """A short name of losses."""
    return hashlib.sha256(losses.tobytes()).hexdigest()[:12]


def ignore(*_: object) -> None:
    """Nobody waits for progress here."""


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--mnist", type=Path, help="a folder of MNIST's IDX files")
    parser.add_argument("--images", type=int, default=3_000_000)
    parser.add_argument("--rounds", type=int, default=8, help=f"of {STEPS} steps")
    parser.add_argument("--file", type=Path, help="one that was made before, and is kept")
    # What the processes of one measurement do.
    parser.add_argument("--part", choices=["compare", "limited", "cold"])
    parser.add_argument("--batch-size", type=int, default=BATCHES[0])
    options = parser.parse_args()
    if options.part is None:
        _measure(options)
        return
    prepare_xla()
    if options.part == "compare":
        for line in compare(options.file, options.batch_size, options.rounds):
            print(line, flush=True)
        return
    steps = (options.rounds + 1) * STEPS
    is_cold = options.part == "cold"
    print(json.dumps(limited(options.file, options.batch_size, steps, cold=is_cold)))


def _measure(options: argparse.Namespace) -> None:
    with ExitStack() as held:
        path = options.file
        if path is None:
            path = Path(held.enter_context(tempfile.TemporaryDirectory())) / "shifted.npy"
        if not path.exists():
            make_file(path, options.mnist, options.images)
        print(f"{path.stat().st_size / 1e9:.2f} GB; limited to {ROOM / 1e9:.1f} GB of data")
        for batch_size in BATCHES:
            for part in ("compare", "limited", "cold"):
                words = ["--part", part, "--file", str(path), "--batch-size", str(batch_size)]
                module = "tests.bench.larger_than_memory"
                command = [sys.executable, "-m", module, *words, "--rounds", str(options.rounds)]
                subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
