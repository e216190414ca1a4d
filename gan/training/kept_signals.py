"""A signal's handler, kept although native code would replace it."""

from __future__ import annotations

import ctypes
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def kept_handler(number: int) -> Iterator[None]:
    """Put back, after the block, the handler that a signal has before it.

    Of native code's handlers `signal.getsignal` knows nothing, and only the main thread may call
    `signal.signal`. Python's own functions below them serve any thread.

    Args:
        number: The signal's.
    """
    get = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.c_int)(("PyOS_getsig", ctypes.pythonapi))
    put = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)(
        ("PyOS_setsig", ctypes.pythonapi)
    )
    handler = get(number)
    try:
        yield
    finally:
        put(number, handler)
