"""A run as the dashboard sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gan import events
from gan.commands import Command, Pause
from gan.exchange.event_buffer import EventBuffer
from gan.export.request import ExportRequest
from tests.fakes import START, squares
from tui.model.source import LiveSource

if TYPE_CHECKING:
    from tui.model.source import Source


def test_a_live_source_passes_everything_on() -> None:
    sent: list[Command] = []
    buffer = EventBuffer()
    source: Source = LiveSource(
        earlier=buffer.earlier,
        drain=buffer.drain,
        send=sent.append,
        output=lambda: ["noise"],
        read_grid=lambda path: np.full((16, 28, 28), len(path), np.uint8),
        export=lambda request: f"{request.kind} {request.step}",
    )

    source.send(Pause())
    buffer(events.SamplesDrawn(time=START, step=3, images=squares(), path=None))

    assert sent == [Pause()]
    assert [type(event) for event in source.drain()] == [events.SamplesDrawn]
    assert source.output() == ["noise"]
    assert source.read_grid("abc")[0, 0, 0] == 3
    assert source.export(ExportRequest(kind="film", step=7)) == "film 7"
