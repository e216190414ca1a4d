"""The device of a run: picked before TensorFlow is imported, taken by it, and explained.

`pick_device` finds what can be used, and `take_device` has TensorFlow use that and hides from it
the GPUs that would end the process. If TensorFlow then sees no GPU where there is one, it is found
out which library is missing.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gan.errors import DeviceError
from gan.machine.apart import ASK_SECONDS, gpu_facts_apart
from gan.machine.choice import DeviceChoice, ProbeNeeded, choose, idle_words, is_hidden, unseen
from gan.machine.gpus import VISIBLE, GpuFacts, facts_unasked
from gan.machine.libraries import (
    CudaLibraries,
    doubt,
    find_libraries,
    open_libraries,
    remedy,
    this_machine,
    words,
)
from gan.machine.probe import Verdict, VerdictCache, cache_key, probe
from gan.machine.traces import Trace, trace
from gan.machine.wheel import WheelFacts, wheel_facts
from gan.options import size_in_bytes
from gan.session.foreign_settings import child_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gan.config import RunConfig
    from gan.machine.gpus import VisibleGpu

_ORDER: Final = "CUDA_DEVICE_ORDER"
_AS_THE_DRIVER: Final = "PCI_BUS_ID"
"""Numbers GPUs as the driver and `nvidia-smi` do. By default CUDA begins with the fastest:
https://github.com/tensorflow/tensorflow/issues/32881."""


class Machine:
    """This machine's GPUs and libraries. Tests have others."""

    def gpus(self, on_wait: Callable[[], None], seconds: float = ASK_SECONDS) -> GpuFacts:
        """What the driver tells a process of its own."""
        return gpu_facts_apart(seconds=seconds, on_wait=on_wait)

    def wheel(self) -> WheelFacts:
        """What the installed TensorFlow was built for."""
        return wheel_facts()

    def trace(self, facts: GpuFacts, wheel: WheelFacts) -> Trace | None:
        """A GPU of which NVIDIA's driver tells nothing."""
        return trace(facts, wheel)

    def libraries(self, wheel: WheelFacts) -> CudaLibraries:
        """Where NVIDIA's libraries are; none is opened."""
        cuda = wheel.cuda[0] if wheel.cuda else 12
        return find_libraries(this_machine(), cuda=cuda, cudnn=wheel.cudnn or 9)

    def opened(self, libraries: CudaLibraries) -> CudaLibraries:
        """Which of them can be opened, tried in a process of its own."""
        return open_libraries(libraries, os.environ)

    def probe(self, gpu: VisibleGpu, on_wait: Callable[[], None]) -> Verdict:
        """Whether XLA computes on a GPU, tried in a process of its own."""
        environ = {_ORDER: _AS_THE_DRIVER, **child_environment(os.environ)}
        return probe("GPU", environ, uuid=gpu.uuid, on_wait=on_wait)

    def cache(self) -> VerdictCache:
        """Where verdicts are kept."""
        return VerdictCache()


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Whom to tell what while a device is picked."""

    note: Callable[[str], None]
    trying: Callable[[str], None]
    """Called with words before a probe, which takes some seconds."""

    on_wait: Callable[[], None]
    """Called while a probe runs; it may raise to give up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """What a run takes, and what was found of the machine."""

    choice: DeviceChoice
    facts: GpuFacts
    wheel: WheelFacts
    machine: Machine = field(repr=False)
    note: Callable[[str], None] = field(repr=False)
    """As in `Telling`."""


def pick_device(
    requested: str,
    memory: str | None,
    telling: Telling,
    machine: Machine | None = None,
    facts: GpuFacts | None = None,
) -> Picked:
    """Decide what a run takes. TensorFlow need not be imported yet.

    Args:
        requested: As `RunConfig.device`.
        memory: As `RunConfig.gpu_memory`.
        telling: Whom to tell.
        machine: The machine; this one by default.
        facts: What its driver tells, if that is known already.

    Raises:
        DeviceError: A GPU was asked for that can't be taken.
    """
    box = Machine() if machine is None else machine
    wheel = box.wheel()
    if facts is None:
        # For the CPU the driver is not asked: it may take its time, or hang.
        facts = facts_unasked() if requested == "cpu" else box.gpus(telling.on_wait)
    choice = chosen_of(requested, memory, telling, box, facts, wheel)
    for text in choice.notes:
        telling.note(text)
    return Picked(choice=choice, facts=facts, wheel=wheel, machine=box, note=telling.note)


def chosen_of(
    requested: str,
    memory: str | None,
    telling: Telling,
    box: Machine,
    facts: GpuFacts,
    wheel: WheelFacts,
) -> DeviceChoice:
    """What a run takes; whatever must be tried first is tried here.

    Args:
        requested: As `RunConfig.device`, one device.
        memory: As `RunConfig.gpu_memory`.
        telling: Whom to tell.
        box: The machine.
        facts: What the driver tells.
        wheel: What the installed TensorFlow was built for.

    Raises:
        DeviceError: A GPU was asked for that can't be taken.
    """
    if requested == "cpu" or not (facts.usable or facts.on_bus or facts.is_unsafe):
        # Nothing to look for: no library is needed.
        chosen = choose(requested, facts, wheel, verdicts={})
        assert isinstance(chosen, DeviceChoice)  # noqa: S101 - a probe needs a GPU
        return chosen
    libraries, cache = box.libraries(wheel), box.cache()
    keys = {gpu.uuid: cache_key(facts, gpu, wheel, libraries.fingerprint) for gpu in facts.usable}
    kept = {uuid: cache.read(key) for uuid, key in keys.items()}
    verdicts = {uuid: verdict for uuid, verdict in kept.items() if verdict is not None}
    while True:
        chosen = choose(
            requested,
            facts,
            wheel,
            verdicts=verdicts,
            doubt=doubt(libraries, [device.gpu.capability for device in facts.usable]),
            memory=None if memory is None else size_in_bytes(memory),
            has_driver=libraries.has_driver,
        )
        if isinstance(chosen, DeviceChoice):
            return chosen
        verdicts[chosen.gpu.uuid] = _tried(chosen, telling, box, cache, keys)


def _tried(
    needed: ProbeNeeded,
    telling: Telling,
    box: Machine,
    cache: VerdictCache,
    keys: dict[str, str],
) -> Verdict:
    """The verdict of a probe that is made now."""
    telling.trying(f"{needed.gpu.name} in a process of its own, because {needed.why}")
    verdict = box.probe(needed.gpu, telling.on_wait)
    # Of a GPU that the driver doesn't tell of nothing is known that a verdict could hold for.
    if needed.gpu.uuid in keys:
        cache.write(keys[needed.gpu.uuid], verdict)
    return verdict


def take_device(config: RunConfig, picked: Picked) -> tuple[str, str]:
    """Have TensorFlow use what was picked. It is imported here at the latest.

    Returns:
        The device's name, and why a GPU idles; empty if none does.

    Raises:
        DeviceError: A GPU was asked for that TensorFlow doesn't see.
    """
    from gan.training.device import choose_device, gpus_seen

    choice, requested = picked.choice, config.device
    with shown(choice):
        seen = gpus_seen()
    tf32 = config.precision == "tf32"
    memory = None if config.gpu_memory is None else size_in_bytes(config.gpu_memory)
    if choice.device == "CPU":
        return choose_device("cpu", tf32=tf32), choice.idle
    if seen:
        # Once one alone is shown, its number is 0.
        wanted = requested if choice.device == "any" else f"gpu:{choice.index if seen > 1 else 0}"
        return choose_device(wanted, tf32=tf32, memory=memory), ""
    found = picked.machine.trace(picked.facts, picked.wheel)
    why = found.words if found is not None else _why_unseen(picked)
    if requested != "auto" and (text := why or _hidden(picked.facts)):
        raise DeviceError(f"--device {requested}: {text} Or use --device cpu.")
    device = choose_device(requested, tf32=tf32)
    if found is not None and not found.helps:
        picked.note(found.words)
        return device, ""
    return device, idle_words(picked.facts, why, found.gpu if found else "") if why else ""


def _hidden(facts: GpuFacts) -> str:
    """That a variable hides GPUs, where the driver tells of none; empty if it hides none."""
    if not is_hidden(facts):
        return ""
    return f'{VISIBLE}="{facts.visible}" hides every GPU, and no driver of NVIDIA\'s answers.'


@contextmanager
def shown(choice: DeviceChoice) -> Iterator[None]:
    """Show TensorFlow what was picked alone, while CUDA starts in this block.

    CUDA reads the variable once. It is restored for child processes, unless the GPUs stay hidden:
    CUDA that has found none may look again.
    """
    # The number of a GPU then means the same to the driver, to CUDA and to the user.
    os.environ.setdefault(_ORDER, _AS_THE_DRIVER)
    before = os.environ.get(VISIBLE)
    if choice.visible is not None:
        os.environ[VISIBLE] = choice.visible
    try:
        yield
    finally:
        if choice.device == "GPU" and choice.visible is not None:
            if before is None:
                del os.environ[VISIBLE]
            else:
                os.environ[VISIBLE] = before


def _why_unseen(picked: Picked) -> str:
    """Why TensorFlow sees no GPU; empty if the machine has none."""
    facts = picked.facts
    if not (facts.gpus or facts.on_bus or facts.is_unsafe):
        return ""
    if facts.error:
        return unseen(facts, "", "", "")
    libraries = picked.machine.opened(picked.machine.libraries(picked.wheel))
    return unseen(facts, words(libraries), remedy(libraries), libraries.refusal)
