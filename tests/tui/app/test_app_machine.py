"""The machine's numbers on the dashboard: read in another thread, and no reason to end it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psutil

from tests.tui.showing import running

if TYPE_CHECKING:
    import pytest


async def test_the_machine_is_shown_from_the_second_reading_on() -> None:
    async with running(size=(120, 40)) as dash:
        assert dash.app._scene().reading is None
        for _ in range(2):
            await dash.app._measure()

        reading = dash.app._scene().reading
        assert reading is not None
        assert reading.memory > 10 * 2**20
        await dash.until(lambda: "CPU" in dash.row("machine"))


async def test_a_machine_that_reports_nothing_ends_no_dashboard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse() -> None:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "cpu_times", refuse)
    async with running(size=(120, 40)) as dash:
        for _ in range(2):
            await dash.app._measure()

        assert dash.app._scene().reading is None
        assert dash.app.is_running
