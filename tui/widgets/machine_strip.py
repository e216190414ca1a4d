"""The load of the machine, or of all workers' machines, and how the run spends its time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.cells import cell_len

from gan.text.safe_text import safe_text
from tui.render import numbers
from tui.render.fitting import fit, shortened
from tui.style.styles import FAINT, QUIET, TEXT
from tui.widgets.rows import Piece, length, row
from tui.widgets.scene_view import Scene, SceneView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.strip import Strip

    from gan.progress import RunProgress
    from gan.readings import GpuReading, MachineReading, WorkerReading

_GIBIBYTE = 2**30
_MIN_NAME = 8
"""Cells of a worker's number and host, however narrow the strip is."""

Forms = list[list[Piece]]
"""One thing to show, from its shortest form to its longest."""


class MachineStrip(SceneView):
    """The newest reading, and the shares of the run's time."""

    def parts(self, scene: Scene) -> tuple[object, ...]:
        """The readings, once a second: the shares of the time wait for them if there are any."""
        return (scene.reading or scene.run.progress, scene.machines)

    def draw(self, scene: Scene, width: int, height: int) -> list[Strip]:
        """One row for one process; for several a row for all, and one for each GPU."""
        progress = scene.run.progress
        if not scene.machines:
            return [row(machine_pieces(scene.reading, progress, width), width)]
        rows = worker_rows(scene.machines, progress, width, height)
        return [row(pieces, width) for pieces in rows]


def wanted_rows(machines: Sequence[WorkerReading], progress: RunProgress) -> int:
    """The rows in which nothing is left out; 0 for one replica, which has a row only to spare."""
    if progress.replicas == 1:
        return 0
    return 1 + sum(max(len(one.machine.gpus), 1) for one in machines)


def worker_rows(
    machines: Sequence[WorkerReading], progress: RunProgress, width: int, height: int
) -> list[list[Piece]]:
    """A row for all workers, then one for each GPU, and for each worker that has none.

    Where these don't all fit, the last row counts those that are left out; a single row is that for
    all workers.
    """
    lines = _lines(machines, width)
    room = max(height - 1, 0)
    if len(lines) > room:
        kept = max(room - 1, 0)
        lines = [*lines[:kept], _more(len(lines) - kept)][:room]
    return [_together(machines, progress, width), *lines]


def _together(machines: Sequence[WorkerReading], progress: RunProgress, width: int) -> list[Piece]:
    """How many workers there are, how busy they are, and how the run spends its time."""
    gpus = [gpu for one in machines for gpu in one.machine.gpus]
    loads = [gpu.utilisation for gpu in gpus if gpu.utilisation is not None]
    own = sum(one.machine.process_cpu for one in machines)
    load = _named("CPU", f"{own:4.0f}%")
    if gpus:
        mean = f"{sum(loads) / len(loads):3.0f}%" if loads else numbers.UNKNOWN
        load = _named("GPUs" if len(gpus) > 1 else "GPU", f"{len(gpus):,} {mean}")
    things = [[_named("workers", f"{len(machines):,}")], *_reduction(progress), [load]]
    shown = fit([[[], *forms] for forms in [*things, *_time(progress)]], width, length, skip=True)
    return [piece for pieces in shown for piece in pieces]


def _lines(machines: Sequence[WorkerReading], width: int) -> list[list[Piece]]:
    """A line for each GPU of each worker; for a worker without one, its processor and memory."""
    texts = [safe_text(f"{one.worker} {one.host}") for one in machines]
    names = shortened(texts, max(width // 3, _MIN_NAME))
    column = max((cell_len(name) for name in names), default=0)
    return [
        _line(f" {name}{' ' * (column - cell_len(name))}", things, width)
        for name, one in zip(names, machines, strict=True)
        for things in _of_worker(one.machine)
    ]


def _of_worker(machine: MachineReading) -> list[list[Forms]]:
    """What each of a worker's lines shows."""
    return [[_gpu(gpu)] for gpu in machine.gpus] or [_processor(machine)]


def _line(name: str, things: Sequence[Forms], width: int) -> list[Piece]:
    label: list[Piece] = [(name, QUIET)]
    shown = fit([[label], *([[], *forms] for forms in things)], width, length, skip=True)
    return [piece for pieces in shown for piece in pieces]


def _more(count: int) -> list[Piece]:
    return [(f" and {count:,} more", FAINT)]


def machine_pieces(
    reading: MachineReading | None, progress: RunProgress, width: int
) -> list[Piece]:
    """GPUs, processor, memory and time, each as fully as fits; none is cut.

    First each is shown briefly, in this order, and then in more detail. Figures that change have a
    fixed width, so that those to the right of them do not move.
    """
    things = [*_machine(reading), *_reduction(progress), *_time(progress)]
    shown = fit([[[], *forms] for forms in things], width, length, skip=True)
    return [piece for pieces in shown for piece in pieces]


def _machine(reading: MachineReading | None) -> list[Forms]:
    if reading is None:
        return []
    return [*map(_gpu, reading.gpus), *_processor(reading)]


def _processor(reading: MachineReading) -> list[Forms]:
    own, all_ = f"{reading.process_cpu:4.0f}%", f"{reading.machine_cpu:3.0f}%"
    cpu = [_named("CPU", own), _named("CPU", f"{own}, all {all_}")]
    return [cpu, [_named("mem", f"{reading.memory / _GIBIBYTE:.1f}G")]]


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


def _reduction(progress: RunProgress) -> list[Forms]:
    """The share of training that replicas spend on exchanging, once it was measured."""
    if not math.isfinite(progress.reduction_share):
        return []
    return [[[(" reduce ", FAINT), (f"{100 * progress.reduction_share:3.0f}% ", QUIET)]]]


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
