"""Damages sources of every kind, by seed, and reads them; every crash is printed with its seed.

Prints for each kind how many were read and refused, the longest time and the memory.

    python -m tests.bench.fuzz_data [KIND ...] [--count N] [--only SEED]
"""

from __future__ import annotations

import argparse
import resource
import shutil
import tempfile
import traceback
import warnings
from pathlib import Path
from random import Random

from tests.gan.data.damaging import damage, read_damaged
from tests.gan.data.genuine import SOURCES, is_installed, make

MOST_SHOWN = 4
"""Crashes that are printed for a kind."""


def main() -> None:
    """Damage and read."""
    options = _options()
    # A warning that reaches the screen is a failure too.
    warnings.simplefilter("error")
    for kind in options.kinds or filter(is_installed, SOURCES):
        seeds = range(options.count) if options.only is None else [options.only]
        with tempfile.TemporaryDirectory() as folder:
            _print_row(kind, seeds, Path(folder))


def _print_row(kind: str, seeds: range | list[int], folder: Path) -> None:
    longest, crashes = 0.0, 0
    genuine = make(kind, folder / "genuine")
    for seed in seeds:
        random = Random(f"{kind} {seed}")
        source = Path(shutil.copytree(genuine, folder / "source"))
        damage(source, random)
        try:
            longest = max(longest, read_damaged(source, random))
        except Exception:  # noqa: BLE001 - what is looked for
            crashes += 1
            if crashes <= MOST_SHOWN:
                print(f"{kind}, seed {seed}:\n{traceback.format_exc()}")
        shutil.rmtree(source)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{kind:<24} {len(seeds):>6} {crashes:>3} crashes {longest:6.2f} s {megabytes:>5} MB",
        flush=True,
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", help="by default all")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--only", type=int, help="the seed of one")
    return parser.parse_args()


if __name__ == "__main__":
    main()
