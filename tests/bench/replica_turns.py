"""Contestants of `tests.bench.replicas speed`, which make steps when it is their turn.

TensorFlow fixes its devices when it starts, and a worker is a process of its own. So each
contestant has one process or several, `python -m tests.bench.replica_turns CASE WIDTH`, which idle
while it is another one's turn.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final
from unittest.mock import patch

from tests.gan.replicated import Case, program_of
from tests.gan.strategy.meeting import free_addresses

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gan.training.execution import Executes

ROOT: Final = Path(__file__).parents[2]
BATCHES: Final = 8
"""Batches of images that a contestant has: its longest execution."""

READY: Final = "ready"


class Contestant:
    """One way to make a step, in processes that wait for their turn."""

    def __init__(self, case: Case, width: int, workers: int = 1) -> None:
        """Start to compile.

        Args:
            case: What each process trains, of several workers without their addresses.
            width: The factor of the networks' width.
            workers: How many processes share each step.
        """
        addresses = free_addresses(workers) if workers > 1 else ()
        cases = [replace(case, workers=addresses, worker=number) for number in range(workers)]
        self._processes = [_started(one, width) for one in cases]

    def wait_until_ready(self) -> None:
        """Wait until all its processes have compiled."""
        for process in self._processes:
            _answer(process, READY)

    def seconds(self, steps: int) -> float:
        """How long some steps take."""
        return self._longest(f"together {steps}")

    def seconds_alone(self, steps: int) -> float:
        """How long they take if nothing is exchanged."""
        return self._longest(f"alone {steps}")

    def end(self) -> None:
        """End its processes."""
        for process in self._processes:
            process.kill()
            process.wait()

    def _longest(self, order: str) -> float:
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write(f"{order}\n")
            process.stdin.flush()
        return max(float(_answer(process, "seconds")) for process in self._processes)


def _started(case: Case, width: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.bench.replica_turns", json.dumps(asdict(case)), str(width)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def _answer(process: subprocess.Popen[str], kind: str) -> str:
    assert process.stdout is not None
    word, _, value = process.stdout.readline().strip().partition(" ")
    if word != kind:
        raise RuntimeError(
            f"a contestant said {word!r}, expected {kind!r}; its exit code is {process.poll()}."
        )
    return value


def _seconds(execution: Executes, steps: int) -> float:
    begun, made = time.perf_counter(), 0
    while made < steps:
        part = min(steps - made, execution.max_steps_after(0))
        execution(0, part)
        made += part
    return time.perf_counter() - begun


def _seconds_alone(execution: Executes, steps: int) -> float:
    found, made = 0.0, 0
    while made < steps:
        part = min(steps - made, execution.max_steps_after(0))
        found += execution.seconds_alone(0, part) or 0.0
        made += part
    return found


ORDERS: Final[dict[str, Callable[[Executes, int], float]]] = {
    "together": _seconds,
    "alone": _seconds_alone,
}


def main(words: Sequence[str]) -> None:
    """Be one process of a contestant: compile, then make steps as standard input says."""
    import tensorflow as tf

    from gan.data.synthetic import draw_digits
    from gan.models import mlp

    record, width = json.loads(words[0]), int(words[1])
    case = Case(**{**record, "workers": tuple(record["workers"])})
    (cpu,) = tf.config.list_physical_devices("CPU")
    virtual = [tf.config.LogicalDeviceConfiguration()] * case.devices
    tf.config.set_logical_device_configuration(cpu, virtual)
    images, _ = draw_digits(BATCHES * case.options["batch_size"], 0, lambda *_: None)
    with patch.object(mlp, "build", partial(mlp.build, width=width)):
        _, execution = program_of(case, images)
    print(READY, flush=True)
    for line in sys.stdin:
        order, _, steps = line.partition(" ")
        print("seconds", ORDERS[order](execution, int(steps)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
