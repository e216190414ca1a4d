"""Which device a run takes, decided before TensorFlow is imported, and why in words.

Pure: what was asked for, what the driver tells, what TensorFlow was built for and what a probe has
shown go in; what to take comes out. Nothing that can end the process is taken untried.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from gan.errors import DeviceError
from gan.machine import refusals
from gan.machine.gpus import VISIBLE, GpuFacts, VisibleGpu, untold_gpus
from gan.machine.libraries import INSTALL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gan.machine.gpus import Gpu
    from gan.machine.libraries import Doubt
    from gan.machine.probe import Verdict
    from gan.machine.wheel import WheelFacts

_GIB: Final = 2**30

ENOUGH: Final = _GIB
"""Bytes of free memory that a GPU must have: CUDA, cuBLAS and XLA take half of that themselves."""

_MUCH: Final = 0.1
"""The share of a GPU's memory above which what others hold of it is worth saying."""

HIDDEN: Final = frozenset({"", "-1", "none", "void", "nodevfiles"})
"""Values of `CUDA_VISIBLE_DEVICES` by which people and schedulers hide all GPUs."""

NO_NEWER: Final = "no TensorFlow that this program runs with is known to be built for this one"
"""Of a GPU that TensorFlow was not built for. NVIDIA's container is no help: its TensorFlow stays
older than the one that this program needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceChoice:
    """What a run takes."""

    device: Literal["CPU", "GPU", "any"]
    """`any` leaves it to TensorFlow, where the driver tells nothing."""

    gpu: VisibleGpu | None = None
    """The GPU that is taken."""

    index: int = 0
    """Its number in TensorFlow, if nothing hides the others."""

    visible: str | None = None
    """What `CUDA_VISIBLE_DEVICES` must be before TensorFlow is imported; `None` leaves it."""

    idle: str = ""
    """Why the run takes the CPU though there is a GPU, and what helps: an alert."""

    notes: tuple[str, ...] = ()
    """What is worth knowing about the choice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeNeeded:
    """Nothing can be chosen before XLA was tried on a GPU, in a process of its own."""

    gpu: VisibleGpu
    why: str
    """Why it is not taken untried."""


def choose(
    requested: str,
    facts: GpuFacts,
    wheel: WheelFacts,
    *,
    verdicts: Mapping[str, Verdict],
    doubt: Doubt | None = None,
    memory: int | None = None,
    has_driver: bool = False,
) -> DeviceChoice | ProbeNeeded:
    """What to take. If a probe is needed, make it, and ask again with its verdict.

    Args:
        requested: As `RunConfig.device`.
        facts: What the driver tells.
        wheel: What TensorFlow was built for.
        verdicts: What probes of GPUs have shown, by UUID.
        doubt: Why the libraries may not be the right ones; `None` without doubt.
        memory: Bytes that the run may take, if that was limited.
        has_driver: Whether CUDA's driver can be opened, so that TensorFlow will start it.

    Raises:
        DeviceError: A GPU was asked for by name that can't be taken.
    """
    if requested == "cpu":
        # Hidden whatever is known of them: starting CUDA may hang where a GPU is lost.
        return DeviceChoice(device="CPU", visible="-1")
    if facts.is_unsafe and requested == "auto":
        why = f"{unseen(facts, '', '', '')} --device gpu tries it all the same."
        return DeviceChoice(device="CPU", visible="-1", idle=idle_words(facts, why))
    if not facts.gpus:
        is_there = facts.on_bus > 0 or facts.is_unsafe
        may_start = is_there and has_driver and (wheel.has_cuda or not wheel.is_known)
        return _untold(requested, facts, verdicts if may_start else None)
    if not facts.usable:
        return _nothing_usable(requested, facts)
    judge = _Judge(facts, wheel, verdicts, doubt, memory)
    if requested == "auto":
        return _first_good(judge)
    return _named(requested, judge)


def unseen(facts: GpuFacts, missing: str, remedy: str, refusal: str) -> str:
    """Why TensorFlow sees no GPU though the machine has one, and what helps, in two sentences.

    Args:
        facts: What the driver tells.
        missing: Which libraries are missing; empty if none is.
        remedy: What brings them.
        refusal: The error with which CUDA's driver refuses to start; empty if it starts.
    """
    if facts.error:
        helps = refusals.advice(facts.error, in_slurm=facts.in_slurm)
        return f"NVIDIA's driver does not answer ({facts.error}). {helps}".strip()
    if missing:
        return f"TensorFlow can't use it, because {missing}. {remedy}"
    if refusal:
        helps = refusals.advice(refusal, in_slurm=facts.in_slurm)
        return f"CUDA does not start ({refusal}). {helps}".strip()
    return "TensorFlow sees no GPU and gives no reason. gan-tui doctor tries each part."


def idle_words(facts: GpuFacts, why: str, unasked: str = "") -> str:
    """The alert that a run takes the CPU while a GPU of this machine does nothing for it.

    Args:
        facts: What the driver tells.
        why: Why, and what helps, in sentences.
        unasked: What the GPU is, if the driver tells of none.
    """
    names = sorted({gpu.name for gpu in facts.gpus})
    which = " and ".join(names) or unasked or "an NVIDIA GPU"
    return f"training on the CPU while {which} idles: {why}".strip()


def helps_without_code(gpu: Gpu, wheel: WheelFacts) -> str:
    """What helps if TensorFlow was not built for a GPU; empty if it was, or that is not known."""
    judge = _Judge(GpuFacts(), wheel, {}, None, None)
    against = judge.without_code(VisibleGpu(gpu=gpu))
    return "" if against is None else against.helps


@dataclass(frozen=True, slots=True, kw_only=True)
class _Against:
    """What speaks against a GPU."""

    what: str
    consequence: str = ""
    """What would come of taking it all the same."""

    helps: str
    insist: str = ""
    """What insisting on the GPU would do; empty if it would do nothing."""

    def text(self, *, insisted: bool) -> str:
        """All of it, in sentences."""
        more = f"; {self.insist}" if self.insist and not insisted else ""
        return f"{self.what}{self.consequence}. What helps: {self.helps}{more}."


class _Judge:
    """Finds what is against each GPU."""

    def __init__(
        self,
        facts: GpuFacts,
        wheel: WheelFacts,
        verdicts: Mapping[str, Verdict],
        doubt: Doubt | None,
        memory: int | None,
    ) -> None:
        self.facts = facts
        self._wheel = wheel
        self._verdicts = verdicts
        self._doubt = doubt
        self._memory = memory

    def against(self, device: VisibleGpu, *, insisted: bool) -> _Against | ProbeNeeded | None:
        """Why a GPU can't be taken; `None` if it can.

        Args:
            device: The GPU.
            insisted: Whether it was asked for by name: then it is tried before it is refused.
        """
        if against := self._no_build() or self._old_driver() or _closed(device.gpu):
            return against
        without = self.without_code(device)
        doubts, verdict = without or self._doubts(device), self._verdicts.get(device.uuid)
        if verdict is None and doubts is not None:
            may_try = insisted or without is None
            return ProbeNeeded(gpu=device, why=doubts.what) if may_try else without
        if verdict is not None and not verdict.passed:
            return _failed(device, verdict, doubts)
        return self._no_room(device, insisted=insisted)

    def _doubts(self, device: VisibleGpu) -> _Against | None:
        """Why a GPU that TensorFlow may be built for is not taken untried; `None` if it may be."""
        capability, wheel, newest = device.gpu.capability, self._wheel, self.facts.cuda
        if self._doubt is not None:
            return _Against(what=self._doubt.what, helps=self._doubt.helps)
        if not wheel.is_known:
            return None
        if capability is None:
            return _Against(
                what=f"the driver does not report the compute capability of {device.name}",
                helps="gan-tui doctor, which tries each part",
            )
        is_older = newest is not None and wheel.cuda is not None and newest < wheel.cuda
        if newest is not None and is_older and not wheel.has_machine_code_for(capability):
            return _Against(
                what=f"the driver's CUDA {_dotted(newest)} must compile TensorFlow's code for "
                f"{device.name}, which is of a newer CUDA",
                helps="a newer driver",
            )
        return None

    def without_code(self, device: VisibleGpu) -> _Against | None:
        """That TensorFlow was not built for a GPU; `None` if it was, or that is not known."""
        capability, wheel = device.gpu.capability, self._wheel
        if not wheel.is_known or capability is None or wheel.has_code_for(capability):
            return None
        if wheel.newest and capability > _capability(wheel.newest):
            return _Against(
                what=f"TensorFlow {wheel.version} was built for compute capabilities up to "
                f"{wheel.newest}, and {device.name} has {_dotted(capability)}",
                consequence=", on which XLA would end the process",
                helps=f"another GPU ({NO_NEWER})",
                insist="--device gpu tries it as it is, in a process of its own first",
            )
        return _Against(
            what=f"TensorFlow {wheel.version} has no code for compute capability "
            f"{_dotted(capability)}, which {device.name} has",
            helps="another GPU",
        )

    def _no_build(self) -> _Against | None:
        wheel = self._wheel
        if not wheel.is_known or wheel.has_cuda:
            return None
        return _Against(
            what=f"TensorFlow {wheel.version} was built without CUDA",
            helps=f"{INSTALL} in a new environment on x86; on Arm there is no TensorFlow with "
            "CUDA on PyPI",
        )

    def _old_driver(self) -> _Against | None:
        newest, built = self.facts.cuda, self._wheel.cuda
        if newest is None or built is None or newest[0] >= built[0]:
            return None
        return _Against(
            what=f"NVIDIA's driver {self.facts.driver} supports CUDA up to {_dotted(newest)}, and "
            f"TensorFlow {self._wheel.version} needs CUDA {built[0]}",
            helps="a newer driver",
        )

    def _no_room(self, device: VisibleGpu, *, insisted: bool) -> _Against | None:
        free, total, limit = device.memory_free, device.memory_total, self._memory
        if free is None or total is None:
            return None
        room = f"{device.name} has {_gib(free)} free of {_gib(total)}{_holders(device.gpu)}"
        if limit is not None and free < limit:
            return _Against(
                what=f"--gpu-memory is {_gib(limit)}, and {room}", helps="a lower --gpu-memory"
            )
        if insisted or has_room(free, total):
            return None
        return _Against(
            what=room,
            helps="end what holds its memory",
            insist="--device gpu takes it all the same",
        )


def _failed(device: VisibleGpu, verdict: Verdict, doubts: _Against | None) -> _Against:
    """What a probe has shown, which `gan-tui doctor` makes without a doubt."""
    return _Against(
        what=f"a trial of {device.name} in a process of its own failed: {verdict.reason}",
        helps=doubts.helps if doubts is not None else "gan-tui doctor, which tries it again",
    )


def has_room(free: int, total: int) -> bool:
    """Whether a GPU with so many bytes free has memory for a run."""
    return free >= min(ENOUGH, total // 2)


def _closed(gpu: Gpu) -> _Against | None:
    """That a GPU's compute mode keeps this process out; `None` if it does not."""
    holders = [process.pid for process in gpu.processes if process.computes]
    if gpu.mode == "prohibited":
        what = f"the compute mode of {gpu.name} lets no process compute"
    elif gpu.mode == "exclusive" and holders:
        what = f"the compute mode of {gpu.name} gives it to process {holders[0]} alone"
    else:
        return None
    return _Against(what=what, helps=f"sudo nvidia-smi -i {gpu.index} -c DEFAULT")


def _untold(
    requested: str, facts: GpuFacts, verdicts: Mapping[str, Verdict] | None
) -> DeviceChoice | ProbeNeeded:
    """What to take where the driver tells of no GPU, though CUDA may show one.

    Args:
        requested: As `RunConfig.device`.
        facts: What the driver tells.
        verdicts: What probes have shown; `None` if CUDA can't start here.

    Raises:
        DeviceError: A GPU was asked for, and a probe of it has failed.
    """
    index = _number(requested)
    there = () if verdicts is None or is_hidden(facts) else untold_gpus(facts)
    if verdicts is None or index >= len(there):
        # The driver may be another maker's, or there is none.
        return DeviceChoice(device="any", index=index)
    silence = f"({facts.error})" if facts.error else "which shows no GPU"
    verdict = verdicts.get(there[index].uuid)
    if verdict is None:
        why = f"nothing is known of it from NVIDIA's driver {silence}"
        return ProbeNeeded(gpu=there[index], why=why)
    if verdict.passed:
        note = (
            f"nothing is known of {there[index].name} from NVIDIA's driver {silence}; a trial of "
            "it has passed."
        )
        return DeviceChoice(
            device="GPU", gpu=there[index], index=index, visible=there[index].uuid, notes=(note,)
        )
    why = f"A trial of it in a process of its own failed: {verdict.reason}."
    if facts.error:
        why = f"{unseen(facts, '', '', '')} {why}"
    if requested == "auto":
        return DeviceChoice(device="CPU", visible="-1", idle=idle_words(facts, why))
    raise DeviceError(f"--device {requested}: {why} Or use --device cpu.")


def _first_good(judge: _Judge) -> DeviceChoice | ProbeNeeded:
    """The GPU that others use least of those that nothing speaks against, else the CPU."""
    reasons: dict[int, str] = {}
    # Of equals the first.
    for index, device in sorted(enumerate(judge.facts.usable), key=lambda one: _share(one[1])):
        against = judge.against(device, insisted=False)
        if isinstance(against, ProbeNeeded):
            return against
        if against is None:
            passed_over = [f"gpu:{n} is not used: {reason}" for n, reason in reasons.items()]
            if index > 0 and 0 not in reasons:
                passed_over.append("gpu:0 is not used: others hold more of it.")
            return _taken(judge, index, device, passed_over)
        reasons[index] = against.text(insisted=False)
    why = " ".join(dict.fromkeys(reasons.values()))
    return DeviceChoice(device="CPU", visible="-1", idle=idle_words(judge.facts, why))


def _share(device: VisibleGpu) -> float:
    """How much of a GPU's memory others hold, from 0 to 1; 0 if it is not worth saying."""
    free, total = device.memory_free, device.memory_total
    held = 0.0 if free is None or not total else 1 - free / total
    return held if held > _MUCH else 0.0


def _named(requested: str, judge: _Judge) -> DeviceChoice | ProbeNeeded:
    """The GPU that was asked for.

    Raises:
        DeviceError: There is none of this number, or something speaks against it.
    """
    index, usable = _number(requested), judge.facts.usable
    if index >= len(usable):
        names = ", ".join(f"gpu:{n} {device.name}" for n, device in enumerate(usable))
        silent = "".join(f" {text}" for text in _silent(judge.facts))
        raise DeviceError(
            f"--device {requested}: this machine shows {names}{_by_variable(judge.facts)}.{silent} "
            "Name one of them, or use --device auto."
        )
    against = judge.against(usable[index], insisted=True)
    if isinstance(against, ProbeNeeded):
        return against
    if against is not None:
        text = against.text(insisted=True)
        raise DeviceError(f"--device {requested}: {text} Or use --device cpu.")
    return _taken(judge, index, usable[index], [])


def _taken(
    judge: _Judge, index: int, device: VisibleGpu, passed_over: Sequence[str]
) -> DeviceChoice:
    notes = [*passed_over, *_told(judge.facts, device)]
    if without := judge.without_code(device):
        notes.append(f"{without.what}; a trial of it has passed.")
    # By its UUID alone, so that no other GPU is even started; one without is chosen by its number.
    return DeviceChoice(
        device="GPU", gpu=device, index=index, visible=device.uuid or None, notes=tuple(notes)
    )


def _silent(facts: GpuFacts) -> list[str]:
    """Which GPUs are lost while others answer, and what helps, in sentences."""
    answering = {gpu.index for gpu in facts.gpus}
    others = [n for n in range(len(facts.gpus) + len(facts.silent)) if n not in answering]
    return [
        f"GPU {number} of nvidia-smi does not answer ({error}). {refusals.advice(error)}".strip()
        for number, error in zip(others, facts.silent, strict=False)
    ]


def _told(facts: GpuFacts, device: VisibleGpu) -> list[str]:
    """What is worth knowing about a GPU before its memory is taken."""
    notes = _silent(facts)
    if facts.visible is not None:
        notes.append(
            f"{VISIBLE}={facts.visible} shows this run {len(facts.usable)} of {len(facts.gpus)} "
            f"{'GPU' if len(facts.gpus) == 1 else 'GPUs'}."
        )
    if device.slice is not None:
        memory = f" with {_gib(device.memory_total)}" if device.memory_total else ""
        slice_ = f"the slice {device.name}{memory}"
        notes.append(f"{device.gpu.name} is divided with MIG; this run takes {slice_}.")
    free, total = device.memory_free, device.memory_total
    if free is not None and total and total - free > _MUCH * total:
        held = f"{_gib(total - free)} of the {_gib(total)} of {device.name}"
        notes.append(f"other programs hold {held}{_holders(device.gpu)}.")
    return notes


def _nothing_usable(requested: str, facts: GpuFacts) -> DeviceChoice:
    """What comes of GPUs of which CUDA shows none.

    Raises:
        DeviceError: One was asked for.
    """
    names = " and ".join(sorted({gpu.name for gpu in facts.gpus}))
    if facts.visible is None:
        # Without the variable, only a divided GPU without a slice is not shown.
        why = (
            f"{names} is divided with MIG and has no slice. What helps: sudo nvidia-smi mig -cgi "
            "0 -C, or sudo nvidia-smi -mig 0."
        )
    elif is_hidden(facts):
        helps = refusals.NOT_GIVEN if facts.in_slurm else "Unset it to train there."
        why = f'{VISIBLE}="{facts.visible}" hides {names}. {helps}'
        if requested == "auto":
            return DeviceChoice(device="CPU", notes=(why,))
    else:
        answering = ", ".join(f"{gpu.index} ({gpu.name}, {gpu.uuid})" for gpu in facts.gpus)
        why = (
            f"{VISIBLE}={facts.visible} names no GPU of this machine, which has {answering}. "
            f"{' '.join([*_silent(facts), 'Correct or unset it.'])}"
        )
    if requested == "auto":
        return DeviceChoice(device="CPU", idle=idle_words(facts, why))
    raise DeviceError(f"--device {requested}: {why} Or use --device cpu.")


def is_hidden(facts: GpuFacts) -> bool:
    """Whether somebody has hidden all GPUs by `CUDA_VISIBLE_DEVICES`."""
    return facts.visible is not None and facts.visible.strip().lower() in HIDDEN


def _number(requested: str) -> int:
    """N of `gpu:N`, else 0."""
    return int(requested.partition(":")[2] or 0)


def _by_variable(facts: GpuFacts) -> str:
    return "" if facts.visible is None else f" with {VISIBLE}={facts.visible}"


def _holders(gpu: Gpu) -> str:
    """Who holds memory of a GPU, the first three, in brackets."""
    known = [f"process {p.pid}: {_gib(p.memory)}" for p in gpu.processes if p.memory]
    return f" ({', '.join(known[:3])})" if known else ""


def _gib(size: int) -> str:
    return f"{size / _GIB:.1f} GiB"


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


def _capability(text: str) -> tuple[int, int]:
    major, _, minor = text.partition(".")
    return int(major), int(minor)
