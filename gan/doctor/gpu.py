"""Judges the GPUs, what TensorFlow was built for, NVIDIA's libraries, and trials of TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gan.doctor.packages import needed_packages
from gan.doctor.row import fail, ok, warn
from gan.machine import libraries, refusals
from gan.machine.choice import HIDDEN, ProbeNeeded, helps_without_code
from gan.machine.gpus import VISIBLE
from gan.text.safe_text import shell_word
from gan.text.units import byte_size, duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gan.doctor.row import Row
    from gan.machine.choice import DeviceChoice
    from gan.machine.gpus import Gpu, GpuFacts
    from gan.machine.libraries import CudaLibraries
    from gan.machine.probe import Verdict
    from gan.machine.traces import Trace
    from gan.machine.wheel import WheelFacts

_LEAST_MEMORY: Final = 2_000_000_000
"""Bytes of a GPU: CUDA's context, the libraries, the images and a training of `mlp`."""

_ABSENT: Final = ("not found", "not loaded", "not installed")
"""Words of the driver's library where there is no GPU: it is missing, or an image has it for any
machine, or nothing is there to ask it with."""

_BINDING: Final = "nvidia-ml-py"
_SLOW_IMPORT: Final = 20.0
_DRIVER: Final = "Install NVIDIA's driver; in a container: docker run --gpus all."
_UNSEEN: Final = "sudo dmesg | grep -i nvrm"
_NONE_GIVEN: Final = "Ask for a GPU: docker run --gpus all; in Slurm --gres=gpu:1."
_FOUND_ELSEWHERE: Final = "not found by name, but XLA computes on the GPU"


def rows(facts: GpuFacts, wheel: WheelFacts, trace: Trace | None) -> Iterator[Row]:
    """What is known of GPUs and of TensorFlow before it is imported.

    Args:
        facts: What the driver says.
        wheel: What TensorFlow was built for.
        trace: A GPU of which the driver says nothing.
    """
    yield driver_row(facts, wheel) if trace is None else trace_row(trace)
    for gpu in facts.gpus:
        yield gpu_row(gpu, wheel, is_alone=len(facts.gpus) == 1)
    if facts.visible is not None and facts.gpus:
        yield visible_row(facts)
    if wheel.version:
        yield wheel_row(facts, wheel)


def library_rows(
    found: CudaLibraries, facts: GpuFacts, verdict: Verdict | None = None
) -> Iterator[Row]:
    """Whether TensorFlow finds what it needs for an NVIDIA GPU besides itself.

    Args:
        found: The libraries, opened or not.
        facts: What the driver says.
        verdict: What a trial of a GPU has shown; `None` if none was made.
    """
    works = verdict is not None and verdict.passed
    yield libraries_row(found, facts, works=works)
    yield compiler_row(found, works=works)
    if found.refusal:
        yield refusal_row(found)


def needs_libraries(facts: GpuFacts, wheel: WheelFacts) -> bool:
    """Whether there is a GPU, also one without NVML, and a TensorFlow that would use it."""
    is_untold = not facts.gpus and facts.on_bus > 0 and not facts.is_unsafe
    return wheel.has_cuda and (bool(facts.usable) or is_untold)


def driver_row(facts: GpuFacts, wheel: WheelFacts) -> Row:
    """Whether there is a GPU with a driver that is new enough."""
    if facts.error:
        return _silent_driver_row(facts)
    cuda = "" if facts.cuda is None else f", for CUDA up to {_dotted(facts.cuda)}"
    version = facts.driver or "of a version that it does not tell"
    if not facts.gpus:
        fix = _UNSEEN if facts.on_bus else _NONE_GIVEN
        return warn("gpu driver", f"{version}{cuda}, but it shows no GPU", fix)
    if facts.cuda is not None and wheel.cuda is not None and facts.cuda[0] < wheel.cuda[0]:
        needed = f"; TensorFlow needs CUDA {wheel.cuda[0]}"
        return fail("gpu driver", f"{version}{cuda}{needed}", "Install a newer driver.")
    if facts.silent:
        count = f"{len(facts.silent)} of {len(facts.silent) + len(facts.gpus)} GPUs"
        text = f"{version}{cuda}; {count} not answering: {facts.silent[0]}"
        return warn("gpu driver", text, refusals.advice(facts.silent[0]) or "nvidia-smi")
    return ok("gpu driver", f"{version}{cuda}")


def gpu_row(gpu: Gpu, wheel: WheelFacts, *, is_alone: bool = False) -> Row:
    """Whether TensorFlow has code for a GPU, and whether there is memory left on it.

    Args:
        gpu: The GPU.
        wheel: What TensorFlow was built for.
        is_alone: Whether there is no other to take.
    """
    name = f"gpu {gpu.index}"
    text = gpu.name
    if gpu.capability is not None:
        text += f", {_dotted(gpu.capability)}"
    if gpu.memory_free is not None and gpu.memory_total is not None:
        text += f", {byte_size(gpu.memory_free)} of {byte_size(gpu.memory_total)} free"
    if gpu.is_mig:
        text += f", MIG with {len(gpu.slices)} slice{'s' if len(gpu.slices) != 1 else ''}"
    if wheel.has_cuda and (helps := helps_without_code(gpu, wheel)):
        without = f"{text}; TensorFlow {wheel.version} has no code for it"
        return fail(name, without, f"{helps[:1].upper()}{helps[1:]}.")
    if gpu.is_mig and not gpu.slices:
        return warn(name, text, f"sudo nvidia-smi mig -i {gpu.index} -cgi 0 -C")
    free = gpu.memory_free
    if not gpu.is_mig and free is not None and free < _LEAST_MEMORY:
        fix = (
            "End what holds its memory: nvidia-smi lists it."
            if is_alone
            else f"{VISIBLE}=NUMBER gan-tui, with another GPU."
        )
        return warn(name, f"{text}{_holders(gpu)}", fix)
    return ok(name, text)


def visible_row(facts: GpuFacts) -> Row:
    """Which GPUs the environment leaves."""
    text = f"{VISIBLE}={facts.visible!s}: {len(facts.usable)} of {len(facts.gpus)}"
    if not facts.usable:
        hides = facts.visible.strip().lower() in HIDDEN if facts.visible is not None else False
        what = "hides all GPUs" if hides else "names no GPU of this machine"
        return warn("visible", f"{VISIBLE}='{facts.visible}' {what}", f"unset {VISIBLE}")
    return ok("visible", f"{text} GPU{'s' if len(facts.gpus) != 1 else ''}")


def wheel_row(facts: GpuFacts, wheel: WheelFacts) -> Row:
    """What TensorFlow was built for."""
    if not wheel.is_known:
        return ok("built for", "not known: TensorFlow's build does not say")
    if not wheel.has_cuda:
        text = "AMD's GPUs" if wheel.has_rocm else "the CPU alone"
        if facts.usable:
            return warn("built for", f"{text}, while a GPU idles", libraries.INSTALL)
        return ok("built for", text)
    cuda = "" if wheel.cuda is None else f"CUDA {_dotted(wheel.cuda)}"
    cudnn = "" if wheel.cudnn is None else f", cuDNN {wheel.cudnn}"
    targets = f", GPUs {', '.join(_brief(wheel.targets))}" if wheel.targets else ""
    return ok("built for", f"{cuda}{cudnn}{targets}")


def libraries_row(found: CudaLibraries, facts: GpuFacts, *, works: bool = False) -> Row:
    """Whether all are there that TensorFlow opens by name.

    Args:
        found: The libraries.
        facts: What the driver says.
        works: Whether XLA has computed on the GPU all the same.
    """
    if missing := libraries.words(found):
        if works:
            return ok("libraries", f"{len(found.missing)} {_FOUND_ELSEWHERE}")
        return fail("libraries", missing, libraries.remedy(found))
    doubt = libraries.doubt(found, [device.gpu.capability for device in facts.usable])
    if doubt is not None:
        if works:
            return ok("libraries", f"{doubt.what}, but XLA computes on the GPU")
        return warn("libraries", doubt.what, doubt.helps)
    return ok("libraries", f"all {len(found.libraries)} that TensorFlow opens are there")


def compiler_row(found: CudaLibraries, *, works: bool = False) -> Row:
    """Whether XLA finds what it compiles with; the arguments are those of `libraries_row`."""
    missing = [
        name for name, path in (("ptxas", found.ptxas), ("libdevice", found.libdevice)) if not path
    ]
    if missing and works:
        return ok("xla tools", f"{' and '.join(missing)} {_FOUND_ELSEWHERE}")
    if missing:
        return fail("xla tools", f"{' and '.join(missing)} missing", libraries.INSTALL)
    return ok("xla tools", "ptxas and libdevice are there")


def refusal_row(found: CudaLibraries) -> Row:
    """Why CUDA does not start."""
    text = f"does not start: {found.refusal}"
    return fail("cuda", text, refusals.advice(found.refusal) or "nvidia-smi")


def device_row(
    choice: DeviceChoice | ProbeNeeded, found: CudaLibraries | None, verdict: Verdict | None
) -> Row:
    """What a run takes without options.

    Args:
        choice: What is chosen before TensorFlow is imported.
        found: The libraries without which TensorFlow then sees no GPU; `None` if none is needed.
        verdict: What a trial of that GPU has just shown; `None` if none was made.
    """
    is_gpu = isinstance(choice, ProbeNeeded) or choice.device == "GPU"
    works = verdict is not None and verdict.passed
    if is_gpu and not works and found is not None and (found.missing or found.refusal):
        row = "libraries" if found.missing else "cuda"
        return warn("device", "a run takes the CPU", f"Mend what the row {row} names.")
    if isinstance(choice, ProbeNeeded):
        return ok("device", f"a run tries {choice.gpu.name} first, because {choice.why}")
    if choice.device == "GPU" and choice.gpu is not None:
        text = f"a run takes gpu:{choice.index}, {choice.gpu.name}"
        if verdict is not None and not verdict.passed:
            fix = "gan-tui --device cpu, until the trial passes."
            return warn("device", f"{text}, on which the trial has just failed", fix)
        return ok("device", text)
    if choice.device == "any":
        return ok("device", "a run leaves it to TensorFlow")
    why = choice.idle or " ".join(choice.notes)
    return warn("device", "a run takes the CPU", f"{why[:1].upper()}{why[1:]}")


def import_row(verdict: Verdict) -> Row:
    """How long TensorFlow takes to import."""
    text = f"TensorFlow in {duration(verdict.import_seconds)}"
    if verdict.import_seconds > _SLOW_IMPORT:
        return warn(
            "import",
            f"{text}: its files are on a slow disk",
            "Install the environment on a disk of this machine.",
        )
    return ok("import", text)


def probe_row(device: str, verdict: Verdict) -> Row:
    """Whether XLA computes on a device.

    Args:
        device: `CPU` or `GPU`.
        verdict: What the probe has shown.
    """
    name = f"xla on {device}"
    if verdict.passed:
        return ok(name, f"compiles and computes in {duration(verdict.seconds)}")
    if verdict.is_timeout:
        return fail(name, verdict.reason, "Try again when the machine is less busy.")
    if verdict.signal == "SIGKILL":
        return fail(name, verdict.reason, "End other programs: the memory was full.")
    fix = (
        f"pip install --force-reinstall {shell_word(_tensorflow())}"
        if device == "CPU"
        else refusals.advice(verdict.reason) or "gan-tui --device cpu"
    )
    return fail(name, verdict.reason, fix)


def trace_row(trace: Trace) -> Row:
    """A GPU that is there, and of which the driver tells nothing."""
    if trace.helps:
        return warn("gpu driver", f"{trace.gpu} is there, but {trace.what}", trace.helps)
    return ok("gpu driver", f"no NVIDIA GPU, and {trace.what}: training takes the CPU")


def _silent_driver_row(facts: GpuFacts) -> Row:
    """Whether a driver that gives no answer hides a GPU."""
    if facts.on_bus:
        there = f"{facts.on_bus} NVIDIA GPU{'s' if facts.on_bus > 1 else ''} in the machine"
        if _BINDING in facts.error:
            return warn(
                "gpu driver", f"{there}, not asked: no {_BINDING}", f"pip install {_BINDING}"
            )
        text = f"{there}, but none answers: {facts.error}"
        return fail("gpu driver", text, refusals.advice(facts.error) or _DRIVER)
    if any(words in facts.error.lower() for words in _ABSENT):
        return ok("gpu driver", "no NVIDIA GPU: training takes the CPU")
    text = f"does not answer: {facts.error}"
    return warn("gpu driver", text, refusals.advice(facts.error) or "nvidia-smi")


def _tensorflow() -> str:
    """TensorFlow with the versions that this program asks for, as `pip install` takes it."""
    ranges = [one.range for one in needed_packages() if one.name == "tensorflow"]
    return "".join(["tensorflow", *ranges[:1]])


def _holders(gpu: Gpu) -> str:
    """The process that holds most of a GPU's memory."""
    if not gpu.processes:
        return ""
    first = gpu.processes[0]
    held = "" if first.memory is None else f" holds {byte_size(first.memory)}"
    return f"; process {first.pid}{held}"


def _brief(targets: tuple[str, ...]) -> list[str]:
    """Targets as compute capabilities: `sm_80` is 8.0, `compute_90` is 9.0 and later."""
    shown = []
    for target in targets:
        kind, _, number = target.partition("_")
        capability = f"{number[:-1]}.{number[-1:]}" if number else target
        shown.append(f"{capability}+" if kind == "compute" else capability)
    return shown


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
