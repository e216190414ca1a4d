"""What `--device` names, and whether a batch can be split evenly over it.

One device, or several that share every batch: `gpu:0,gpu:2`; `cpu:0,cpu:1` divides the CPU into as
many virtual devices, to try several without a GPU.
"""

from __future__ import annotations

import re
from typing import Final

from gan.errors import UsageError
from gan.hints import aliases
from gan.hints.nearest import nearest

ONE: Final = "auto (the GPU that others use least, else the CPU), cpu, gpu or gpu:N"
SEVERAL: Final = (
    "auto (see --strategy), cpu, gpu or gpu:N, or several, such as gpu:0,gpu:2 or cpu:0,cpu:1"
)

_KINDS: Final = ("auto", "cpu", "gpu")
_NUMBERED: Final = re.compile(r"(cpu|gpu):([0-9]{1,4})")

MAX_VIRTUAL: Final = 16
"""Virtual devices that the CPU may be divided into."""


def is_one_device(value: object) -> bool:
    """Whether a value names one device, or leaves it open."""
    if not isinstance(value, str):
        return False
    match = _NUMBERED.fullmatch(value)
    return value in _KINDS or (match is not None and match[1] == "gpu")


def is_device(value: object) -> bool:
    """Whether a value names one device or several, or leaves it open."""
    if not isinstance(value, str) or not is_list(value):
        return is_one_device(value)
    matches = [_NUMBERED.fullmatch(word) for word in value.split(",")]
    kinds = {match[1] if match else None for match in matches}
    numbers = device_numbers(value) if None not in kinds else []
    if len(kinds) != 1 or len(set(numbers)) < len(matches):
        return False
    # A virtual device has no number of its own: they are counted from 0.
    return kinds == {"gpu"} or (
        numbers == list(range(len(numbers))) and len(numbers) <= MAX_VIRTUAL
    )


def meant_device(word: str) -> str | None:
    """The value that a person may have meant; `None` if none is near."""
    if "," not in word:
        return aliases.device(word) or nearest(word, _KINDS)
    each = [meant_device(one.strip()) for one in word.split(",")]
    if any(one is None for one in each):
        return None
    meant = ",".join(one for one in each if one is not None)
    return meant if meant != word and is_device(meant) else None


def device_numbers(value: str) -> list[int]:
    """The numbers of the devices that a value names one by one; empty for `auto`, `cpu`, `gpu`."""
    return [int(word.partition(":")[2]) for word in value.split(",") if ":" in word]


def is_list(value: str) -> bool:
    """Whether a value names several devices."""
    return "," in value


def require_fitting(strategy: str, device: str, batch_size: int, workers: int) -> None:
    """Refuse a strategy that contradicts the devices, as far as both are named.

    Args:
        strategy: One of `gan.strategy.cluster.STRATEGIES`.
        device: `--device`.
        batch_size: Images in a step, of all workers together.
        workers: How many processes there are.

    Raises:
        UsageError: They contradict each other, or the batch can't be split evenly over them.
    """
    if strategy == "one" and is_list(device):
        raise UsageError(
            f"--strategy one takes one device, and --device {device} names several. Leave out one "
            "of them."
        )
    if strategy == "mirrored" and not is_list(device) and device not in ("auto", "gpu"):
        raise UsageError(
            f"--strategy mirrored takes several devices, and --device {device} is one. Name "
            "several, such as gpu:0,gpu:1 or cpu:0,cpu:1, or use --strategy one."
        )
    each = len(device.split(",")) if is_list(device) else 1
    require_even_split(batch_size, workers * each)


def require_even_split(batch_size: int, replicas: int) -> None:
    """Refuse a batch of which replicas can't take equal parts.

    Raises:
        UsageError: The message names the nearest sizes.
    """
    left = batch_size % replicas
    if not left:
        return
    below, above = batch_size - left, batch_size - left + replicas
    nearest_sizes = f"sizes are {below} and {above}" if below else f"size is {above}"
    raise UsageError(
        f"--batch-size: {batch_size} images can't be split evenly over {replicas} replicas. The "
        f"nearest {nearest_sizes}."
    )
