"""The dashboard over a run of another process: it stays, and offers what can be carried out."""

from __future__ import annotations

from gan.commands import Stop
from gan.exchange.event_buffer import ShownAnew
from gan.run_facts.sighting import Liveness, Sighting, Viewing
from tests import fakes
from tests.tui.showing import RunningApp, running

LIVE = Viewing(sighting=Sighting(Liveness.LIVE))
DIED = Viewing(sighting=Sighting(Liveness.DIED))
WATCHING = Viewing(may_steer=False, sighting=Sighting(Liveness.LIVE))


async def resume(dash: RunningApp) -> None:
    """Another process goes on with the run."""
    dash.source.seen = LIVE
    dash.source.before = [ShownAnew(time=0.0), *fakes.training()]
    await dash.put()


async def test_a_viewer_stays_when_the_run_has_failed() -> None:
    async with running() as dash:
        dash.source.seen = LIVE
        await dash.put(*fakes.failed())

        assert dash.app.is_running
        assert "FAILED" in dash.row("header")


async def test_the_keys_of_commands_go_with_the_process_and_come_back_with_another() -> None:
    async with running() as dash:
        dash.source.seen = LIVE
        await dash.put()
        assert "space Pause" in dash.row("keys")

        dash.source.seen = DIED
        await dash.put()
        await dash.until(lambda: "Pause" not in dash.row("keys"))
        assert "DIED" in dash.row("header")

        await resume(dash)
        await dash.until(lambda: "space Pause" in dash.row("keys"))


async def test_who_watches_is_offered_no_commands() -> None:
    async with running() as dash:
        dash.source.seen = WATCHING
        await dash.put()
        await dash.press("space", "s", "r", "i", "E")

        assert dash.source.sent == []
        assert "Pause" not in dash.row("keys")


async def test_a_stop_that_one_process_was_asked_for_says_nothing_of_the_next() -> None:
    async with running() as dash:
        dash.source.seen = LIVE
        await dash.put()
        await dash.press("q", "f")
        assert "STOPPING" in dash.row("header")
        dash.source.seen = DIED
        await dash.put()

        await resume(dash)

        assert "TRAINING" in dash.row("header")
        await dash.press("q", "s")
        assert dash.source.sent == [Stop("epoch_end"), Stop("now")]
        assert dash.app.is_running


async def test_a_run_that_was_resumed_after_its_end_can_be_stopped() -> None:
    async with running() as dash:
        dash.source.seen = LIVE
        await dash.put(*fakes.failed())

        await resume(dash)
        await dash.press("q", "s")

        assert dash.source.sent == [Stop("now")]
        assert dash.app.is_running
