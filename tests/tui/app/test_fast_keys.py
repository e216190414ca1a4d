"""Keys and clicks that come faster than screens open and close: the first answer counts."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import pytest
from textual.command import CommandList

from gan.commands import Resample, Stop
from tests.key_storms import storm
from tests.tui.showing import running
from tui.app.action_palette import ActionPalette
from tui.screens.export_dialog import ExportDialog
from tui.screens.help import HelpScreen
from tui.screens.log_screen import LogScreen
from tui.screens.quit_dialog import QuitDialog
from tui.terminal.input_events import InputEvents
from tui.terminal.tokens import Tokenizer

if TYPE_CHECKING:
    from tests.tui.showing import RunningApp

UP, DOWN, ENTER, PAGE_DOWN, ACTIONS = b"\x1b[A", b"\x1b[B", b"\r", b"\x1b[6~", b"\x10"
CLICK = b"\x1b[<0;2;2M\x1b[<0;2;2m"


class Keyboard:
    """Passes bytes to an app as the input thread does."""

    def __init__(self, dash: RunningApp) -> None:
        self._dash, self._tokenizer = dash, Tokenizer()
        self._found = InputEvents(lambda: (80, 24))

    def type(self, data: bytes) -> None:
        """Everything in one read."""
        for token in self._tokenizer.feed(data):
            for event in self._found.of(token):
                event.set_sender(self._dash.app)
                self._dash.app.post_message(event)

    async def settle(self) -> None:
        """Wait until everything that was typed has been handled."""
        for _ in range(20):
            await self._dash.pilot.pause()


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param(b"e" + UP + ENTER + b"c", id="export, a button and a key"),
        pytest.param(b"e" + ENTER + b"\x1b[27u" + b"e", id="export, answered and cancelled"),
        pytest.param(b"q" + DOWN + ENTER + b"c", id="quit, a button and a key"),
        pytest.param(b"qccc", id="quit, cancelled three times"),
        pytest.param(b"?" + b"\x1b[27u" * 3, id="help, closed three times"),
        pytest.param(b"ooqq\x1b[27u", id="log, closed three times"),
        pytest.param(ACTIONS + b"\x1b[27u" * 3, id="palette, closed three times"),
        pytest.param(ACTIONS + ACTIONS, id="palette, opened twice"),
        pytest.param(ACTIONS + PAGE_DOWN * 2, id="palette, a page down at once"),
        pytest.param(ACTIONS + CLICK * 4, id="palette, clicks beside it"),
        pytest.param(b"e" + ACTIONS + b"\x1b[27u" * 3, id="palette over a dialog"),
        pytest.param(b"e\x03" + b"c" * 3 + b"\x1b[27u" * 2, id="quit over export"),
    ],
)
async def test_keys_in_one_read_leave_the_dashboard_alive(keys: bytes) -> None:
    async with running() as dash:
        keyboard = Keyboard(dash)
        for _ in range(3):
            keyboard.type(keys)
            await keyboard.settle()

        assert dash.app.failure is None
        assert dash.app.is_running


async def test_an_action_of_the_palette_that_is_chosen_twice_is_done_once() -> None:
    async with running() as dash:
        keyboard = Keyboard(dash)
        keyboard.type(ACTIONS)
        await dash.until(lambda: isinstance(dash.app.screen, ActionPalette))
        await dash.until(lambda: dash.app.focused)
        keyboard.type(b"draw new latents")
        await dash.until(lambda: dash.app.screen.query_one(CommandList).option_count == 1)
        keyboard.type(ENTER * 6)
        await dash.until(lambda: dash.source.sent)
        await keyboard.settle()

        assert dash.source.sent == [Resample()]


async def test_a_stop_that_is_chosen_twice_is_sent_once() -> None:
    async with running() as dash:
        keyboard = Keyboard(dash)
        keyboard.type(b"q" + ENTER + b"sf")
        await keyboard.settle()

        assert len(dash.source.sent) == 1
        assert isinstance(dash.source.sent[0], Stop)


async def test_only_the_screen_on_top_can_be_answered() -> None:
    async with running() as dash:
        await dash.press("e")
        export = dash.app.screen
        await dash.press("ctrl+c")
        assert isinstance(export, ExportDialog)
        assert isinstance(dash.app.screen, QuitDialog)

        export.dismiss(None)
        await dash.pilot.pause()

        assert isinstance(dash.app.screen, QuitDialog)
        assert export in dash.app.screen_stack


@pytest.mark.parametrize(("key", "kind"), [("question_mark", HelpScreen), ("o", LogScreen)])
async def test_what_was_closed_opens_again(key: str, kind: type) -> None:
    async with running() as dash:
        for _ in range(2):
            await dash.press(key)
            assert isinstance(dash.app.screen, kind)
            await dash.press("escape")
            assert len(dash.app.screen_stack) == 1


async def test_pasted_text_is_no_key() -> None:
    async with running() as dash:
        keyboard = Keyboard(dash)
        keyboard.type(b"\x1b[200~rsqp\r\x1b[201~")
        await keyboard.settle()

        assert dash.source.sent == []
        assert len(dash.app.screen_stack) == 1


@pytest.mark.parametrize("seed", [1, 2])
async def test_random_keys_leave_the_dashboard_alive(seed: int) -> None:
    """`python -m tests.bench.key_storm` does the same to the real program."""
    rng = random.Random(seed)
    async with running() as dash:
        keyboard = Keyboard(dash)
        for _ in range(60):
            keyboard.type(b"".join(storm(rng) for _ in range(rng.choice((1, 3, 10)))))
            await asyncio.sleep(0)
        await keyboard.settle()

        assert dash.app.failure is None
        assert dash.app.is_running


async def test_keys_that_come_before_a_screen_has_its_widgets_wait_for_it() -> None:
    """Down, down and enter choose the third button, however fast they come."""
    async with running() as dash:
        keyboard = Keyboard(dash)
        keyboard.type(b"q" + DOWN * 2 + ENTER)
        await keyboard.settle()
        keyboard.type(b"o" + b"w" * 2 + b"\x1b[27u")
        await keyboard.settle()

        assert dash.source.sent == []
        assert len(dash.app.screen_stack) == 1
        assert dash.app.failure is None


async def test_an_action_of_a_screen_that_has_closed_does_nothing() -> None:
    """As the palette's, which is done after keys that were typed meanwhile."""
    async with running() as dash:
        await dash.press("o")
        log = dash.app.screen
        log.dismiss(None)
        await dash.pilot.pause()
        await dash.app.run_action("level", log)

        assert dash.app.failure is None
        assert len(dash.app.screen_stack) == 1
