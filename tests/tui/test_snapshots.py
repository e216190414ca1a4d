"""Pictures of the dashboard that a person has checked: its states at six sizes, and each theme."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gan.readings import MachineReading
from tests import fakes, recorded_runs
from tests.fakes import FakeSource
from tests.tui.showing import QUICK
from tui.app.app import GanTuiApp
from tui.model.view import View
from tui.style.themes import THEMES

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot


USUAL_SIZES = [(80, 24), (120, 40)]
OTHER_SIZES = [(40, 12), (60, 18), (100, 30), (200, 60)]
SIZES = [
    *(pytest.param(size, id=f"{size[0]}x{size[1]}") for size in USUAL_SIZES),
    *(
        pytest.param(size, id=f"{size[0]}x{size[1]}", marks=pytest.mark.slow)
        for size in OTHER_SIZES
    ),
]
STATES = {
    "waiting": fakes.compiling,
    "training": fakes.training,
    "paused": fakes.paused,
    "failed": fakes.failed,
    "finished": fakes.finished,
    "looked-back": fakes.training,
    "measured": fakes.measured,
    "raw": fakes.raw,
}
LOOKED_BACK = View(log_axis=False, smoothing=0.9, cursor=500, enlarged=True, digit=5, real=True)
"""What a person may have opened, all at once."""


READING = MachineReading(process_cpu=187.0, machine_cpu=96.0, memory=1_300_000_000)


class StayingApp(GanTuiApp):
    """The application, but a failure does not end it, and the machine is the same everywhere."""

    def on_mount(self) -> None:
        super().on_mount()
        self.clock = lambda: fakes.START + 7
        self._quitter.update = lambda _: None  # type: ignore[method-assign]

    async def _measure(self) -> None:
        self._monitor.reading = READING
        self._painter.paint()


async def drawn(pilot: Pilot[None]) -> None:
    """Wait until the story has happened and is drawn."""
    app = pilot.app
    assert isinstance(app, GanTuiApp)
    while not app.state.log:
        await pilot.pause(0.005)
    await app._measure()
    await pilot.pause()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("state", STATES)
def test_the_dashboard_looks_as_it_did(
    state: str, size: tuple[int, int], snap_compare: Callable[..., bool]
) -> None:
    view = LOOKED_BACK if state == "looked-back" else View()
    app = StayingApp(FakeSource(STATES[state]()), settings=replace(QUICK, view=view))

    assert snap_compare(app, terminal_size=size, run_before=drawn)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("story", recorded_runs.STORIES)
def test_a_recorded_run_looks_as_it_did(
    story: str, size: tuple[int, int], snap_compare: Callable[..., bool]
) -> None:
    app = StayingApp(FakeSource(recorded_runs.STORIES[story]()), settings=QUICK)

    assert snap_compare(app, terminal_size=size, run_before=drawn)


@pytest.mark.parametrize("theme", ["light", "colour-blind"])
def test_four_lines_of_a_recorded_run_look_as_they_did(
    theme: str, snap_compare: Callable[..., bool]
) -> None:
    every = ("d_loss", "g_loss", "gradient_penalty", "wasserstein")
    view = View(theme=theme, series=every, cursor=900)
    app = StayingApp(FakeSource(recorded_runs.gan_story()), settings=replace(QUICK, view=view))

    assert snap_compare(app, terminal_size=(120, 40), run_before=drawn)


def test_the_list_of_series_looks_as_it_did(snap_compare: Callable[..., bool]) -> None:
    async def asked(pilot: Pilot[None]) -> None:
        await drawn(pilot)
        await pilot.press("c", "down", "down", "space")
        await pilot.pause()

    app = StayingApp(FakeSource(recorded_runs.gan_story()), settings=QUICK)

    assert snap_compare(app, run_before=asked)


@pytest.mark.parametrize("theme", THEMES)
def test_each_theme_looks_as_it_did(theme: str, snap_compare: Callable[..., bool]) -> None:
    app = StayingApp(FakeSource(fakes.paused()), settings=replace(QUICK, view=View(theme=theme)))

    assert snap_compare(app, terminal_size=(120, 40), run_before=drawn)


@pytest.mark.parametrize(
    "keys",
    [["q"], ["question_mark"], ["e"], ["o"]],
    ids=["quit", "help", "export", "log"],
)
def test_the_dialogs_look_as_they_did(keys: list[str], snap_compare: Callable[..., bool]) -> None:
    async def asked(pilot: Pilot[None]) -> None:
        await drawn(pilot)
        await pilot.press(*keys)
        await pilot.pause()

    app = StayingApp(FakeSource(fakes.paused()), settings=QUICK)

    assert snap_compare(app, run_before=asked)
