"""Pictures of a comparison that a person has checked: two and four runs at the usual sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.tui.app.test_compare_app import runs
from tests.tui.comparing import FakeRun, story
from tui.app.compare_app import CompareApp

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot


async def drawn(pilot: Pilot[None]) -> None:
    """Wait until every run is read and its digits are drawn."""
    app = pilot.app
    assert isinstance(app, CompareApp)
    while not all(picture and picture.images is not None for picture in app._pictures):
        await pilot.pause(0.005)
    await pilot.pause()


def unlike() -> list[FakeRun]:
    """Two runs whose distances can't be compared."""
    one, other = runs(2)
    other.reading = FakeRun("", story(400, fds=[(100, 30.0), (300, 5.0)], images=100)).reading
    return [one, other]


async def listed(pilot: Pilot[None]) -> None:
    while not all(run.state for run in pilot.app.runs):  # type: ignore[attr-defined]
        await pilot.pause(0.005)
    await pilot.press("d")
    await pilot.pause()
    await pilot.pause()


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
@pytest.mark.parametrize("count", [2, 4])
def test_a_comparison_looks_as_it_did(
    count: int, size: tuple[int, int], snap_compare: Callable[..., bool]
) -> None:
    assert snap_compare(CompareApp(runs(count)), terminal_size=size, run_before=drawn)


def test_the_list_of_differences_looks_as_it_did(snap_compare: Callable[..., bool]) -> None:
    assert snap_compare(CompareApp(unlike()), terminal_size=(80, 24), run_before=listed)
