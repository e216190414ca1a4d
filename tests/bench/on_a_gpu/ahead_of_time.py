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
from tests.bench.on_a_gpu.folder import Folder, FolderError
from tests.bench.on_a_gpu.hlo_text import Launches, launches_of_step

COLUMNS = ("program", "kernels", "products", "single", "in a branch", "chain", "compiled in")


def row(name: str, launches: Launches, seconds: float) -> str:
    """A program's line in the table."""
    branches = " + ".join(map(str, launches.conditionals)) or "-"
    return (
        f"{name:<34} {launches.kernels:>8} {launches.products:>9} {launches.single:>7} "
        f"{branches:>12} {launches.chain:>6} {seconds:>10.1f} s"
    )


def main() -> None:
    """Compile one program after another and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("name", nargs="*", help="programs in it; all unless named")
    parser.add_argument("--flags", default="", choices=FLAGS)
    parser.add_argument("--peer", action="store_true", help="the JAX scan of each beside it")
    parser.add_argument("--keep", type=Path, help="a folder for the optimised HLO")
    options = parser.parse_args()
    # JAX itself must not look for the GPU.
    os.environ["JAX_PLATFORMS"] = "cpu"
    from tests.bench.on_a_gpu import xla
    from tests.bench.on_a_gpu.peer import stablehlo_of_peer

    folder = Folder(options.folder)
    try:
        exported_programs, device = folder.programs(options.name), xla.absent()
    except (FolderError, xla.DeviceError) as error:
        sys.exit(str(error))
    print("{:<34} {:>8} {:>9} {:>7} {:>12} {:>6} {:>12}".format(*COLUMNS), flush=True)
    for exported in exported_programs:
        name = exported.name
        programs = {name: xla.stablehlo_of(folder.hlo(name))}
        if options.peer:
            peer = stablehlo_of_peer(exported, folder, exported.steps_per_epoch)
            programs[f"{name}, JAX scan"] = peer
        for title, program in programs.items():
            begun = time.perf_counter()
            text = xla.text_of(xla.compile_only(device, program, FLAGS[options.flags]))
            print(row(title, launches_of_step(text), time.perf_counter() - begun), flush=True)
            if options.keep:
                options.keep.mkdir(parents=True, exist_ok=True)
                (options.keep / f"{title}.hlo").write_text(text, encoding="utf-8")
    sys.stdout.flush()
    # The plugin's own end would look for a GPU.
    os._exit(0)


if __name__ == "__main__":
    main()
