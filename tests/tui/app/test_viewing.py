"""The dashboard over a run of another process: what it says of it, and what it lets one ask."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gan import events
from gan.commands import Pause, Stop
from gan.disk.process import ProcessIdentity
from gan.exchange.event_buffer import ShownAnew
from gan.run_facts.sighting import SLOW_SECONDS, Asked, Liveness, Sighting, Viewing
from tests import fakes
from tests.fakes import START, steps
from tests.tui.showing import RunningApp, running
from tui.screens.quit_dialog import QuitDialog
from tui.terminal.signal_flags import SignalFlags

LIVE = Viewing(sighting=Sighting(Liveness.LIVE, 0.0, ProcessIdentity.current()))


def seen(liveness: Liveness, seconds: float = 0.0) -> Viewing:
    return replace(LIVE, sighting=Sighting(liveness, seconds))


async def show(dash: RunningApp, viewing: Viewing) -> str:
    """The header after the viewer has learned this."""
    dash.source.seen = viewing
    await dash.put(steps(2000, 1))
    return dash.row("header")


@pytest.mark.parametrize(
    ("viewing", "words"),
    [
        (LIVE, "attached"),
        (replace(LIVE, may_steer=False), "watching"),
        (replace(LIVE, asked=(Asked("save", 0.5),)), "asked: save"),
        (replace(LIVE, asked=(Asked("save", SLOW_SECONDS),)), "save: no answer for 10 s"),
        (replace(LIVE, done="save"), "done: save"),
        (replace(LIVE, reading=0.457), "reading the log: 46%"),
        (replace(seen(Liveness.DIED), reading=0.457), "its process is gone"),
        (seen(Liveness.SILENT, 23.0), "silent for 0:23"),
        (seen(Liveness.UNKNOWN), "not known if it lives"),
        (seen(Liveness.DIED), "its process is gone"),
        (replace(seen(Liveness.DIED), asked=(Asked("save", 43.0),)), "its process is gone"),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)
async def test_the_header_says_what_is_known_of_the_process(viewing: Viewing, words: str) -> None:
    async with running(size=(120, 40)) as dash:
        assert words in await show(dash, viewing)


async def test_a_run_that_has_ended_owes_no_answer() -> None:
    async with running(size=(120, 40)) as dash:
        header = await show(dash, replace(seen(Liveness.ENDED), asked=(Asked("save", 43.0),)))

        assert "save" not in header


async def test_a_dead_process_is_no_training() -> None:
    async with running(size=(120, 40)) as dash:
        header = await show(dash, seen(Liveness.DIED))

        assert "DIED" in header
        assert "TRAINING" not in header
        assert "step" in dash.row("status")
        assert "ETA" not in dash.row("status")
        assert "img/s" not in dash.row("status")


async def test_the_keys_steer_the_run() -> None:
    async with running(size=(120, 40)) as dash:
        await show(dash, LIVE)

        await dash.press("space")

        assert dash.source.sent == [Pause()]


@pytest.mark.parametrize(
    ("viewing", "why"),
    [
        (replace(LIVE, may_steer=False), "This run is only watched. gan-tui attach steers it."),
        (seen(Liveness.DIED), "No process trains this run."),
    ],
    ids=["watching", "died"],
)
async def test_nothing_can_be_asked_of_a_run_that_is_watched_or_dead(
    viewing: Viewing, why: str
) -> None:
    async with running(size=(120, 40)) as dash:
        await show(dash, viewing)

        await dash.press("space", "s", "r", "i")

        assert dash.source.sent == []
        assert "Pause" not in dash.row("keys")
        assert [toast.message for toast in dash.app._notifications] == [why] * 4


@pytest.mark.parametrize(
    ("viewing", "why", "steers"),
    [
        (LIVE, "", True),
        (replace(LIVE, may_steer=False), "gan-tui attach steers it", False),
        (seen(Liveness.DIED), "No process trains this run", False),
    ],
    ids=["attached", "watching", "died"],
)
async def test_the_help_lists_the_keys_that_work_here(
    viewing: Viewing, why: str, steers: bool
) -> None:
    async with running(size=(120, 90)) as dash:
        await show(dash, viewing)

        await dash.press("question_mark")

        text = "\n".join(strip.text for strip in dash.app.screen._compositor.render_strips())
        assert why in text
        assert ("Pause the training" in text) is steers
        assert ("Play an interpolation" in text) is steers
        assert "Write the grid" in text


async def test_a_key_that_changes_the_view_is_not_explained() -> None:
    async with running(size=(120, 40)) as dash:
        await show(dash, replace(LIVE, may_steer=False))

        await dash.press("g", "z", "left")

        assert list(dash.app._notifications) == []


@pytest.mark.parametrize(
    "viewing", [replace(LIVE, may_steer=False), seen(Liveness.DIED)], ids=["watching", "died"]
)
async def test_a_run_that_cannot_be_stopped_is_left_without_a_question(viewing: Viewing) -> None:
    async with running() as dash:
        await show(dash, viewing)

        await dash.press("q")

        assert not dash.app.is_running
        assert dash.source.sent == []


async def test_a_run_of_another_process_can_be_left_or_stopped() -> None:
    flags = SignalFlags()
    async with running(signals=flags) as dash:
        await show(dash, LIVE)
        await dash.press("q")
        assert isinstance(dash.app.screen, QuitDialog)

        await dash.press("l")

        assert not dash.app.is_running
        assert flags.has_left
        assert dash.source.sent == []


async def test_the_run_of_this_process_can_be_left_if_it_has_a_parent() -> None:
    flags = SignalFlags(can_leave=True)
    async with running(signals=flags) as dash:
        await dash.press("q", "l")

        assert not dash.app.is_running
        assert flags.has_left


async def test_without_a_parent_it_can_only_be_stopped() -> None:
    async with running() as dash:
        await dash.press("q", "l")
        assert dash.app.is_running

        await dash.press("s")
        assert dash.source.sent == [Stop()]


async def test_a_refusal_is_shown_to_whoever_asked() -> None:
    refused = events.CommandAnswered(
        time=START, id="a" * 16, command="save", sender="x", step=7, done=False, reason="no [disk]"
    )
    async with running(size=(120, 40)) as dash:
        await show(dash, LIVE)
        await dash.put(refused)
        assert not dash.app._notifications

        dash.source.asked.add("a" * 16)
        await dash.put(refused)

        (toast,) = dash.app._notifications
        assert toast.message == "save: no [disk]"


async def test_what_happened_before_rings_for_nobody() -> None:
    async with running(fakes.loading()) as dash:
        dash.source.before = [
            events.AlertRaised(time=START, step=5, name="d_loss_near_zero", message="it is")
        ]
        await dash.put()

        assert not dash.app._notifications
        assert dash.app.state.marks == ((5, "!"),)


async def test_a_run_that_is_resumed_elsewhere_is_shown_anew() -> None:
    async with running() as dash:
        assert dash.app.state.progress.step > 0
        dash.source.before = [ShownAnew(time=START), steps(1, 3)]

        await dash.put()

        assert dash.app.state.progress.step == 3
        assert dash.app.state.losses.last_step == 3
