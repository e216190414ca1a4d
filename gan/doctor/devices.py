"""Checks what a run would train on: what is known first, then trials in processes of their own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from gan.doctor import gpu
from gan.machine.apart import ASK_SECONDS
from gan.machine.choice import DeviceChoice, ProbeNeeded, choose
from gan.machine.libraries import doubt
from gan.machine.probe import Verdict, cache_key, probe
from gan.session.devices import Machine
from gan.session.foreign_settings import child_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gan.doctor.row import Row
    from gan.machine.gpus import GpuFacts
    from gan.machine.libraries import CudaLibraries
    from gan.machine.wheel import WheelFacts


_SHORT_SECONDS: Final = 5.0
"""How long the driver may take where all checks together may take ten."""


class Box(Machine):
    """This machine. Tests have others."""

    def probe_cpu(self) -> Verdict:
        """Whether XLA computes on the CPU, tried in a process of its own."""
        return probe("CPU", child_environment(os.environ))


def rows(
    *, with_probes: bool, wait: Callable[[str], None], machine: Box | None = None
) -> Iterator[Row]:
    """The rows, each as soon as it is known.

    Args:
        with_probes: Whether to start processes that open libraries or import TensorFlow.
        wait: Told what is going to take long.
        machine: The machine; this one by default.
    """
    box = Box() if machine is None else machine
    wait("asking the driver of the GPUs")
    facts = box.gpus(_go_on, ASK_SECONDS if with_probes else _SHORT_SECONDS)
    wheel = box.wheel()
    found = box.libraries(wheel) if gpu.needs_libraries(facts, wheel) else None
    if found is not None and with_probes:
        wait("opening NVIDIA's libraries")
        found = box.opened(found)
    yield from gpu.rows(facts, wheel, found)
    verdicts: dict[str, Verdict] = {}
    if with_probes and wheel.version:
        wait("importing TensorFlow, and trying XLA on the CPU")
        verdict = box.probe_cpu()
        if verdict.passed:
            yield gpu.import_row(verdict)
        yield gpu.probe_row("CPU", verdict)
        if found is not None:
            tried = _chosen(facts, wheel, found, {}).gpu or facts.usable[0]
            wait(f"trying XLA on {tried.name}")
            verdicts[tried.uuid] = box.probe(tried, _go_on)
            # A run must not end as the trial did.
            key = cache_key(facts, tried, wheel, found.fingerprint)
            box.cache().write(key, verdicts[tried.uuid])
            yield gpu.probe_row("GPU", verdicts[tried.uuid])
    if (facts.gpus or facts.is_unsafe) and wheel.version:
        yield gpu.device_row(_chosen(facts, wheel, found, verdicts), found)


def _chosen(
    facts: GpuFacts,
    wheel: WheelFacts,
    found: CudaLibraries | None,
    verdicts: dict[str, Verdict],
) -> DeviceChoice | ProbeNeeded:
    """What `--device auto` takes."""
    doubts = "" if found is None else doubt(found)
    return choose("auto", facts, wheel, verdicts=verdicts, doubt=doubts)


def _go_on() -> None:
    """Wait for a probe: ctrl+c ends doctor by itself."""
