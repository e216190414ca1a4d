"""What the disk refuses waits in bounded memory, and what has made way is counted."""

from __future__ import annotations

import numpy as np

from gan.events import Event, Noted, SeriesLogged
from gan.recorder.backlog import Backlog


def steps(first_step: int, count: int) -> SeriesLogged:
    values = {"loss": np.zeros(count, np.float32)}
    return SeriesLogged(time=1.0, first_step=first_step, series=values, train_seconds=1.0)


def test_all_comes_out_in_order_once() -> None:
    backlog, out = Backlog(), list[Event]()
    sent = [steps(1, 3), Noted(time=1.0, text="between"), steps(4, 2)]
    for event in sent:
        backlog.add((event,))

    backlog.flush(out.append)
    backlog.flush(out.append)

    assert out == sent


def test_the_oldest_steps_make_way() -> None:
    backlog, out = Backlog(max_values=1000), list[Event]()
    for number in range(10):
        backlog.add((steps(1 + 300 * number, 300),), 300)

    backlog.flush(out.append)

    assert [event.first_step for event in out if isinstance(event, SeriesLogged)] == [2401, 2701]
    assert backlog.take_left_out() == 2400
    assert backlog.take_left_out() == 0
