"""The dashboard's looks: five states at four sizes, as pictures that a person has looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import fakes
from tests.fakes import FakeSource
from tui.app import GanTuiApp

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot

    from gan.events import Event

SIZES = [(60, 20), (80, 24), (120, 40), (200, 60)]
STATES = {
    "waiting": fakes.compiling,
    "training": fakes.training,
    "paused": fakes.paused,
    "failed": fakes.failed,
    "finished": fakes.finished,
}


class StayingApp(GanTuiApp):
    """The application, but a failure does not end it, so that its last picture can be taken."""

    def _run_ended(self) -> None:
        pass


async def drawn(pilot: Pilot[None]) -> None:
    """Wait until the story has been told and drawn."""
    app = pilot.app
    assert isinstance(app, GanTuiApp)
    while not app.state.log:
        await pilot.pause(0.005)
    await pilot.pause()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("story", STATES.values(), ids=STATES.keys())
def test_the_dashboard_looks_as_it_did(
    story: Callable[[], list[Event]], size: tuple[int, int], snap_compare: Callable[..., bool]
) -> None:
    app = StayingApp(FakeSource(story()), frames_per_second=100)

    assert snap_compare(app, terminal_size=size, run_before=drawn)


@pytest.mark.parametrize("keys", [["q"], ["question_mark"]], ids=["quit", "help"])
def test_the_dialogs_look_as_they_did(keys: list[str], snap_compare: Callable[..., bool]) -> None:
    async def asked(pilot: Pilot[None]) -> None:
        await drawn(pilot)
        await pilot.press(*keys)
        await pilot.pause()

    app = StayingApp(FakeSource(fakes.paused()), frames_per_second=100)

    assert snap_compare(app, run_before=asked)
