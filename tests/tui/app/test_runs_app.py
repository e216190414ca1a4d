"""The table of runs: keys, the filter, the marks, and what it says when something is wrong."""

from __future__ import annotations

import os
import signal
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.events import Key
from textual.keys import _character_to_key
from textual.widgets import Input
from textual.worker import WorkerFailed

from gan.errors import StorageError
from tests.tui.app.test_terminal_app import OUTSIDE, SHOWN
from tests.tui.summaries import summary
from tui.app.runs_app import RunsApp
from tui.model.run_list import RunsSource
from tui.screens.discard_dialog import DiscardDialog
from tui.screens.help import HelpScreen
from tui.terminal.driver import TerminalGone
from tui.widgets.run_table import RunTable, TextRows

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from textual.pilot import Pilot

    from gan.run_facts.summary import RunSummary

RUNS = [
    summary(5, "training", images_per_second=24_064.0),
    summary(4, "paused"),
    summary(3, "died", preset="dcgan"),
    summary(2, "not known yet"),
    summary(1, "finished"),
]
MANY = [summary(number) for number in range(1000, 0, -1)]


class FakeFolder:
    """A folder of runs that holds what the test says."""

    def __init__(self, runs: Sequence[RunSummary]) -> None:
        self.runs = list(runs)
        self.looks = 0
        self.error: Exception | None = None
        """What looking and moving raise."""

        self.discarded: list[str] = []

    def look(self) -> list[RunSummary]:
        self.looks += 1
        if self.error is not None:
            raise self.error
        return list(self.runs)

    def discard(self, run: RunSummary) -> Path:
        if self.error is not None:
            raise self.error
        self.discarded.append(run.name)
        self.runs.remove(run)
        return Path("/runs/trash") / run.name


class RunningTable:
    """The app under test, with the folder behind it."""

    def __init__(self, folder: FakeFolder, app: RunsApp, pilot: Pilot[None]) -> None:
        self.folder, self.app, self.pilot = folder, app, pilot

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def until(self, condition: Callable[[], object]) -> None:
        while not condition():
            await self.pilot.pause(0.002)

    async def looked(self) -> None:
        """Wait until what the folder holds now is on the screen."""
        looks = self.folder.looks
        # The look that runs now may have begun before.
        await self.until(lambda: self.folder.looks >= looks + 2)
        await self.pilot.pause()

    def text(self) -> str:
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text for strip in strips)

    def rows(self) -> list[str]:
        """The rows of the table that have a run."""
        table = self.app._table_screen.query_one(RunTable)
        rows = [table.render_line(y).text.rstrip() for y in range(table.size.height)]
        return [row for row in rows if row]

    def row_of(self, id_: str, y: int = 0) -> str:
        return self.app._table_screen.query_one(f"#{id_}", TextRows).render_line(y).text

    def signs(self) -> list[str]:
        """What is in front of each row: the cursor and the mark."""
        return [row[:2] for row in self.rows()]

    def toasts(self) -> list[tuple[str, str]]:
        return [(toast.title, toast.message) for toast in self.app._notifications]


@asynccontextmanager
async def table(
    runs: Sequence[RunSummary] = RUNS, size: tuple[int, int] = (100, 20)
) -> AsyncIterator[RunningTable]:
    folder = FakeFolder(runs)
    source = RunsSource(Path("/runs"), folder.look, folder.discard)
    app = RunsApp(source, look_seconds=0.01)
    async with app.run_test(size=size) as pilot:
        running = RunningTable(folder, app, pilot)
        await running.looked()
        yield running


async def test_there_is_a_row_for_each_run_below_the_names_of_the_columns() -> None:
    async with table() as shown:
        assert shown.row_of("columns").split()[:2] == ["run", "state"]
        assert [row[3:].split()[0] for row in shown.rows()] == [run.name for run in RUNS]
        assert [run.state for run in RUNS[:2]] == ["training", "paused"]
        assert shown.row_of("heading").split() == [
            *("gan-tui", "runs", "/runs", "5", "runs,", "2", "live")
        ]


@pytest.mark.parametrize(
    "size", [(40, 10), (80, 24), (120, 40), (200, 60), (20, 6), (3, 3)], ids=str
)
async def test_it_fits_into_any_terminal(size: tuple[int, int]) -> None:
    async with table(size=size) as shown:
        assert shown.app.failure is None
        if size[0] >= 40:
            assert {len(row.rstrip()) <= size[0] for row in shown.rows()} == {True}
            assert "00005-mlp-mnist" in shown.text()
            assert "training" in shown.text()


async def test_a_new_size_lays_the_columns_out_anew() -> None:
    async with table(size=(60, 20)) as shown:
        assert "images/s" not in shown.row_of("columns")
        await shown.pilot.resize_terminal(140, 20)
        await shown.until(lambda: "images/s" in shown.row_of("columns"))
        assert "24.1k" in shown.rows()[0]


async def test_it_looks_again_and_again() -> None:
    async with table() as shown:
        shown.folder.runs.insert(0, summary(6, "training"))
        await shown.looked()
        assert shown.rows()[0][3:].startswith("00006")
        # The cursor has stayed on its run.
        assert shown.signs()[:2] == ["  ", "> "]


async def test_only_rows_that_changed_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    async with table() as shown:
        sent: list[int] = []
        widget = shown.app._table_screen.table
        refresh = widget.refresh
        monkeypatch.setattr(
            widget,
            "refresh",
            lambda *regions, **how: sent.extend(r.y for r in regions) or refresh(*regions, **how),
        )
        shown.folder.runs[1] = summary(4, "paused", d_loss=0.5)
        await shown.looked()
        await shown.looked()
        assert set(sent) == {1}


class TestCursor:
    async def test_it_moves_with_the_arrows_and_stops_at_the_ends(self) -> None:
        async with table() as shown:
            await shown.press("up", "down", "down")
            assert shown.signs() == ["  ", "  ", "> ", "  ", "  "]
            await shown.press("end", "down")
            assert shown.signs()[-1] == "> "
            await shown.press("home")
            assert shown.signs()[0] == "> "

    async def test_the_row_under_it_is_always_visible(self) -> None:
        async with table(MANY) as shown:
            page = shown.app._table_screen.table.page
            await shown.press("pagedown", "pagedown", "down")
            assert shown.app.list.cursor == 2 * page + 1
            assert f"> {'':1}{MANY[2 * page + 1].name}" in "\n".join(shown.rows())
            await shown.press("end")
            assert shown.rows()[-1].startswith(">  00001")
            await shown.press("home")
            assert shown.rows()[0].startswith(">  01000")

    async def test_a_click_puts_it_there(self) -> None:
        async with table() as shown:
            await shown.pilot.click(RunTable, offset=(10, 3))
            await shown.pilot.pause()
            assert shown.app.list.cursor == 3
            await shown.pilot.click(RunTable, offset=(10, 9))
            assert shown.app.list.cursor == 3

    async def test_below_the_table_is_more_about_its_run(self) -> None:
        wrong = summary(9, "damaged", problems=("status.json is not JSON",))
        async with table([*RUNS, wrong]) as shown:
            first = shown.row_of("detail").strip()
            assert first.startswith("mlp on mnist, step 1,200 of 11,700 (10%), 13.2 MB, FD 9.77")
            assert shown.row_of("detail", 1).strip() == "/runs/00005-mlp-mnist"
            await shown.press("end")
            assert shown.row_of("detail", 1).strip() == "status.json is not JSON"


class TestAttachAndCompare:
    async def test_enter_leaves_to_attach_to_the_run(self) -> None:
        async with table() as shown:
            await shown.press("down", "enter")
            assert shown.app.asked == ["attach", "/runs/00004-mlp-mnist"]
            assert not shown.app.is_running

    async def test_enter_without_a_run_does_nothing(self) -> None:
        async with table([]) as shown:
            await shown.press("enter")
            assert shown.app.is_running
            assert shown.app.asked == []

    async def test_space_marks_runs_and_c_leaves_to_compare_them(self) -> None:
        async with table() as shown:
            await shown.press("end", "space", "home", "space", "space", "up", "space")
            assert shown.signs() == [" *", "  ", "> ", "  ", " *"]
            assert "2 marked" in shown.row_of("heading")
            await shown.press("c")
            assert shown.app.asked == ["compare", "/runs/00005-mlp-mnist", "/runs/00001-mlp-mnist"]

    @pytest.mark.parametrize("keys", [(), ("space",)])
    async def test_fewer_than_two_marked_runs_are_not_compared(self, keys: tuple[str, ...]) -> None:
        async with table() as shown:
            await shown.press(*keys, "c")
            assert shown.toasts() == [
                ("Nothing to compare", "Mark two runs or more with space, then press c.")
            ]
            assert shown.app.is_running


class TestFilter:
    async def test_it_shows_only_the_runs_with_a_word(self) -> None:
        async with table() as shown:
            await shown.press("slash", *"dcgan")
            assert [row[3:8] for row in shown.rows()] == ["00003"]
            assert "1 of 5 runs" in shown.row_of("heading")

    async def test_typing_q_or_c_is_text(self) -> None:
        async with table() as shown:
            await shown.press("slash", *"qc space".replace(" ", ""))
            assert shown.app.is_running
            assert shown.app.query_one(Input).value == "qcspace"

    async def test_keys_that_come_fast_are_text_too(self) -> None:
        """None of them is taken for a command before the filter has the focus."""
        async with table() as shown:
            for character in "/qc/d":
                shown.app.post_message(Key(_character_to_key(character), character))
            await shown.until(lambda: len(shown.app.query_one(Input).value) == 4)
            assert shown.app.query_one(Input).value == "qc/d"
            assert shown.app.is_running
            assert shown.toasts() == []

    async def test_enter_keeps_it_and_escape_shows_all_again(self) -> None:
        async with table() as shown:
            await shown.press("slash", *"died", "enter")
            assert shown.app._table_screen.table.has_focus
            assert len(shown.rows()) == 1
            await shown.press("escape")
            assert len(shown.rows()) == len(RUNS)
            assert shown.app.is_running

    async def test_without_a_match_it_says_so(self) -> None:
        async with table() as shown:
            await shown.press("slash", *"xyz")
            assert shown.rows() == []
            assert shown.row_of("detail").strip() == "No run matches 'xyz'. escape shows all."


class TestTrash:
    @pytest.mark.parametrize(("downs", "name"), [(2, "00003"), (4, "00001")])
    async def test_a_run_that_is_over_moves_once_that_is_confirmed(
        self, downs: int, name: str
    ) -> None:
        async with table() as shown:
            await shown.press(*["down"] * downs, "delete")
            assert isinstance(shown.app.screen, DiscardDialog)
            assert f"Move {name}-mlp-mnist to the" in shown.text()
            assert shown.folder.discarded == []
            await shown.press("m")
            await shown.until(shown.toasts)
            assert shown.folder.discarded == [f"{name}-mlp-mnist"]
            assert shown.toasts() == [
                ("Moved to the trash", f"{name}-mlp-mnist is now /runs/trash/{name}-mlp-mnist.")
            ]
            assert name not in "".join(shown.rows())

    async def test_one_that_fell_silent_can_be_moved(self) -> None:
        async with table([summary(1, "silent for 20 s")]) as shown:
            await shown.press("delete", "m")
            await shown.until(shown.toasts)
            assert shown.folder.discarded == ["00001-mlp-mnist"]

    @pytest.mark.parametrize("key", ["c", "escape"])
    async def test_it_stays_if_it_is_not(self, key: str) -> None:
        async with table() as shown:
            await shown.press("end", "delete", key)
            assert shown.folder.discarded == []
            assert len(shown.app.screen_stack) == 1
            assert shown.app.is_running

    @pytest.mark.parametrize(
        ("downs", "state"), [(0, "training"), (1, "paused"), (3, "not known yet")]
    )
    async def test_one_that_may_be_trained_is_not_even_asked_about(
        self, downs: int, state: str
    ) -> None:
        async with table() as shown:
            await shown.press(*["down"] * downs, "delete")
            ((title, message),) = shown.toasts()
            assert title == "Not moved"
            assert f"is {state}: only a run that has ended" in message
            assert len(shown.app.screen_stack) == 1

    async def test_a_refusal_is_said(self) -> None:
        async with table() as shown:
            await shown.press("end", "delete")
            shown.folder.error = StorageError("in use by process 7 on node-17")
            await shown.press("enter")
            await shown.until(shown.toasts)
            assert shown.toasts() == [("Not moved", "in use by process 7 on node-17")]

    async def test_keys_behind_the_dialog_do_nothing(self) -> None:
        async with table() as shown:
            await shown.press("end", "delete", "space", "slash", "delete")
            await shown.press("c")
            assert shown.app.list.marked == frozenset()
            assert shown.app.asked == []


class TestLeaving:
    @pytest.mark.parametrize("key", ["q", "escape", "ctrl+c", "ctrl+q"])
    async def test_a_key_leaves(self, key: str) -> None:
        async with table() as shown:
            await shown.press(key)
            assert not shown.app.is_running
            assert (shown.app.asked, shown.app.ended_by) == ([], None)

    async def test_from_a_dialog_too(self) -> None:
        async with table() as shown:
            await shown.press("question_mark", "ctrl+c")
            assert not shown.app.is_running

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
    async def test_a_signal_leaves_and_is_told_apart(self, number: signal.Signals) -> None:
        async with table() as shown:
            os.kill(os.getpid(), number)
            await shown.until(lambda: not shown.app.is_running)
            assert shown.app.ended_by == number

    async def test_so_does_a_terminal_that_hung_up(self) -> None:
        async with table() as shown:
            shown.app.post_message(TerminalGone())
            await shown.until(lambda: not shown.app.is_running)
            assert shown.app.ended_by == signal.SIGHUP


async def test_help_lists_the_keys_and_says_nothing_of_a_chart() -> None:
    async with table(size=(100, 40)) as shown:
        await shown.press("question_mark")
        assert isinstance(shown.app.screen, HelpScreen)
        text = shown.text()
        assert "Compare the marked runs." in text
        assert "chart" not in text
        assert "keys.toml" not in text
        await shown.press("escape")
        assert len(shown.app.screen_stack) == 1
        assert shown.app.is_running


async def test_no_runs_is_said_with_how_to_start_one() -> None:
    async with table([]) as shown:
        assert shown.row_of("detail").strip() == "No runs here yet. Start one with gan-tui."
        assert "0 runs" in shown.row_of("heading")


async def test_a_folder_that_cannot_be_read_is_said_until_it_can() -> None:
    async with table() as shown:
        shown.folder.error = StorageError("cannot read /runs: Stale file handle.")
        await shown.looked()
        assert shown.row_of("detail").strip() == "cannot read /runs: Stale file handle."
        # What was seen last stays.
        assert len(shown.rows()) == len(RUNS)
        shown.folder.error = None
        await shown.looked()
        assert "Stale" not in shown.text()


async def test_an_error_that_nobody_foresaw_ends_the_app_and_is_kept() -> None:
    async def fail() -> None:
        async with table() as shown:
            failed.append(shown.app)
            shown.folder.error = KeyError("odd")
            await shown.until(lambda: shown.app.failure is not None)

    failed: list[RunsApp] = []
    with pytest.raises(WorkerFailed):
        await fail()
    assert failed[0].failure is not None
    assert failed[0].failure.error == "KeyError: 'odd'"


async def test_no_text_of_a_run_reaches_the_terminal_raw() -> None:
    hostile = summary(
        state=OUTSIDE,
        name=OUTSIDE,
        path=Path(f"/runs/{OUTSIDE}"),
        preset=OUTSIDE,
        data=OUTSIDE,
        error=OUTSIDE,
    )
    async with table([hostile], size=(200, 20)) as shown:
        for keys in ((), ("space",), ("delete",), ("m",), ("question_mark",)):
            await shown.press(*keys)
            strips = shown.app.screen._compositor.render_strips()
            texts = [part.text for strip in strips for part in strip if not part.control]
            assert [text for text in texts if not text.isprintable()] == []
        await shown.press("escape")
    async with table([hostile], size=(200, 20)) as shown:
        assert SHOWN[:20] in shown.rows()[0]
        assert SHOWN in shown.row_of("detail", 1)
