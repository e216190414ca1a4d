"""Runs exported programs through JAX's XLA: checks their losses, then times them beside others.

Each program is compared with a JAX scan of the same training, and with the matrix products of a
step alone. Needs JAX and NumPy and no TensorFlow. On a CPU it checks; only a GPU's times mean much.

    python -m tests.bench.on_a_gpu.run FOLDER [NAME ...] [--platform gpu] [--check-only]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.bench.on_a_gpu.flags import FLAGS
from tests.bench.on_a_gpu.folder import Folder, FolderError
from tests.bench.on_a_gpu.hlo_text import Launches, launches_of_step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.bench.on_a_gpu.folder import Exported
    from tests.bench.on_a_gpu.loaded import Check
    from tests.bench.on_a_gpu.xla import Device

_TRIALS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one program showed."""

    name: str
    check: Check
    passed: bool
    compile_seconds: float
    launches: Launches | None
    """`None` on a CPU."""

    steps: int = 0
    """In a call that was timed; 0 if none was."""

    empty_call: float = 0.0
    """Seconds of a call that makes no step."""

    step: float = 0.0
    """Seconds of a step, in calls of so many."""

    peer: float | None = None
    """The same of the JAX scan."""

    limit: float | None = None
    """The same of the products alone, `None` if they aren't known."""


def measure(
    folder: Folder,
    exported: Exported,
    device: Device,
    flags: Mapping[str, Any],
    options: argparse.Namespace,
) -> Row:
    """Check one program, and time it unless only the check was asked for."""
    from tests.bench.on_a_gpu.limit import limit_loop
    from tests.bench.on_a_gpu.loaded import LoadedProgram
    from tests.bench.on_a_gpu.peer import peer_loop
    from tests.bench.on_a_gpu.peer_networks import LAYERS

    begun = time.perf_counter()
    program = LoadedProgram(folder, exported, device, flags)
    compiled = time.perf_counter() - begun
    check = program.check()
    told: dict[str, Any] = {
        "name": exported.name,
        "check": check,
        "passed": check.passed(exported.precision),
        "compile_seconds": compiled,
        "launches": launches_of_step(program.text) if options.platform == "gpu" else None,
    }
    if options.check_only:
        return Row(**told)
    steps = min(options.steps, exported.steps_per_epoch)
    told |= {
        "steps": steps,
        "empty_call": program.seconds_per_call(0, options.seconds),
        "step": program.seconds_per_call(steps, options.seconds) / steps,
    }
    if exported.preset in LAYERS:
        told["peer"] = best(peer_loop(exported, folder, device), steps) / steps
    if exported.dense is not None:
        told["limit"] = best(limit_loop(exported, device), steps) / steps
    return Row(**told)


def best(loop: Callable[[int], object], steps: int) -> float:
    """Seconds of a call, the least of a few; the first compiles."""
    loop(steps)
    times = []
    for _ in range(_TRIALS):
        begun = time.perf_counter()
        loop(steps)
        times.append(time.perf_counter() - begun)
    return min(times)


def lines(row: Row) -> list[str]:
    """A program's figures, for people."""
    first, early, every, norms = row.check
    verdict = "agrees with" if row.passed else "DIFFERS from"
    told = [f"{row.name}: {verdict} TensorFlow; compiled in {row.compile_seconds:.1f} s"]
    told.append(
        f"  losses differ by {first:.0e} in the first step, {early:.0e} in four, {every:.0e} in "
        f"all; norms by {norms:.0e}"
    )
    if row.launches:
        branches = "".join(f", {count} more in a branch" for count in row.launches.conditionals)
        kernels, chain = row.launches.kernels, row.launches.chain
        told.append(f"  {kernels} kernels a step{branches}; {chain} in a row")
    if row.steps:
        told.append(
            f"  {1 / row.step:,.0f} steps/s ({row.step * 1e6:.1f} us) in calls of {row.steps}; "
            f"a call of no step {row.empty_call * 1e3:.3f} ms"
        )
    if row.peer:
        told.append(f"  JAX scan {1 / row.peer:,.0f} steps/s: x {row.peer / row.step:.2f} of it")
    if row.limit:
        share = row.limit / row.step
        told.append(f"  products alone {1 / row.limit:,.0f} steps/s: {share:.0%} of the limit")
    return told


def main() -> int | str:
    """Measure one program after another; 1 if a check failed, or why there is none."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("name", nargs="*", help="programs in it; all unless named")
    parser.add_argument("--platform", choices=("gpu", "cpu"), default="gpu")
    parser.add_argument("--flags", default="", choices=FLAGS)
    parser.add_argument("--check-only", action="store_true")
    parser.add_argument("--steps", type=int, default=512, help="of a call that is timed")
    parser.add_argument("--seconds", type=float, default=1.0, help="of calls, for one figure")
    parser.add_argument("--json", type=Path, help="a file for all figures")
    options = parser.parse_args()
    if options.platform == "cpu":
        os.environ["JAX_PLATFORMS"] = "cpu"
    # A GPU is not to be filled before the first program.
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    import jax

    from tests.bench.on_a_gpu import xla

    folder = Folder(options.folder)
    try:
        programs, device = folder.programs(options.name), xla.present(options.platform)
    except (FolderError, xla.DeviceError) as error:
        return str(error)
    print(f"{device.device.device_kind}, JAX {jax.__version__}", flush=True)
    rows = []
    for exported in programs:
        row = measure(folder, exported, device, FLAGS[options.flags], options)
        print("\n".join(lines(row)), flush=True)
        rows.append(row)
    if options.json:
        figures = {
            "device": device.device.device_kind,
            "jax": jax.__version__,
            "flags": options.flags,
            "rows": [{**asdict(row), "check": row.check._asdict()} for row in rows],
        }
        options.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    return 0 if all(row.passed for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
