"""How long a folder of pictures takes to read, and how much memory: at first, and from the cache.

Draws `--pictures` PNGs of 28 x 28 in ten folders, and reads them twice, each time in a process of
its own with an empty cache at first. All is deleted at the end. Three minutes on two cores.

    python -m tests.bench.folder_of_pictures [--pictures 100000]
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from gan.data.loader import load
from gan.data.pictures import cache

KIBIBYTE: Final = 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pictures", type=int, default=100_000)
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.read is not None:
        read(options.read)
        return
    with tempfile.TemporaryDirectory() as folder:
        pictures = Path(folder, "pictures")
        draw(pictures, options.pictures)
        # What was just written may change again, so it is not kept yet.
        time.sleep(cache.SETTLED_SECONDS)
        for _ in range(2):
            words = [sys.executable, "-m", "tests.bench.folder_of_pictures", "--read", pictures]
            subprocess.run(words, check=True, env={**os.environ, "XDG_CACHE_HOME": folder})


def draw(folder: Path, count: int) -> None:
    """Strokes of noise, which compress as digits do."""
    random = np.random.default_rng(0)
    for number in range(count):
        image = np.zeros((28, 28), np.uint8)
        image[4:24, 10:16] = random.integers(0, 256, (20, 6))
        path = folder / str(number % 10) / f"{number:06}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)


def read(folder: Path) -> None:
    before, began, cpu = peak(), time.monotonic(), time.process_time()
    images = load(str(folder), progress=lambda *_: None).images
    wall, cpu = time.monotonic() - began, time.process_time() - cpu
    times = (peak() - before) / images.images.nbytes
    print(
        f"{len(images):,} images: {wall:.2f} s, {cpu:.2f} s of a core, {times:.2f} x their memory"
    )


def peak() -> int:
    """The most memory that this process has held so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIBIBYTE


if __name__ == "__main__":
    main()
