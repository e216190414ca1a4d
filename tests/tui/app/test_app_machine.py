"""The machine's numbers on the dashboard: read beside it, and no reason for it to end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psutil

from tests.tui.showing import running

if TYPE_CHECKING:
    import pytest


async def test_the_machine_is_told_of_from_the_second_look_on() -> None:
    async with running(size=(120, 40)) as told:
        assert told.app._dashboard.reading is None
        for _ in range(2):
            await told.app._measure()

        reading = told.app._dashboard.reading
        assert reading is not None
        assert reading.memory > 10 * 2**20


async def test_a_machine_that_tells_nothing_ends_no_dashboard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse() -> None:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "cpu_times", refuse)
    async with running(size=(120, 40)) as told:
        for _ in range(2):
            await told.app._measure()

        assert told.app._dashboard.reading is None
        assert told.app.is_running
