"""The whole measurement of this machine, in under two minutes on two cores.

Four loops train and one only multiplies matrices, in turns: the tutorial's loop, eager and as a
graph, and the program itself without and with its dashboard, each as a process. Besides their
speeds it reports how long a person waits for what they ask.
"""

from __future__ import annotations

import statistics
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gan.bench.limit import flop_per_step, matmul_loop, shapes_of
from gan.bench.processes import Dashboard, Process, folder_in, spread_of
from gan.bench.turns import EAGER, GRAPH, LIMIT, Standing, in_process, standings, take_turns
from gan.bench.tutorial import compiled_loop, eager_loop
from gan.config import AUTO_PRECISION
from gan.session.devices import Telling, pick_device, take_device
from gan.training.build import build_networks
from gan.training.device import settle_precision

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gan.bench.turns import Turn
    from gan.config import RunConfig
    from gan.events import Images
    from gan.models.networks import Networks

HEADLESS: Final = "gan-tui --no-ui"
DASHBOARD: Final = "gan-tui"
TURN_SECONDS: Final = 2.5
_FOREVER: Final = ("--epochs", "1000000")
_CHUNKS: Final = {EAGER: 2, GRAPH: 10, LIMIT: 20}
_SAVES: Final = 3
_PRESSES: Final = 9


@dataclass(frozen=True, slots=True)
class Waits:
    """What a person waits for, in seconds."""

    first_frame: float
    """From the start of the process."""

    first_step: float
    """From the start of the process with the dashboard to the step's record in the log."""

    checkpoint: float
    """How long training pauses for one, the median."""

    key_to_pause: float
    """From the key to the badge, while training at full speed, the median."""

    key_to_pause_max: float


@dataclass(frozen=True, slots=True)
class Measurement:
    """The results of a bench."""

    device: str
    preset: str
    precision: str
    batch_size: int
    rounds: int
    flop_per_step: int
    standings: dict[str, Standing]
    waits: Waits


def measure(
    config: RunConfig,
    images: Images,
    command: Sequence[str],
    *,
    rounds: int,
    report: Callable[[str], None],
) -> Measurement:
    """Measure this machine.

    Args:
        config: What is trained; the tutorial's loops always train the tutorial's networks.
        images: n x 28 x 28.
        command: The program with that configuration's options.
        rounds: Turns of each contestant.
        report: Receives a line about each phase.

    Raises:
        BenchError: The program ended, or did not respond in time.
    """
    device = _taken_device(config, report)
    if config.precision == AUTO_PRECISION:
        config = replace(config, precision=settle_precision(report))
    networks = build_networks(config)
    loops = _loops(networks, images, config.batch_size)
    speeds, waits = _speeds_and_waits([*command, *_FOREVER], loops, rounds, report)
    return Measurement(
        device=device,
        preset=config.preset,
        precision=config.precision,
        batch_size=config.batch_size,
        rounds=rounds,
        flop_per_step=flop_per_step(shapes_of(networks), config.batch_size),
        standings=standings(speeds, config.batch_size),
        waits=waits,
    )


def _taken_device(config: RunConfig, report: Callable[[str], None]) -> str:
    """The name of the device that TensorFlow uses from now on."""
    telling = Telling(
        note=report, trying=lambda what: report(f"trying {what}"), on_wait=lambda: None
    )
    device, idle = take_device(config, pick_device(config.device, config.gpu_memory, telling))
    if idle:
        report(idle)
    return device


def _speeds_and_waits(
    command: Sequence[str],
    loops: Mapping[str, Callable[[int], None]],
    rounds: int,
    report: Callable[[str], None],
) -> tuple[list[dict[str, float]], Waits]:
    """Start the program with and without its dashboard, and take turns with the loops."""
    with ExitStack() as opened:
        home = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="gan-tui-bench-")))
        report("starting gan-tui with its dashboard")
        dashboard = opened.enter_context(Dashboard(command, folder_in(home)))
        waits = _waits(dashboard, report)
        report("starting gan-tui --no-ui")
        headless = opened.enter_context(Process([*command, "--no-ui"], folder_in(home)))
        headless.wait_for_first_step()
        headless.stop()
        turns = {**_turns(loops, report), HEADLESS: headless.turn, DASHBOARD: dashboard.turn}
        return take_turns(turns, rounds=rounds, seconds=TURN_SECONDS, report=report), waits


def _waits(dashboard: Dashboard, report: Callable[[str], None]) -> Waits:
    """Measure what a person waits for, and stop the dashboard until its turn."""
    first_frame, first_step = dashboard.wait_for_first_frame(), dashboard.wait_for_first_step()
    report("pausing and saving")
    presses = spread_of(dashboard.key_to_pause_seconds, _PRESSES, 0.3)
    saves = spread_of(dashboard.checkpoint_seconds, _SAVES, 0.2)
    dashboard.stop()
    save, press = statistics.median(saves), statistics.median(presses)
    return Waits(first_frame, first_step, save, press, max(presses))


def _loops(networks: Networks, images: Images, batch_size: int) -> dict[str, Callable[[int], None]]:
    """The loops that run in this process."""
    return {
        EAGER: eager_loop(images, batch_size),
        GRAPH: compiled_loop(images, batch_size),
        LIMIT: matmul_loop(networks, batch_size),
    }


def _turns(
    loops: Mapping[str, Callable[[int], None]], report: Callable[[str], None]
) -> dict[str, Turn]:
    """Compile the loops, and make turns of them."""
    report("compiling the other loops")
    for name, loop in loops.items():
        loop(_CHUNKS[name])
    return {name: in_process(loop, _CHUNKS[name]) for name, loop in loops.items()}
