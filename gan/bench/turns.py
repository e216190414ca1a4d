"""Contestants that take turns, so that a machine that slows down slows all of them alike.

On a shared machine one measurement says little. So every figure is a median over rounds, and every
ratio is taken within a round, before the median.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Turn = Callable[[float], float]
    """Trains for about the given number of seconds; returns steps per second."""

EAGER: Final = "eager loop"
GRAPH: Final = "tf.function, tf.data"
LIMIT: Final = "matrix products"


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure over the rounds."""

    median: float
    minimum: float
    maximum: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """The spread of at least one value."""
        return cls(statistics.median(values), min(values), max(values))


@dataclass(frozen=True, slots=True)
class Standing:
    """A contestant's results."""

    steps_per_second: Spread
    images_per_second: float
    times_eager: float
    """Its speed divided by the eager loop's, the median over rounds."""

    times_graph: float
    """Its speed divided by that of the same loop as a `tf.function`, likewise."""

    share_of_limit: float
    """Its speed divided by that of the matrix multiplications alone, likewise."""


def in_process(
    run: Callable[[int], None], chunk: int, clock: Callable[[], float] = time.perf_counter
) -> Turn:
    """Turns of a loop in this process.

    Args:
        run: Makes a number of steps, and returns when they are done.
        chunk: Steps between two readings of the clock.
        clock: Seconds since any fixed moment.
    """

    def turn(seconds: float) -> float:
        begun, steps = clock(), 0
        while True:
            run(chunk)
            steps += chunk
            passed = clock() - begun
            if passed >= seconds:
                return steps / passed

    return turn


def take_turns(
    contestants: Mapping[str, Turn],
    *,
    rounds: int,
    seconds: float,
    report: Callable[[str], None] = lambda _: None,
) -> list[dict[str, float]]:
    """Steps per second of every contestant in every round.

    Args:
        contestants: By name; every other round goes through them in reverse.
        rounds: At least one.
        seconds: Of one turn.
        report: Receives a line about each round.
    """
    results = []
    for number in range(1, rounds + 1):
        report(f"round {number} of {rounds}")
        names = list(contestants) if number % 2 else list(contestants)[::-1]
        speeds = {name: contestants[name](seconds) for name in names}
        results.append({name: speeds[name] for name in contestants})
    return results


def standings(rounds: Sequence[Mapping[str, float]], batch_size: int) -> dict[str, Standing]:
    """Each contestant's results; the tutorial's loops and the limit must be among them."""

    def ratio(name: str, other: str) -> float:
        return statistics.median(result[name] / result[other] for result in rounds)

    spreads = {name: Spread.of([result[name] for result in rounds]) for name in rounds[0]}
    return {
        name: Standing(
            steps_per_second=spread,
            images_per_second=spread.median * batch_size,
            times_eager=ratio(name, EAGER),
            times_graph=ratio(name, GRAPH),
            share_of_limit=ratio(name, LIMIT),
        )
        for name, spread in spreads.items()
    }
