"""A handler of this process survives what native code installs, seen from any thread."""

from __future__ import annotations

import ctypes
import os
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from gan.training.kept_signals import kept_handler

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def received() -> Iterator[list[int]]:
    """The signals that this process's handler has been given."""
    numbers: list[int] = []
    before = signal.signal(signal.SIGUSR2, lambda number, _: numbers.append(number))
    yield numbers
    signal.signal(signal.SIGUSR2, before)


def ignore_natively() -> None:
    """Replace the handler as a library in C does; Python doesn't see it."""
    ctypes.CDLL(None).signal(int(signal.SIGUSR2), ctypes.c_void_p(int(signal.SIG_IGN)))


def test_a_handler_that_native_code_replaces_is_put_back(received: list[int]) -> None:
    def replace() -> None:
        with kept_handler(signal.SIGUSR2):
            ignore_natively()

    thread = threading.Thread(target=replace)
    thread.start()
    thread.join()
    os.kill(os.getpid(), signal.SIGUSR2)
    assert received == [signal.SIGUSR2]


def test_it_is_put_back_after_an_error_too(received: list[int]) -> None:
    def fail() -> None:
        with kept_handler(signal.SIGUSR2):
            ignore_natively()
            raise OSError("no server")

    with pytest.raises(OSError, match="no server"):
        fail()
    os.kill(os.getpid(), signal.SIGUSR2)
    assert received == [signal.SIGUSR2]
