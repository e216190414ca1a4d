"""The devices of a run's process: one as `gan.session.devices` picks it, or several.

Each of several is judged as one alone would be, so nothing that can end the process is taken
untried.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from gan.errors import DeviceError
from gan.options import size_in_bytes
from gan.session.devices import Machine, chosen_of, pick_device, shown, take_device
from gan.strategy.device_list import device_numbers, is_list, require_even_split

if TYPE_CHECKING:
    from gan.config import RunConfig
    from gan.machine.choice import DeviceChoice
    from gan.machine.gpus import GpuFacts, VisibleGpu
    from gan.session.devices import Telling

_HELD: Final = 0.1
"""The share of a GPU's memory above which others use it: `auto` leaves it to them."""


_NO_GPU: Final = "-1"
"""As `CUDA_VISIBLE_DEVICES` hides them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The devices that TensorFlow uses in this process."""

    name: str
    """For people, such as `CPU` or `NVIDIA H200`."""

    devices: tuple[str, ...]
    """One for each replica, as TensorFlow names them, such as `GPU:0`."""

    which: str = ""
    """Their numbers, such as `GPU 0, 2`; empty for one device."""

    visible: str | None = None
    """Its GPUs in the form of `CUDA_VISIBLE_DEVICES`; `None` if the driver didn't tell which."""

    idle: str = ""
    """Why a GPU idles; empty if none does."""


def take_devices(
    config: RunConfig, telling: Telling, machine: Machine | None = None, *, workers: int = 1
) -> Taken:
    """Pick what a run takes, and have TensorFlow use that. It is imported here at the latest.

    Args:
        config: What is trained, on what.
        telling: Whom to tell.
        machine: The machine; this one by default.
        workers: How many processes train together, each with as many devices.

    Raises:
        DeviceError: A device was asked for that can't be taken, or there are not several.
        UsageError: The batch can't be split evenly over them.
    """
    box = Machine() if machine is None else machine
    if is_list(config.device) and config.device.startswith("cpu"):
        return _virtual_cpus(config, telling, box)
    facts = box.gpus(telling.on_wait) if _may_take_several(config) else None
    if facts is not None:
        taken = _several_gpus(config, telling, _Judging(config, telling, box, facts), workers)
        if taken is not None:
            return taken
    if config.strategy == "mirrored":
        raise DeviceError(
            "--strategy mirrored: this process finds fewer than two GPUs that it can take. Use "
            "--strategy one, or --device cpu:0,cpu:1 to try it on virtual devices."
        )
    picked = pick_device(config.device, config.gpu_memory, telling, machine, facts)
    name, idle = take_device(config, picked)
    if name == "CPU":
        return Taken(name=name, devices=("CPU:0",), visible=_NO_GPU, idle=idle)
    return Taken(name=name, devices=("GPU:0",), visible=picked.choice.visible, idle=idle)


def _virtual_cpus(config: RunConfig, telling: Telling, box: Machine) -> Taken:
    picked = pick_device("cpu", None, telling, box)
    with shown(picked.choice):
        from gan.training.several_devices import use_virtual_cpus

        devices = use_virtual_cpus(len(device_numbers(config.device)))
    which = _which("CPU", range(len(devices)))
    return Taken(name="CPU", devices=devices, which=which, visible=_NO_GPU)


def _may_take_several(config: RunConfig) -> bool:
    """Whether a run takes several GPUs if there are several."""
    if is_list(config.device):
        return True
    if config.device == "gpu":
        return config.strategy in ("mirrored", "multiworker")
    return config.device == "auto" and config.strategy != "one"


def _several_gpus(
    config: RunConfig, telling: Telling, judging: _Judging, workers: int
) -> Taken | None:
    """Take those that were named, or all; `None` if that comes to fewer than two.

    Raises:
        DeviceError: One was named that can't be taken.
        UsageError: The batch can't be split evenly over them.
    """
    if is_list(config.device):
        choices = [judging.choice(f"gpu:{number}") for number in device_numbers(config.device)]
        return _taken(config, telling, choices, is_named=True)
    good = judging.all_good()
    if config.strategy == "auto":
        good = _splitting(good, config.batch_size, workers, telling)
    elif good:
        require_even_split(config.batch_size, workers * len(good))
    if len(good) < 2:  # noqa: PLR2004 - several
        return None
    return _taken(config, telling, good, is_named=config.strategy == "mirrored")


def _splitting(
    good: list[DeviceChoice], batch_size: int, workers: int, telling: Telling
) -> list[DeviceChoice]:
    """As many of these as share a batch evenly."""
    counts = range(1, len(good) + 1)
    count = max((n for n in counts if batch_size % (n * workers) == 0), default=min(len(good), 1))
    if count < len(good):
        telling.note(
            f"{count} of {len(good)} GPUs share a batch of {batch_size} evenly; the others are not "
            "used"
        )
    return good[:count]


class _Judging:
    """Judges each GPU as a run that takes it alone would."""

    def __init__(self, config: RunConfig, telling: Telling, box: Machine, facts: GpuFacts) -> None:
        self._config = config
        self._telling = telling
        self._box = box
        self._facts = facts

    def choice(self, requested: str, facts: GpuFacts | None = None) -> DeviceChoice:
        """What comes of asking for one device, of all GPUs or of some."""
        return chosen_of(
            requested,
            self._config.gpu_memory,
            self._telling,
            self._box,
            facts or self._facts,
            self._box.wheel(),
        )

    def all_good(self) -> list[DeviceChoice]:
        """Every GPU that nothing speaks against; `auto` leaves those that others use to them."""
        gpus = self._facts.usable
        if len(gpus) < 2:  # noqa: PLR2004 - several
            return []
        good = []
        for number, gpu in enumerate(gpus):
            held = _held(gpu)
            if self._config.strategy == "auto" and held > _HELD:
                self._telling.note(
                    f"gpu:{number} is left to others, who hold {held:.0%} of its memory; "
                    "--strategy mirrored takes it too"
                )
                continue
            found = self.choice("auto", replace(self._facts, usable=(gpu,)))
            if found.device == "GPU":
                good.append(replace(found, index=number))
            else:
                self._telling.note(f"gpu:{number} is not used: {found.idle}")
        return good


def _held(gpu: VisibleGpu) -> float:
    """The share of a GPU's memory that is not free; 0 if that is unknown."""
    free, total = gpu.memory_free, gpu.memory_total
    return 0.0 if free is None or not total else 1 - free / total


def _taken(
    config: RunConfig, telling: Telling, choices: list[DeviceChoice], *, is_named: bool
) -> Taken | None:
    """Have TensorFlow use these; `None` if it doesn't see them and nobody has named them.

    Raises:
        DeviceError: It doesn't, and somebody has.
    """
    uuids = [choice.visible for choice in choices]
    is_known = all(uuids)
    # CUDA numbers them in this order then.
    visible = ",".join(uuid for uuid in uuids if uuid) if is_known else None
    with shown(replace(choices[0], visible=visible)):
        from gan.training.device import gpus_seen
        from gan.training.several_devices import use_gpus

        seen = gpus_seen()
    numbers = [choice.index for choice in choices]
    in_tensorflow = list(range(len(choices))) if is_known else numbers
    if max(in_tensorflow) >= seen and not is_named:
        return None
    devices, name = use_gpus(
        in_tensorflow,
        tf32=config.precision == "tf32",
        memory=None if config.gpu_memory is None else size_in_bytes(config.gpu_memory),
    )
    for text in dict.fromkeys(note for choice in choices for note in choice.notes):
        telling.note(text)
    return Taken(name=name, devices=devices, which=_which("GPU", numbers), visible=visible)


def _which(kind: str, numbers: range | list[int]) -> str:
    return f"{kind} {', '.join(map(str, numbers))}"
