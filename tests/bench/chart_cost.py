"""What a refresh of the loss chart costs: bytes to the terminal, processor time, and nothing lost.

The chart of 80 columns and 12 rows on a pseudo-terminal, over 25,000 steps and over ten million,
while ten steps are appended for each refresh. Fifteen spikes are planted in the 25,000, and NaN and
infinities at their beginning, middle and end: what is seen of them is counted.

    python -m tests.bench.chart_cost [--refreshes 60]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from typing import TYPE_CHECKING, Final

import numpy as np
from textual.app import App

from gan.events import StepsCompleted
from tests.bench.child import output_of, printed_at_the_end
from tui.model.run_state import RunState
from tui.model.view import Scene
from tui.render.chart import ABOVE, BROKEN, ChartOptions, Series, loss_chart
from tui.render.palette import D_BAND, D_COLOR
from tui.render.scale import sticky_range
from tui.series.history import LongColumn, LossHistory
from tui.terminal.driver import HardenedDriver, hardened_driver
from tui.widgets.loss_chart import LossChart

if TYPE_CHECKING:
    from textual.strip import Strip

    from gan.events import Floats

COLUMNS, ROWS = 80, 12
SPIKES: Final = 15
RANDOM: Final = np.random.default_rng(0)


def losses(count: int, middle: float) -> Floats:
    """Losses as those of a GAN: a trend, noise, and now and then an outlier."""
    trend = middle * (1 + 0.3 * np.exp(-np.arange(count) / 2000))
    return (trend * np.exp(RANDOM.normal(0, 0.2, count))).astype(np.float32)


def steps(first_step: int, count: int) -> StepsCompleted:
    scores = np.full(count, 0.5, np.float32)
    return StepsCompleted(
        time=float(first_step),
        first_step=first_step,
        d_loss=losses(count, 0.6),
        g_loss=losses(count, 2.0),
        real_score=scores,
        fake_score=scores,
        train_seconds=1.0,
        steps_per_execution=5,
    )


def history(count: int) -> LossHistory:
    made = LossHistory()
    for first_step in range(1, count + 1, 50_000):
        made = made.append(steps(first_step, min(50_000, count + 1 - first_step)))
    return made


class ChartBench(App[None]):
    """Refreshes the chart and keeps what that cost."""

    def __init__(self, counts: list[int], refreshes: int) -> None:
        super().__init__(driver_class=HardenedDriver)
        self._counts, self._refreshes = counts, refreshes
        self.costs: dict[int, list[tuple[int, float]]] = {}
        self.idle: list[float] = []

    def on_mount(self) -> None:
        self.run_worker(self._measure())

    async def _measure(self) -> None:
        chart = LossChart()
        chart.styles.width, chart.styles.height = COLUMNS, ROWS
        await self.mount(chart)
        for count in self._counts:
            told = history(count)
            await self._cost(chart, told)
            for _ in range(self._refreshes):
                self.idle.append((await self._cost(chart, None))[1])
                told = told.append(steps(told.last_step + 1, 10))
                self.costs.setdefault(count, []).append(await self._cost(chart, told))
        self.exit()

    async def _cost(self, chart: LossChart, told: LossHistory | None) -> tuple[int, float]:
        driver = hardened_driver(self)
        assert driver is not None
        sent, used = driver.sent, time.process_time()
        if told is not None:
            # It draws at most four times a second by itself.
            chart._scene = Scene(run=RunState(losses=told))
            chart.redraw()
        drawn = asyncio.Event()
        self.call_after_refresh(drawn.set)
        await drawn.wait()
        await asyncio.sleep(0.03)
        return driver.sent - sent, time.process_time() - used


def child(refreshes: int) -> None:
    bench = ChartBench([25_000, 10_000_000], refreshes)
    bench.run()
    idle = statistics.median(bench.idle)
    for count, measured in bench.costs.items():
        sent, used = zip(*measured, strict=True)
        kilobytes = f"{statistics.median(sent) / 1000:8.2f} {max(sent) / 1000:8.2f}"
        print(f"{count:>12,} {kilobytes} {1000 * (statistics.median(used) - idle):9.2f}")


def seen_spikes() -> int:
    """How many columns with a spike show it, beyond the axis or as the top of the band."""
    values = losses(25_000, 0.6)
    places = (np.arange(SPIKES) + 0.5) / SPIKES * values.size
    values[places.astype(int)] = 50.0
    return chart_of(values)[0].text.count(ABOVE)


def marked_breaks() -> int:
    """How many of three places with what is no number have a mark on the axis."""
    values = losses(25_000, 0.6)
    values[[0, 12_500, -1]] = [np.nan, np.inf, -np.inf]
    return sum(strip.text.count(BROKEN) for strip in chart_of(values))


def chart_of(values: Floats) -> list[Strip]:
    column = LongColumn().append(values)
    window = column.window(0, len(column))
    y_range = sticky_range(None, window.sample(), window.sample(), log=True)
    series = [Series("D", window, D_COLOR, D_BAND)]
    return loss_chart(series, COLUMNS, ROWS, ChartOptions(y_range=y_range))


def main() -> None:
    """Start the application on a pseudo-terminal, and show what it printed at its end."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--refreshes", type=int, default=60)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.refreshes)
        return
    words = [sys.executable, "-m", "tests.bench.chart_cost", "--child"]
    words += ["--refreshes", str(options.refreshes)]
    output = output_of(words, columns=100, rows=30)
    print(f"{'steps':>12} {'kB':>8} {'most':>8} {'ms CPU':>9}, a refresh, beyond an idle app")
    print(printed_at_the_end(output))
    print(f"spikes seen {seen_spikes()} of {SPIKES}, breaks marked {marked_breaks()} of 3")


if __name__ == "__main__":
    main()
