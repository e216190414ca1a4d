"""Compiles exported programs for an H100 without one, and counts what a step launches.

XLA's compiler needs only a description of the GPU. It can try nothing out on it, so products have
default tiles; what is not a product is as it would be there. Speeds can't be known this way.

    python -m tests.bench.on_a_gpu.ahead_of_time FOLDER [NAME ...] [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from tests.bench.on_a_gpu.flags import FLAGS
from tests.bench.on_a_gpu.folder import Folder
from tests.bench.on_a_gpu.hlo_text import Launches, launches_of_step

COLUMNS = ("program", "kernels", "products", "single", "in a branch", "chain", "compiled in")


def row(name: str, launches: Launches, seconds: float) -> str:
    """A program's line in the table."""
    branches = " + ".join(map(str, launches.conditionals)) or "-"
    return (
        f"{name:<28} {launches.kernels:>8} {launches.products:>9} {launches.single:>7} "
        f"{branches:>12} {launches.chain:>6} {seconds:>10.1f} s"
    )


def main() -> None:
    """Compile one program after another and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("name", nargs="*", help="programs in it; all unless named")
    parser.add_argument("--flags", default="", choices=FLAGS)
    parser.add_argument("--keep", type=Path, help="a folder for the optimised HLO")
    options = parser.parse_args()
    # The compiler is loaded as a library; JAX itself must not look for the GPU.
    os.environ["JAX_PLATFORMS"] = "cpu"
    from tests.bench.on_a_gpu import xla

    folder = Folder(options.folder)
    names = options.name or folder.names()
    device = xla.absent()
    print("{:<28} {:>8} {:>9} {:>7} {:>12} {:>6} {:>12}".format(*COLUMNS), flush=True)
    for name in names:
        begun = time.perf_counter()
        folder.read(name)
        text = xla.text_of(xla.compile_only(device, folder.hlo(name), FLAGS[options.flags]))
        print(row(name, launches_of_step(text), time.perf_counter() - begun), flush=True)
        if options.keep:
            options.keep.mkdir(parents=True, exist_ok=True)
            (options.keep / f"{name}.hlo").write_text(text, encoding="utf-8")
    sys.stdout.flush()
    # The plugin's own end would look for a GPU.
    os._exit(0)


if __name__ == "__main__":
    main()
