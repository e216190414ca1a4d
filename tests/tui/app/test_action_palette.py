"""Every action by its name: what the palette offers, and what choosing does."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App
from textual.binding import Binding
from textual.command import CommandList
from textual.screen import ModalScreen

from tui.app.action_palette import ActionProvider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from textual.pilot import Pilot


def key(keys: str, action: str, name: str, sentence: str) -> Binding:
    return Binding(keys, action, name, id=name.lower(), tooltip=sentence)


class Dialog(ModalScreen[None]):
    BINDINGS: ClassVar[list[Any]] = [key("x", "deed('dialog')", "Deed", "Do it in the dialog.")]

    def action_deed(self, word: str) -> None:
        self.app.done.append(word)  # type: ignore[attr-defined]


class Acting(App[None]):
    COMMANDS: ClassVar[set[Any]] = {ActionProvider}
    BINDINGS: ClassVar[list[Any]] = [
        key("s,left_square_bracket", "deed('saved')", "Save", "Save a [checkpoint]."),
        key("r", "deed('drawn')", "Resample", "Draw new latents."),
        key("b", "impossible", "Back", "Go back."),
        Binding("z", "deed('secret')", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.done: list[str] = []

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        del parameters
        return action != "impossible"

    def action_deed(self, word: str) -> None:
        self.done.append(word)


@asynccontextmanager
async def acting() -> AsyncIterator[tuple[Acting, Pilot[None]]]:
    app = Acting()
    async with app.run_test(size=(80, 24)) as pilot:
        yield app, pilot


async def offers(pilot: Pilot[None], query: str = "") -> list[str]:
    """Open the palette, type, and read what it lists once it has gathered it."""
    await pilot.press("ctrl+p", *query)
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()
    options = pilot.app.screen.query_one(CommandList).options
    return [str(option.prompt) for option in options]


async def test_it_lists_what_can_be_done_now_with_every_key() -> None:
    async with acting() as (_, pilot):
        assert await offers(pilot) == [
            "Save\ns, [  Save a [checkpoint].",
            "Resample\nr  Draw new latents.",
        ]


async def test_textuals_own_commands_are_not_among_them() -> None:
    async with acting() as (_, pilot):
        assert await offers(pilot, "theme") == []


async def test_a_word_of_the_sentence_finds_it() -> None:
    async with acting() as (_, pilot):
        assert await offers(pilot, "latents") == ["Resample\nr  Draw new latents."]


async def test_choosing_does_what_the_key_does() -> None:
    async with acting() as (app, pilot):
        await offers(pilot, "Save")
        await pilot.press("down", "enter")
        await pilot.pause()

        assert app.done == ["saved"]


async def test_over_a_dialog_it_has_the_actions_of_the_dialog() -> None:
    async with acting() as (app, pilot):
        await app.push_screen(Dialog())
        assert await offers(pilot) == ["Deed\nx  Do it in the dialog."]
        await pilot.press("down", "enter")
        await pilot.pause()

        assert app.done == ["dialog"]
