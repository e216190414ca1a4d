"""In which order contestants take turns, and what their results are."""

from __future__ import annotations

import pytest

from gan.bench.turns import EAGER, GRAPH, LIMIT, Spread, in_process, standings, take_turns

ROUNDS = [
    {EAGER: 10.0, GRAPH: 40.0, "ours": 80.0, LIMIT: 100.0},
    {EAGER: 5.0, GRAPH: 50.0, "ours": 50.0, LIMIT: 50.0},
    {EAGER: 10.0, GRAPH: 40.0, "ours": 120.0, LIMIT: 160.0},
]


def test_every_other_round_is_reversed_so_that_nobody_is_always_last() -> None:
    order: list[str] = []

    def contestant(name: str) -> object:
        def turn(seconds: float) -> float:
            order.append(name)
            return seconds

        return turn

    contestants = {name: contestant(name) for name in "abc"}
    take_turns(contestants, rounds=3, seconds=1.0)  # type: ignore[arg-type]

    assert "".join(order) == "abccbaabc"


def test_each_round_keeps_the_speed_of_each() -> None:
    speeds = iter([1.0, 2.0, 3.0, 4.0])
    contestants = {name: lambda _: next(speeds) for name in ("a", "b")}

    assert take_turns(contestants, rounds=2, seconds=1.0) == [
        {"a": 1.0, "b": 2.0},
        {"a": 4.0, "b": 3.0},
    ]


def test_ratios_are_taken_within_a_round() -> None:
    """The median of ratios, not the ratio of medians, which would mix different loads."""
    ours = standings(ROUNDS, 256)["ours"]

    assert ours.steps_per_second == Spread(median=80.0, minimum=50.0, maximum=120.0)
    assert ours.images_per_second == 80 * 256
    assert ours.times_eager == 10.0
    assert ours.times_graph == 2.0
    assert ours.share_of_limit == 0.8


def test_a_turn_lasts_as_long_as_it_was_asked_to() -> None:
    now, made = 0.0, []

    def run(steps: int) -> None:
        nonlocal now
        made.append(steps)
        now += steps * 0.25

    turn = in_process(run, 2, clock=lambda: now)

    assert turn(1.9) == pytest.approx(4.0)
    assert made == [2, 2, 2, 2]


def test_a_turn_makes_steps_however_short_it_is() -> None:
    now = 0.0

    def run(steps: int) -> None:
        nonlocal now
        now += steps

    assert in_process(run, 5, clock=lambda: now)(0.0) == 1.0
