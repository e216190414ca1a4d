"""One row: what the machine is doing, and where the run's time goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.render import numbers
from tui.theme import FAINT, QUIET, TEXT
from tui.widgets.rows import Piece, length, row
from tui.widgets.scene_view import SceneView

if TYPE_CHECKING:
    from textual.strip import Strip

    from gan.progress import RunProgress
    from tui.machine import GpuReading, MachineReading
    from tui.view import Scene

_GIGA = 2**30


class MachineStrip(SceneView):
    """The newest reading, and the shares of the run's time."""

    _reading: MachineReading | None = None

    @property
    def reading(self) -> MachineReading | None:
        """What the machine was doing when it was last looked at."""
        return self._reading

    @reading.setter
    def reading(self, reading: MachineReading) -> None:
        self._reading = reading
        self.redraw()

    def parts(self, scene: Scene) -> tuple[object, ...]:
        """Nothing that has to be drawn before the next reading."""
        del scene
        return ()

    def draw(self, scene: Scene, width: int, height: int) -> list[Strip]:
        """The one row."""
        del height
        return [row(machine_pieces(self._reading, scene.run.progress, width), width)]


def machine_pieces(
    reading: MachineReading | None, progress: RunProgress, width: int
) -> list[Piece]:
    """As many of the groups as fit, the most telling first: GPUs, processor, memory, time."""
    groups: list[list[Piece]] = []
    if reading is not None:
        groups += [_gpu(index, gpu) for index, gpu in enumerate(reading.gpus)]
        groups.append(_named("CPU", f"{reading.process_cpu:.0f}%"))
        groups.append(_named("mem", f"{reading.memory / _GIGA:.1f}G"))
    groups += _time(progress)
    pieces: list[Piece] = []
    for group in groups:
        if length(pieces) + length(group) <= width:
            pieces += group
    return pieces


def _gpu(index: int, gpu: GpuReading) -> list[Piece]:
    """What its driver tells of it, and nothing of what it does not."""
    told = []
    if gpu.utilisation is not None:
        told.append(f"{gpu.utilisation:.0f}%")
    if gpu.memory_used is not None and gpu.memory_total is not None:
        told.append(f"{gpu.memory_used / _GIGA:.1f}/{gpu.memory_total / _GIGA:.0f}G")
    if gpu.temperature is not None:
        told.append(f"{gpu.temperature:.0f}C")
    if gpu.power is not None:
        told.append(f"{gpu.power:.0f}W")
    return _named(f"GPU{index}", " ".join(told) or numbers.UNKNOWN)


def _time(progress: RunProgress) -> list[list[Piece]]:
    """Each activity's share of the time; one that took none is not told."""
    seconds = {
        "train": progress.train_seconds,
        "sample": progress.sampling_seconds,
        "save": progress.saving_seconds,
        "paused": progress.paused_seconds,
    }
    total = sum(seconds.values())
    if total <= 0:
        return []
    shares = {name: 100 * spent / total for name, spent in seconds.items() if spent > 0}
    return [_named(name, f"{share:.0f}%", FAINT) for name, share in shares.items()]


def _named(name: str, value: str, style: object = QUIET) -> list[Piece]:
    return [(f" {name} ", style), (f"{value} ", TEXT if style is QUIET else QUIET)]  # type: ignore[list-item]
