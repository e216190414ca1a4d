"""`y` copies what was chosen, and says what that was."""

from __future__ import annotations

from functools import reduce

import pytest

from gan.events import RunStarted
from tests import fakes
from tests.tui.showing import RunningApp, running
from tui.app.copier import Copier
from tui.model.run_state import RunState, apply
from tui.screens.copy_dialog import CopyDialog
from tui.widgets.scene_view import Scene

RUN_DIR = next(one.run_dir for one in fakes.training() if isinstance(one, RunStarted))


@pytest.fixture(autouse=True)
def no_tmux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMUX", raising=False)


async def copied(dash: RunningApp) -> list[str]:
    await dash.until(lambda: dash.app._notifications)
    return [toast.message.replace("\n", "") for toast in dash.app._notifications]


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (["y", "y"], "step 1,200  D loss"),
        (["y", "enter"], "step 1,200  D loss"),
        (["y", "p"], RUN_DIR),
        (["y", "r"], f"gan-tui --resume {RUN_DIR}"),
    ],
    ids=["numbers", "the first answer", "path", "resume"],
)
async def test_what_was_chosen_is_copied_and_said(keys: list[str], text: str) -> None:
    async with running(size=(120, 40)) as dash:
        await dash.press(*keys)

        (message,) = await copied(dash)
        assert message.startswith(text)


async def test_escape_copies_nothing() -> None:
    async with running() as dash:
        await dash.press("y")
        assert isinstance(dash.app.screen, CopyDialog)
        await dash.press("escape")

        assert len(dash.app.screen_stack) == 1
        assert list(dash.app._notifications) == []


async def test_a_run_without_a_directory_has_only_its_numbers_to_copy() -> None:
    async with running([]) as dash:
        await dash.press("y", "p", "r")

        assert list(dash.app.screen.answers) == ["readout"]
        assert list(dash.app._notifications) == []


async def test_inside_tmux_it_is_tmux_that_copies() -> None:
    taken: list[str] = []

    def take(text: str) -> bool:
        taken.append(text)
        return True

    async with running() as dash:
        scene = Scene(run=reduce(apply, fakes.training(), RunState()))
        await Copier(dash.app, lambda: scene, {"TMUX": "x"}, take).ask()
        await dash.press("p")
        await dash.until(lambda: taken)

        assert taken == [RUN_DIR]
