"""The quality of the generated images on the dashboard, from the events of a run."""

from __future__ import annotations

import pytest

from gan import events
from tests import fakes
from tests.fakes import START, quality, steps
from tests.tui.showing import RunningApp, running


def is_shown(dash: RunningApp) -> bool:
    return dash.app.query_one("#quality").display


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=str)
async def test_the_first_evaluation_makes_room_for_itself(size: tuple[int, int]) -> None:
    async with running(size=size) as dash:
        chart = dash.app.query_one("#chart")
        before = chart.size.height
        assert not is_shown(dash)

        await dash.put(quality(1200, 8.21))
        text = "".join(dash.row("quality", y) for y in range(2))
        assert is_shown(dash)
        assert "8.21" in text
        assert chart.size.height < before


async def test_without_evaluations_the_room_is_that_of_the_chart() -> None:
    async with running() as dash:
        await dash.put(steps(1201, 500))

        assert not is_shown(dash)
        assert dash.app.query_one("#chart").size.height == 15


async def test_a_rollback_to_before_the_first_evaluation_gives_the_room_back() -> None:
    async with running() as dash:
        await dash.put(quality(1100, 8.21))
        assert is_shown(dash)

        await dash.put(events.RolledBack(time=START, step=1000, branch=1))
        assert not is_shown(dash)


async def test_other_features_change_what_there_is_to_see() -> None:
    """Without classes there are no bars, and nothing stays of the figures before."""
    async with running(fakes.measured(), size=(120, 40)) as dash:
        assert dash.app.query_one("#quality").size.height == 6

        await dash.put(quality(1404, 20.0, features="projection-1", census=fakes.floats()))
        assert dash.app.query_one("#quality").size.height == 4
        assert "projection-1" in dash.row("quality", 0)
        assert "best 20.0 @1,404" in dash.row("quality", 1)


async def test_a_run_that_trains_on_sends_nothing_of_it_again() -> None:
    async with running(fakes.measured(), size=(120, 40)) as dash:
        panel = dash.app.query_one("#quality")
        drawn: list[object] = []
        panel.redraw = lambda: drawn.append(None)  # type: ignore[attr-defined]

        for step in range(1201, 1211):
            await dash.put(steps(step, 1))
        assert drawn == []

        await dash.put(quality(1404, 7.0))
        assert drawn == [None]


async def test_a_sign_of_bad_images_is_a_toast_and_a_line_of_the_log() -> None:
    words = "no image of class 7 in the last 3 evaluations"
    async with running(size=(120, 40)) as dash:
        await dash.put(
            events.AlertRaised(time=START, step=1200, name="classes_missing", message=words)
        )
        (toast,) = dash.app._notifications

        assert (toast.title, toast.message) == ("Classes missing", words)
        assert words in dash.app.state.log[-1].text
