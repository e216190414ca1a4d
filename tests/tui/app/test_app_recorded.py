"""The dashboard over a recorded run: its keys, the list of its series, what it lets one ask."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Button, OptionList, Static

from gan import events
from gan.commands import Pause, SaveCheckpoint, Stop
from gan.disk.process import ProcessIdentity
from gan.run_facts.sighting import Liveness, Sighting, Viewing
from tests import recorded_runs
from tests.fakes import START, floats
from tests.recorded_runs import begun, classifier_story, gan_story, logged, single_story
from tests.tui.showing import RunningApp, running
from tui.model.charted import MAX_CHARTED
from tui.model.run_state import RunState, apply
from tui.screens.help import HelpScreen
from tui.screens.quit_dialog import QuitDialog
from tui.screens.series_dialog import SeriesDialog

if TYPE_CHECKING:
    from textual.screen import Screen

LIVE = Viewing(sighting=Sighting(Liveness.LIVE, 0.0, ProcessIdentity.current()))


def on_top(dash: RunningApp) -> Screen[object]:
    screen: Screen[object] = dash.app.screen
    return screen


def toasts(dash: RunningApp) -> list[str]:
    return [one.message for one in dash.app._notifications]


class TestKeys:
    async def test_commands_that_the_loop_carries_out_are_sent(self) -> None:
        async with running(gan_story()) as dash:
            await dash.press("space", "s")

            assert dash.source.sent == [Pause(), SaveCheckpoint()]

    @pytest.mark.parametrize(
        ("key", "words"),
        [
            ("r", "The loop of dcgan_train.py gives no way to draw new latents."),
            ("i", "The loop of dcgan_train.py gives no way to interpolate."),
            ("E", "The loop of dcgan_train.py gives no way to evaluate its images."),
            ("b", "The loop of dcgan_train.py gives no way to roll back."),
            ("w", "The loop of dcgan_train.py gives no way to draw from another generator."),
            ("v", "dcgan_train.py has not recorded its data."),
        ],
    )
    async def test_any_other_says_why_nothing_happens(self, key: str, words: str) -> None:
        async with running(gan_story()) as dash:
            await dash.press(key)

            assert dash.source.sent == []
            assert toasts(dash) == [words]

    @pytest.mark.parametrize(("key", "title"), [("r", "Not asked"), ("v", "Nothing to show")])
    async def test_what_would_be_asked_of_the_loop_is_not_said_to_be_shown(
        self, key: str, title: str
    ) -> None:
        async with running(gan_story()) as dash:
            await dash.press(key)

            assert [one.title for one in dash.app._notifications] == [title]

    @pytest.mark.parametrize("key", ["space", "s", "r"])
    async def test_a_loop_that_never_obeys_is_said_to_take_no_commands(self, key: str) -> None:
        loss = logged(1, {"loss": floats(1, 2)})
        async with running([*begun(obeys=()), loss]) as dash:
            await dash.press(key)

            words = "train.py has not called run.obey(): its loop takes no commands."
            assert toasts(dash) == [words]

    async def test_evaluations_that_it_can_not_have_are_no_export(self) -> None:
        async with running(gan_story()) as dash:
            await dash.press("e", "m")

            labels = [str(button.label) for button in on_top(dash).query(Button)]
            assert any("CSV" in label for label in labels)
            assert not any("evaluations" in label for label in labels)

    async def test_a_loop_that_can_be_paused_can_go_on(self) -> None:
        async with running([*gan_story(), events.Paused(time=START, step=1200)]) as dash:
            assert "Unpause" in dash.row("keys")

    async def test_the_key_bar_offers_only_what_there_is(self) -> None:
        async with running(classifier_story(), size=(200, 24)) as dash:
            keys = dash.row("keys")

        assert "Pause" in keys
        assert "Series" in keys
        for word in ("Save", "Resample", "Glyphs", "Full screen", "Animate", "Real digits"):
            assert word not in keys

    @pytest.mark.parametrize("key", ["g", "f", "enter", "a", "left_square_bracket"])
    async def test_keys_of_images_say_that_there_are_none(self, key: str) -> None:
        async with running(classifier_story()) as dash:
            before = dash.app.view
            await dash.press(key)

            assert dash.app.view is before
            assert toasts(dash) == ["fit.py has recorded no images."]

    async def test_once_there_are_images_they_have_their_place_and_keys(self) -> None:
        async with running(classifier_story(), size=(120, 40)) as dash:
            assert not dash.app.query_one("#digits").display

            await dash.put(recorded_runs.drawn(1200))

            assert dash.app.query_one("#digits").display
            assert "Glyphs" in dash.row("keys")

    async def test_the_help_has_no_key_that_can_do_nothing(self) -> None:
        async with running(classifier_story()) as dash:
            await dash.press("question_mark")
            screen = on_top(dash)
            assert isinstance(screen, HelpScreen)
            actions = {one.action for one in screen._described}

        assert "choose_series" in actions
        assert not actions & {"ask('resample')", "view('glyphs')", "interpolate", "play"}

    async def test_a_run_of_our_own_has_no_list_of_series(self) -> None:
        async with running() as dash:
            await dash.press("c")
            assert not isinstance(on_top(dash), SeriesDialog)

            await dash.press("question_mark")
            screen = on_top(dash)
            assert isinstance(screen, HelpScreen)
            assert "choose_series" not in {one.action for one in screen._described}

    async def test_nor_has_a_run_of_one_series(self) -> None:
        async with running(single_story()) as dash:
            await dash.press("c")

            assert not isinstance(on_top(dash), SeriesDialog)


class TestSeriesDialog:
    async def test_what_is_chosen_is_charted_once_it_closes(self) -> None:
        async with running(gan_story(), size=(120, 40)) as dash:
            await dash.press("c", "down", "down", "space", "c")

            assert dash.app.view.series == ("d_loss", "g_loss", "gradient_penalty")
            assert "gradient_penalty" in dash.row("chart")

    async def test_what_is_taken_away_is_not(self) -> None:
        async with running(gan_story(), size=(120, 40)) as dash:
            await dash.press("c", "space", "escape")

            assert "D loss" not in dash.row("chart")

    async def test_with_nothing_chosen_the_default_comes_back(self) -> None:
        async with running(gan_story(), size=(120, 40)) as dash:
            await dash.press("c", "space", "down", "space", "escape")

            assert dash.app.view.series == ()
            assert "D loss" in dash.row("chart")

    async def test_more_than_can_be_told_apart_are_refused(self) -> None:
        names = {f"s{number}": floats(1, 2) for number in range(MAX_CHARTED + 2)}
        async with running([*begun(), logged(1, names)]) as dash:
            keys = [key for _ in range(MAX_CHARTED) for key in ("down", "space")]
            await dash.press("c", *keys)
            hint = str(on_top(dash).query_one("#hint", Static).render())
            await dash.press("escape")

            assert len(dash.app.view.series) == MAX_CHARTED
            assert str(MAX_CHARTED) in hint

    async def test_many_series_with_any_names_can_be_gone_through(self) -> None:
        names = {f"[red]名前{number}\x1b[0m" * 3: floats(number) for number in range(90)}
        async with running([*begun(), logged(1, names)]) as dash:
            await dash.press("c", "pagedown", "end", "pageup", "home", "down", "space", "escape")

            assert len(dash.app.view.series) == 2

    async def test_it_says_how_many_are_not_kept(self) -> None:
        names = {f"s{number}": floats(number) for number in range(100)}
        async with running([*begun(), logged(1, names)]) as dash:
            await dash.press("c")

            assert "36 more" in str(on_top(dash).query_one("#left-out", Static).render())

    async def test_its_list_fits_on_a_small_screen(self) -> None:
        names = {f"s{number}": floats(number) for number in range(30)}
        async with running([*begun(), logged(1, names)], size=(40, 12)) as dash:
            await dash.press("c", "end")

            place = on_top(dash).query_one(OptionList).region
            assert 0 < place.bottom <= 12


class TestLeaving:
    async def test_a_loop_that_can_be_stopped_is_asked_about(self) -> None:
        async with running(gan_story()) as dash:
            dash.source.seen = LIVE
            await dash.press("q")
            screen = on_top(dash)
            assert isinstance(screen, QuitDialog)
            assert list(screen.answers) == ["leave", "save", "cancel"]

            await dash.press("f")
            assert isinstance(on_top(dash), QuitDialog)

            await dash.press("s")
            assert dash.source.sent == [Stop("now")]

    async def test_one_that_can_not_is_left_at_once(self) -> None:
        async with running(single_story()) as dash:
            dash.source.seen = LIVE
            await dash.press("q")

            assert not dash.app.is_running or dash.app._exit


async def test_a_state_that_is_shown_anew_keeps_the_choice() -> None:
    async with running(gan_story(), size=(120, 40)) as dash:
        await dash.press("c", "down", "down", "space", "c")
        chosen = dash.app.view.series
        await dash.put(*recorded_runs.gan_steps(1201, 5, seconds=11.0))

        assert dash.app.view.series == chosen


def test_the_stories_are_those_of_recorded_runs() -> None:
    """Else the tests above would prove less."""
    for story in recorded_runs.STORIES.values():
        assert reduce(apply, story(), RunState()).is_recorded
    assert replace(LIVE).can_steer
