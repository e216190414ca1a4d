"""What every test of the dashboard shares: a fixed time zone, and waits that measure no time."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Local time is UTC."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture(autouse=True, scope="session")
def idle_event_loop() -> Iterator[None]:
    """After a key or a pause, Textual's pilot waits for an idle event loop.

    Its own wait is for a process that uses under 1 ms of processor time in 20 ms. That takes at
    least 20 ms, three times a key, and up to a second where TensorFlow's threads are awake.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("textual.app.wait_for_idle", _until_idle)
        patch.setattr("textual.pilot.wait_for_idle", _until_idle)
        yield


async def _until_idle(_min_seconds: float = 0, max_seconds: float = 1) -> None:
    """Wait until every task of the event loop waits for a timer, a thread or a file."""
    loop, began = asyncio.get_running_loop(), time.monotonic()
    await asyncio.sleep(0)
    while loop._ready and time.monotonic() - began < max_seconds:  # noqa: ASYNC110
        await asyncio.sleep(0)
