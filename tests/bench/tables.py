"""How fast tables of text are read, and with how much memory; each in a process of its own.

python -m tests.bench.tables [--rows N]
"""

from __future__ import annotations

import argparse
import gzip
import multiprocessing
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gan.data.loader import load
from gan.data.synthetic import draw_digits
from tests.gan.data.making import ignore

if TYPE_CHECKING:
    from collections.abc import Iterator


def main() -> None:
    """Write tables of MNIST's shape and read each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    options = parser.parse_args()
    print(f"{'table':<16}{'MB of text':>11}{'seconds':>9}{'of CPU':>8}{'MB/s':>7}{'x images':>10}")
    with tempfile.TemporaryDirectory() as folder:
        for path, size in _written(Path(folder), options.rows):
            context = multiprocessing.get_context("spawn")
            with context.Pool(1) as pool:
                seconds, cpu, peak = pool.apply(_read, (str(path),))
            print(
                f"{path.name:<16}{size / 1e6:>11.1f}{seconds:>9.2f}{cpu:>8.2f}"
                f"{size / 1e6 / seconds:>7.0f}{peak / (784 * options.rows):>10.2f}"
            )


def _written(folder: Path, count: int) -> Iterator[tuple[Path, int]]:
    """Tables, and the size of the text of each in bytes."""
    images, labels = draw_digits(min(count, 2000), 0, ignore)
    rows = np.resize(images, (count, 784)).tolist()
    names = np.resize(labels, count).tolist()
    for name, separator, factor in (("ints.csv", ",", 1.0), ("floats.txt", " ", 1 / 255)):
        form = "{:.0f}" if factor == 1 else "{:.4f}"
        cells = [form.format(value * factor) for value in range(256)]
        lines = (
            separator.join([str(label), *map(cells.__getitem__, row)])
            for label, row in zip(names, rows, strict=True)
        )
        path = folder / name
        path.write_text("\n".join(lines) + "\n")
        yield path, path.stat().st_size
        packed = folder / f"{name}.gz"
        packed.write_bytes(gzip.compress(path.read_bytes(), 6))
        yield packed, path.stat().st_size


def _read(path: str) -> tuple[float, float, int]:
    """The seconds, those of the processor, and the bytes at the peak beyond those at the start."""
    before = _peak()
    began, cpu = time.perf_counter(), time.process_time()
    load(path, progress=ignore)
    return time.perf_counter() - began, time.process_time() - cpu, _peak() - before


def _peak() -> int:
    # Not that of `getrusage`, which a process inherits from the one that started it.
    status = Path("/proc/self/status").read_text()
    return 1024 * int(status.partition("VmHWM:")[2].split(maxsplit=1)[0])


if __name__ == "__main__":
    main()
