"""What is logged waits in bounded memory, in order, and what had no room is counted."""

from __future__ import annotations

import time

import numpy as np

from gan.events import Noted
from gan.recorder.channel import MAX_DRAWN, Channel, Drawn, Row


def row(step: int) -> Row:
    return Row(step, {"loss": 1.0}, 0.0, 0.0)


def drawn(step: int, *, is_kept: bool = True) -> Drawn:
    return Drawn(step, np.zeros((1, 2, 2, 1), np.uint8), np.zeros((16, 1), np.float32), is_kept)


def test_all_comes_out_in_the_order_in_which_it_went_in() -> None:
    channel, note = Channel(), Noted(time=1.0, text="between")
    channel.put_row(row(1))
    channel.put(note)
    channel.put_row(row(2))

    assert channel.take().items == [row(1), note, row(2)]
    assert channel.take().items == []


def test_rows_without_room_are_counted_once() -> None:
    channel = Channel(max_items=3)
    for step in range(1, 6):
        channel.put_row(row(step))

    taken = channel.take()

    assert [item.step for item in taken.items] == [1, 2, 3]
    assert taken.left_out == 2
    assert channel.take().left_out == 0


def test_an_event_always_finds_room() -> None:
    channel = Channel(max_items=1)
    channel.put_row(row(1))
    channel.put(Noted(time=1.0, text="answer"))

    assert len(channel.take().items) == 2


def test_grids_without_room_are_counted_and_previews_are_not() -> None:
    channel = Channel()
    for step in range(MAX_DRAWN + 2):
        channel.put_drawn(drawn(step))
    channel.put_drawn(drawn(99, is_kept=False))

    taken = channel.take()
    channel.put_drawn(drawn(100))

    assert (len(taken.items), taken.grids_left_out) == (MAX_DRAWN, 2)
    assert len(channel.take().items) == 1


def test_an_event_wakes_the_writer_and_a_row_does_not() -> None:
    channel = Channel()
    channel.put_row(row(1))
    begun = time.monotonic()
    channel.wait(0.05)
    assert time.monotonic() - begun >= 0.04

    channel.put(Noted(time=1.0, text="now"))
    begun = time.monotonic()
    channel.wait(30.0)
    assert time.monotonic() - begun < 10
