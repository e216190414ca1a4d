"""Contestants that take turns, so that a machine that slows down slows all of them alike.

Speeds of one moment say little on a machine that others use too. So every figure is a median over
rounds, and every ratio is taken within a round before its median is.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Turn = Callable[[float], float]
    """Trains for about so many seconds; returns steps a second."""

EAGER: Final = "eager loop"
GRAPH: Final = "tf.function, tf.data"
LIMIT: Final = "matrix products"


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure over the rounds."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """The spread of at least one value."""
        return cls(statistics.median(values), min(values), max(values))


@dataclass(frozen=True, slots=True)
class Standing:
    """What a contestant came to."""

    steps_per_second: Spread
    images_per_second: float
    times_eager: float
    """Its speed over the eager loop's, the median over rounds."""

    times_graph: float
    """Its speed over that of the same loop as a `tf.function`, likewise."""

    share_of_limit: float
    """Its speed over that of the bare matrix products, the median over rounds."""

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


def in_process(
    run: Callable[[int], None], chunk: int, clock: Callable[[], float] = time.perf_counter
) -> Turn:
    """Turns of a loop in this process.

    Args:
        run: Makes so many steps, and returns when they are made.
        chunk: How many are made between two looks at the clock.
        clock: Seconds from any moment on.
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
    tell: Callable[[str], None] = lambda _: None,
) -> list[dict[str, float]]:
    """Steps a second of every contestant in every round.

    Args:
        contestants: By name; every other round goes through them backwards.
        rounds: At least one.
        seconds: Of one turn.
        tell: Told how far it is.
    """
    results = []
    for number in range(1, rounds + 1):
        tell(f"round {number} of {rounds}")
        names = list(contestants) if number % 2 else list(contestants)[::-1]
        speeds = {name: contestants[name](seconds) for name in names}
        results.append({name: speeds[name] for name in contestants})
    return results


def standings(rounds: Sequence[Mapping[str, float]], batch_size: int) -> dict[str, Standing]:
    """What each contestant came to; the tutorial's loops and the limit must be among them."""

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
