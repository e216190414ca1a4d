"""One row: the load of the machine, and how the run spends its time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.render import numbers
from tui.render.fitting import fit
from tui.style.styles import FAINT, QUIET, TEXT
from tui.widgets.rows import Piece, length, row
from tui.widgets.scene_view import Scene, SceneView

if TYPE_CHECKING:
    from textual.strip import Strip

    from gan.progress import RunProgress
    from tui.model.machine import GpuReading, MachineReading

_GIBIBYTE = 2**30

Forms = list[list[Piece]]
"""One thing to show, from its shortest form to its longest."""


class MachineStrip(SceneView):
    """The newest reading, and the shares of the run's time."""

    def parts(self, scene: Scene) -> tuple[object, ...]:
        """The reading, once a second: the shares of the time wait for it if there is one."""
        return (scene.reading or scene.run.progress,)

    def draw(self, scene: Scene, width: int, height: int) -> list[Strip]:
        """The one row."""
        del height
        return [row(machine_pieces(scene.reading, scene.run.progress, width), width)]


def machine_pieces(
    reading: MachineReading | None, progress: RunProgress, width: int
) -> list[Piece]:
    """GPUs, processor, memory and time, each as fully as fits; none is cut.

    First each is shown briefly, in this order, and then in more detail. Figures that change have a
    fixed width, so that those to the right of them do not move.
    """
    things = [*_machine(reading), *_time(progress)]
    shown = fit([[[], *forms] for forms in things], width, length, skip=True)
    return [piece for pieces in shown for piece in pieces]


def _machine(reading: MachineReading | None) -> list[Forms]:
    if reading is None:
        return []
    own, all_ = f"{reading.process_cpu:4.0f}%", f"{reading.machine_cpu:3.0f}%"
    cpu = [_named("CPU", own), _named("CPU", f"{own}, all {all_}")]
    memory = [_named("mem", f"{reading.memory / _GIBIBYTE:.1f}G")]
    return [*map(_gpu, reading.gpus), cpu, memory]


def _gpu(gpu: GpuReading) -> Forms:
    """What the driver reports of a GPU: first its load, then memory, then the rest."""
    load, memory, rest = [], [], []
    if gpu.utilisation is not None:
        load.append(f"{gpu.utilisation:3.0f}%")
    if gpu.memory_used is not None and gpu.memory_total is not None:
        memory.append(f"{gpu.memory_used / _GIBIBYTE:4.1f}/{gpu.memory_total / _GIBIBYTE:.0f}G")
    if gpu.temperature is not None:
        rest.append(f"{gpu.temperature:.0f}C")
    if gpu.power is not None:
        rest.append(f"{gpu.power:3.0f}W")
    forms = (load or [numbers.UNKNOWN], load + memory, load + memory + rest)
    return [_named(f"GPU{gpu.index}", " ".join(figures)) for figures in forms if figures]


def _time(progress: RunProgress) -> list[Forms]:
    """Each activity's share of the time; one that took none is left out.

    What a recorded loop does besides training nobody tells.
    """
    if progress.program:
        return []
    seconds = {
        "train": progress.train_seconds,
        "sample": progress.sampling_seconds,
        "save": progress.saving_seconds,
        "evaluate": progress.evaluating_seconds,
        "paused": progress.paused_seconds,
    }
    total = sum(seconds.values())
    if total <= 0:
        return []
    shares = {name: 100 * spent / total for name, spent in seconds.items() if spent > 0}
    return [[[(f" {name} ", FAINT), (f"{share:3.0f}% ", QUIET)]] for name, share in shares.items()]


def _named(name: str, value: str) -> list[Piece]:
    return [(f" {name} ", QUIET), (f"{value} ", TEXT)]
