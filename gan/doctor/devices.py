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
    from gan.machine.gpus import GpuFacts, VisibleGpu
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
        wait: Called with what is going to take long.
        machine: The machine; this one by default.
    """
    box = Box() if machine is None else machine
    wait("asking the driver of the GPUs")
    facts = box.gpus(_go_on, ASK_SECONDS if with_probes else _SHORT_SECONDS)
    wheel = box.wheel()
    yield from gpu.rows(facts, wheel, box.trace(facts, wheel))
    trials = _Trials(box, facts, wheel) if gpu.needs_libraries(facts, wheel) else None
    if trials is not None and not trials.can_start:
        # The row of the driver says why.
        trials = None
    if trials is not None:
        if with_probes:
            wait("opening NVIDIA's libraries")
            trials.open()
            if (device := trials.device) is not None:
                wait(f"trying XLA on {device.name}")
                trials.make(device)
        yield from gpu.library_rows(trials.found, facts, trials.made)
    if with_probes and wheel.version:
        wait("importing TensorFlow, and trying XLA on the CPU")
        verdict = box.probe_cpu()
        if verdict.passed:
            yield gpu.import_row(verdict)
        yield gpu.probe_row("CPU", verdict)
    if trials is not None and trials.made is not None:
        yield gpu.probe_row("GPU", trials.made)
    if trials is not None:
        yield gpu.device_row(trials.choice(), trials.found, trials.made)
    elif (facts.gpus or facts.is_unsafe) and wheel.version:
        chosen = choose("auto", facts, wheel, verdicts={})
        yield gpu.device_row(chosen, None, None)


class _Trials:
    """The libraries, and what trials of GPUs have shown, in this process and in earlier ones.

    Kept where runs keep theirs, so that a run takes what is said here.
    """

    def __init__(self, box: Box, facts: GpuFacts, wheel: WheelFacts) -> None:
        self.found = box.libraries(wheel)
        self.made: Verdict | None = None
        """The verdict of this process."""

        self._box = box
        self._facts = facts
        self._wheel = wheel
        self._cache = box.cache()
        # The place of a library is its place, opened or not.
        fingerprint = self.found.fingerprint
        self._keys = {
            device.uuid: cache_key(facts, device, wheel, fingerprint) for device in facts.usable
        }
        kept = {uuid: self._cache.read(key) for uuid, key in self._keys.items()}
        self._verdicts = {uuid: verdict for uuid, verdict in kept.items() if verdict is not None}

    @property
    def can_start(self) -> bool:
        """Whether the driver tells of a GPU, or CUDA may start one all the same."""
        return bool(self._facts.gpus) or self.found.has_driver

    @property
    def device(self) -> VisibleGpu | None:
        """The GPU to try: that which a run takes or tries, else the first that is known."""
        return self.choice().gpu or next(iter(self._facts.usable), None)

    def open(self) -> None:
        """Try to open the libraries."""
        self.found = self._box.opened(self.found)

    def make(self, device: VisibleGpu) -> None:
        """Try XLA on a GPU."""
        self.made = self._box.probe(device, _go_on)
        is_listed = device.uuid in self._keys
        if is_listed:
            self._cache.write(self._keys[device.uuid], self.made)
        # A run tries a GPU that NVML does not list itself. Of a listed one it learns only the
        # verdicts that last.
        if self.made.is_lasting or not is_listed:
            self._verdicts[device.uuid] = self.made

    def choice(self) -> DeviceChoice | ProbeNeeded:
        """What `--device auto` takes."""
        doubts = doubt(self.found, [device.gpu.capability for device in self._facts.usable])
        return choose(
            "auto",
            self._facts,
            self._wheel,
            verdicts=self._verdicts,
            doubt=doubts,
            has_driver=self.found.has_driver,
        )


def _go_on() -> None:
    """Wait for a probe: ctrl+c ends doctor by itself."""
