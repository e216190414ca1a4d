"""What one frame of the whole digit grid costs: bytes to the terminal and processor time.

The grid of 112 x 56 cells, on a pseudo-terminal of 200 x 60 with 256 colours: a frame of sixteen
other digits, and the same frame again. Beside it, in the same run and in turns, the same picture by
rich-pixels in a Static, as one would write it first.

    python -m tests.bench.grid_frame --data FOLDER [--frames 40]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image
from rich_pixels import Pixels
from textual.app import App
from textual.widgets import Static

from gan.data import load
from tests.bench.child import output_of, printed_at_the_end
from tui.model.run_state import RunState
from tui.model.view import Scene
from tui.render.digits import fit_digits
from tui.terminal.driver import HardenedDriver, hardened_driver
from tui.widgets.digit_grid import DigitGrid

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.widget import Widget

    from gan.events import Images

    Draw = Callable[[Images], object]

COLUMNS, ROWS = 112, 56
SIDE: Final = 28
WAYS: Final = ("ours", "rich-pixels")


def sheets(path: Path, count: int) -> list[Images]:
    """So many sheets of sixteen digits."""
    images = load(str(path), progress=lambda *_: None).images.images
    chosen = np.random.default_rng(0).permutation(len(images))[: 16 * count]
    return list(images[chosen].reshape(count, 16, SIDE, SIDE))


class FrameBench(App[None]):
    """Draws every sheet in each way, twice, and keeps what that cost."""

    def __init__(self, frames: list[Images]) -> None:
        super().__init__(driver_class=HardenedDriver)
        self._frames = frames
        self.costs: dict[tuple[str, str], list[tuple[int, float]]] = {}
        """Bytes and seconds of each frame, by the way and by what was drawn."""

        self.idle: list[float] = []
        """Seconds of as long without a frame."""

    def on_mount(self) -> None:
        self.run_worker(self._measure())

    async def _measure(self) -> None:
        ways = {"ours": our_grid(), "rich-pixels": pixels_in_a_static()}
        for widget, _ in ways.values():
            await self.mount(widget)
        for number, images in enumerate(self._frames):
            for way, (widget, draw) in ways.items():
                for other, _ in ways.values():
                    other.display = other is widget
                draw(self._frames[number - 1])
                await self._settled()
                for kind in ("another", "unchanged"):
                    cost = await self._cost(draw, images.copy())
                    self.costs.setdefault((way, kind), []).append(cost)
                self.idle.append((await self._cost(nothing, images))[1])
        self.exit()

    async def _cost(self, draw: Draw, images: Images) -> tuple[int, float]:
        driver = hardened_driver(self)
        assert driver is not None
        sent, used = driver.sent, time.process_time()
        draw(images)
        await self._settled()
        return driver.sent - sent, time.process_time() - used

    async def _settled(self) -> None:
        """Until everything that was drawn has been handed to the terminal."""
        drawn = asyncio.Event()
        self.call_after_refresh(drawn.set)
        await drawn.wait()
        await asyncio.sleep(0.05)


def nothing(_: Images) -> None:
    """What an application costs that draws nothing."""


def our_grid() -> tuple[Widget, Draw]:
    grid = DigitGrid()
    grid.styles.width, grid.styles.height = COLUMNS, ROWS
    grid.digit_layout = fit_digits(COLUMNS, ROWS)
    return grid, lambda images: grid.show(Scene(run=RunState(images=images)))


def pixels_in_a_static() -> tuple[Widget, Draw]:
    static = Static()
    static.styles.width, static.styles.height = COLUMNS, ROWS

    def draw(images: Images) -> None:
        sheet = images.reshape(4, 4, SIDE, SIDE).swapaxes(1, 2).reshape(COLUMNS, COLUMNS)
        static.update(Pixels.from_image(Image.fromarray(sheet).convert("RGB")))

    return static, draw


def child(path: Path, count: int) -> None:
    """The application, and after it what its frames cost."""
    bench = FrameBench(sheets(path, count))
    bench.run()
    idle = statistics.median(bench.idle)
    for (way, kind), measured in bench.costs.items():
        sent, used = zip(*measured[2:], strict=True)
        line = f"{way:<12} {kind:<10} {statistics.mean(sent):9.0f} {max(sent):9,} B"
        print(f"{line} {1000 * (statistics.median(used) - idle):8.2f} ms")


def main() -> None:
    """Start the application on a pseudo-terminal, and show what it printed at its end."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--frames", type=int, default=40)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.data, options.frames)
        return
    words = [sys.executable, "-m", "tests.bench.grid_frame", "--child"]
    words += ["--data", str(options.data.resolve()), "--frames", str(options.frames)]
    output = output_of(words, columns=200, rows=60)
    print(f"{'':<12} {'frame':<10} {'sent':>9} {'most':>11} {'CPU':>10}, beyond an idle one")
    print(printed_at_the_end(output).strip())


if __name__ == "__main__":
    main()
