"""Commands that wait: repeats are one, and a stop comes first."""

from __future__ import annotations

import itertools
import queue

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan.commands import (
    COMMANDS,
    Command,
    Interpolate,
    Pause,
    Resample,
    RestoreLatents,
    RollBack,
    SaveCheckpoint,
    ShowGenerator,
    Stop,
    Unpause,
    Watch,
)
from gan.training.waiting_commands import WaitingCommands, merged, next_place

EVERY: list[Command] = [
    *COMMANDS.values(),
    Watch(None),
    Stop(),
    Stop("epoch_end"),
    Stop("now", 143),
]


def waiting(*commands: Command) -> list[Command]:
    found: list[Command] = []
    for command in commands:
        found = merged(found, command)
    return found


def order(*commands: Command) -> list[Command]:
    """The commands as they are carried out if all came at once."""
    arrivals: queue.SimpleQueue[Command] = queue.SimpleQueue()
    for command in commands:
        arrivals.put(command)
    return list(iter(WaitingCommands(arrivals).take, None))


def test_what_is_asked_again_is_done_once() -> None:
    assert order(*[SaveCheckpoint()] * 180) == [SaveCheckpoint()]
    assert order(*[Resample()] * 180) == [Resample()]


def test_the_last_of_several_is_what_counts() -> None:
    assert order(Pause(), Unpause(), Pause()) == [Pause()]
    assert order(Resample(), RestoreLatents()) == [RestoreLatents()]
    assert order(ShowGenerator(raw=True), ShowGenerator(raw=False)) == [ShowGenerator(raw=False)]


def test_different_ones_keep_the_order_in_which_they_were_asked_last() -> None:
    assert order(SaveCheckpoint(), Resample(), Interpolate(), SaveCheckpoint()) == [
        Resample(),
        Interpolate(),
        SaveCheckpoint(),
    ]


def test_a_stop_overtakes() -> None:
    held = itertools.islice(itertools.cycle([Resample(), SaveCheckpoint()]), 5_000)

    assert order(*held, Stop(exit_code=143))[0] == Stop(exit_code=143)


def test_a_rollback_is_carried_out_before_a_stop_and_after_a_save() -> None:
    assert order(SaveCheckpoint(), Resample(), Stop()) == [Stop(), SaveCheckpoint(), Resample()]
    assert order(RollBack(), Resample(), Stop()) == [RollBack(), Stop(), Resample()]
    assert order(RollBack(), SaveCheckpoint()) == [RollBack(), SaveCheckpoint()]


def test_a_rollback_makes_what_waits_pointless_but_for_who_watches_what() -> None:
    asked = [Pause(), ShowGenerator(raw=True), Watch(None), Resample(), RollBack()]

    assert order(*asked) == [ShowGenerator(raw=True), Watch(None), RollBack()]


def test_a_second_rollback_undoes_what_came_after_the_first() -> None:
    assert order(SaveCheckpoint(), RollBack(), SaveCheckpoint(), Resample(), RollBack()) == [
        SaveCheckpoint(),
        RollBack(),
    ]


@pytest.mark.parametrize("later", [Stop("epoch_end"), Stop("now", 130)])
def test_an_end_that_was_asked_for_comes_no_later(later: Stop) -> None:
    (stop,) = order(Stop(exit_code=143), later)

    assert isinstance(stop, Stop)
    assert stop.when == "now"


def test_what_comes_while_one_is_carried_out_is_seen_at_the_next() -> None:
    arrivals: queue.SimpleQueue[Command] = queue.SimpleQueue()
    commands = WaitingCommands(arrivals)
    for command in (Resample(), SaveCheckpoint()):
        arrivals.put(command)
    first = commands.take()
    arrivals.put(Stop())

    assert (first, commands.take()) == (Resample(), Stop())


def test_a_checkpoint_that_has_to_wait_holds_up_nothing_else() -> None:
    arrivals: queue.SimpleQueue[Command] = queue.SimpleQueue()
    commands = WaitingCommands(arrivals)
    for command in (SaveCheckpoint(), Pause()):
        arrivals.put(command)

    assert commands.take(no_save=True) == Pause()
    assert commands.take(no_save=True) is None
    assert SaveCheckpoint in commands
    assert commands.take() == SaveCheckpoint()


def test_a_checkpoint_does_not_wait_for_a_rollback() -> None:
    arrivals: queue.SimpleQueue[Command] = queue.SimpleQueue()
    for command in (SaveCheckpoint(), RollBack()):
        arrivals.put(command)

    assert WaitingCommands(arrivals).take(no_save=True) == SaveCheckpoint()


@given(st.lists(st.sampled_from(EVERY), max_size=60))
def test_however_many_are_asked_few_wait(asked: list[Command]) -> None:
    found = waiting(*asked)

    # One of each kind before a rollback, that, and one of each kind after it.
    assert len(found) <= 16
    assert asked == [] or found
    place = next_place(found)
    if any(isinstance(command, Stop) for command in found):
        assert place is not None
        assert isinstance(found[place], (Stop, RollBack))
