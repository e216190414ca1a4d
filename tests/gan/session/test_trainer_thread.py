"""The thread that trains, waited for and given up."""

from __future__ import annotations

import threading
import time

from gan.session.trainer_thread import TrainerThread

SOON = 10.0


def waited(go_on: threading.Event) -> None:
    """Stand in for a training."""
    go_on.wait(SOON)


def test_it_has_ended_once_its_work_is_done() -> None:
    go_on = threading.Event()
    thread = TrainerThread(lambda: waited(go_on))
    thread.start()
    assert not thread.join(0)
    assert not thread.ends_within(0)
    go_on.set()
    assert thread.join(None)
    assert thread.ends_within(0)


def test_whoever_waits_for_it_hears_that_it_was_given_up() -> None:
    go_on = threading.Event()
    thread = TrainerThread(lambda: waited(go_on))
    thread.start()
    threading.Timer(0.05, thread.give_up).start()
    begun = time.monotonic()
    assert thread.join(SOON)
    assert time.monotonic() - begun < SOON / 2
    assert not thread.ends_within(0)
    go_on.set()
    assert thread.ends_within(SOON)
