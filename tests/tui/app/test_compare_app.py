"""The screen of a comparison: it fills as the runs are read, and never sends them anything."""

from __future__ import annotations

import threading
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gan.run_facts.comparison import Reading
from tests import fakes
from tests.tui.comparing import FakeRun, grid, story
from tui.app.compare_app import CompareApp
from tui.model.compared_run import figures_of
from tui.model.comparison import METRICS
from tui.screens.comparison import MIN_COLUMNS, MIN_ROWS, places_for
from tui.screens.help import HelpScreen
from tui.settings.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from textual.pilot import Pilot

GRIDS = [grid(step) for step in (200, 400, 600)]


def runs(count: int = 2) -> list[FakeRun]:
    return [
        FakeRun(
            f"0000{number}-mlp-mnist",
            [*story(1000, d_loss=1.0 + number / 10, fds=[(500, 9.0 - number)]), *GRIDS],
            seed=number,
        )
        for number in range(1, count + 1)
    ]


class Shown:
    """An app under test, and its runs."""

    def __init__(self, app: CompareApp, sources: list[FakeRun], pilot: Pilot[None]) -> None:
        self.app, self.sources, self.pilot = app, sources, pilot

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until a condition holds, which another thread brings about."""
        while not condition():
            await self.pilot.pause(0.002)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    @property
    def text(self) -> str:
        """All rows of all visible parts."""
        return "\n".join(
            part.render_line(y).text
            for part in self.app.screen.children
            if part.display
            for y in range(part.size.height)
        )


@asynccontextmanager
async def shown(
    sources: list[FakeRun] | None = None, size: tuple[int, int] = (80, 24), **options: Any
) -> AsyncIterator[Shown]:
    sources = runs() if sources is None else sources
    app = CompareApp(sources, settings=Settings(**options))
    async with app.run_test(size=size) as pilot:
        one = Shown(app, sources, pilot)
        await one.until(lambda: all(source.readings > 1 for source in sources))
        await one.until(
            lambda: all(
                picture or not run.run.grids
                for picture, run in zip(app._pictures, app.runs, strict=True)
            )
        )
        await pilot.pause()
        yield one


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The runs are looked at again at once."""
    monkeypatch.setattr("tui.app.compare_app._READ_SECONDS", 0.005)


async def test_the_first_frame_waits_for_no_log(monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()
    monkeypatch.setattr(FakeRun, "read", lambda _: Reading(share=float(go.wait(60))))
    app = CompareApp(sources := runs())
    async with app.run_test(size=(80, 24)) as pilot:
        one = Shown(app, sources, pilot)
        try:
            await one.until(lambda: "A 00001-mlp-mnist" in one.text)
            assert "reading logs 0%" in one.text
        finally:
            go.set()


async def test_every_run_has_its_row_and_its_digits() -> None:
    async with shown() as one:
        assert "A 00001-mlp-mnist" in one.text
        assert "B 00002-mlp-mnist" in one.text
        assert "seed 1 · 2" in one.text
        assert one.text.count("step 600") == 2
        assert [source.grids_read for source in one.sources] == [["samples/000600.png"]] * 2


async def test_a_live_run_is_followed() -> None:
    async with shown() as one:
        first = one.sources[0]
        before = first.readings
        more = fakes.steps(1001, 500, d_loss=fakes.floats(*[7.0] * 500))
        first.reading = Reading(events=[more], state="training", is_live=True, share=1.0)
        await one.until(lambda: first.readings > before + 1)
        await one.until(lambda: "1 live" in one.text)

        assert figures_of(one.app.runs[0]).d_loss == pytest.approx(7.0)
        assert "training" in one.text


async def test_the_keys_go_through_the_metrics() -> None:
    async with shown() as one:
        names = []
        for _ in METRICS:
            await one.press("right")
            names.append(METRICS[one.app.view.metric].name)
            assert f" {names[-1]} " in one.text
        await one.press("left")

        assert names == ["G loss", "D(x)", "D(G(z))", "FD", "D loss"]
        assert METRICS[one.app.view.metric].name == "FD"


async def test_the_keys_go_through_common_steps_and_end_follows_again() -> None:
    async with shown() as one:
        await one.press("left_square_bracket")
        await one.until(lambda: one.text.count("step 400") == 2)
        await one.press("left_curly_bracket")
        await one.until(lambda: one.text.count("step 200") == 2)
        await one.press("end")
        await one.until(lambda: one.text.count("step 600") == 2)

        assert one.app.view.grid_step is None


async def test_all_differences_and_notes_are_listed_and_scrolled() -> None:
    sources = runs()
    for place, source in enumerate(sources):
        config = {f"option_{number}": number * place for number in range(40)}
        source.description = replace(source.description, config=config)
    async with shown(sources) as one:
        await one.press("d")
        await one.until(lambda: "What differs" in one.text)
        assert "option-1 " in one.text
        await one.press(*["down"] * 50)
        assert "option-39" in one.text
        await one.press(*["up"] * 50)
        assert "What differs" in one.text
        await one.press("d")
        await one.until(lambda: "What differs" not in one.text)


async def test_a_note_is_shown_beside_the_figures() -> None:
    sources = runs()
    sources[1].reading = replace(sources[1].reading, troubles=("events.jsonl is damaged.",))
    async with shown(sources) as one:
        assert "! B: events.jsonl is damaged." in one.text


async def test_distances_that_can_not_be_compared_are_marked_in_the_table_and_the_chart() -> None:
    sources = runs()
    other = story(1000, fds=[(500, 2.0)], images=7)
    sources[1].reading = replace(sources[1].reading, events=other)
    async with shown(sources) as one:
        await one.press("left")

        assert "≠8.00" in one.text
        assert "≠2.00" in one.text
        assert "NOT COMPARABLE" in one.text


async def test_a_grid_that_can_not_be_read_is_said_under_its_letter() -> None:
    sources = runs()
    sources[0].lost = {"samples/000600.png"}
    async with shown(sources) as one:
        assert "A cannot read samples/000600.png" in one.text
        assert "step 600" in one.text


async def test_runs_without_anything_yet_are_shown() -> None:
    async with shown([FakeRun("a"), FakeRun("b")]) as one:
        assert "no setting differs" in one.text
        assert one.app.failure is None


async def test_a_run_without_digits_says_so_next_to_one_with_some() -> None:
    sources = [*runs(1), FakeRun("b")]
    async with shown(sources) as one:
        assert "B no digits yet" in one.text


@pytest.mark.parametrize("count", [2, 3, 4, 8])
@pytest.mark.parametrize("size", [(50, 16), (60, 18), (80, 24), (120, 40), (200, 60)])
async def test_at_every_size_no_row_is_too_long_and_no_part_overlaps(
    count: int, size: tuple[int, int]
) -> None:
    async with shown(runs(count), size) as one:
        covered: set[tuple[int, int]] = set()
        for part in one.app.screen.children:
            if not part.display:
                continue
            for y in range(part.size.height):
                assert part.render_line(y).cell_length == part.size.width
            cells = {(x, y) for y in part.region.line_range for x in part.region.column_range}
            assert not cells & covered
            covered |= cells
        assert len(covered) == size[0] * size[1]


async def test_a_terminal_that_is_too_small_names_the_size_that_is_needed() -> None:
    async with shown(size=(40, 10)) as one:
        assert f"needs {MIN_COLUMNS}x{MIN_ROWS}" in one.text
        await one.press("q")
        assert not one.app.is_running


async def test_the_help_lists_the_keys_of_this_screen_alone() -> None:
    async with shown(size=(100, 50)) as one:
        await one.press("question_mark")

        assert isinstance(one.app.screen, HelpScreen)
        listed = {binding.id for binding in one.app.screen._described}
        assert {"next-metric", "grid-before", "differences"} <= listed
        assert "pause" not in listed


@pytest.mark.parametrize("key", ["l", "m", "g", "t", "n", "N", "right_curly_bracket", "down"])
async def test_no_key_fails(key: str) -> None:
    async with shown() as one:
        for _ in range(8):
            await one.press(key)

        assert one.app.failure is None
        assert one.app.is_running


async def test_a_remapped_key_works_here_too() -> None:
    async with shown(keymap={"next-metric": "x"}) as one:
        await one.press("x")

        assert one.app.view.metric == 1


async def test_letters_and_words_tell_runs_apart_without_colours() -> None:
    async with shown(depth="mono") as one:
        chart = one.app.query_one("#charts")
        rows = "".join(chart.render_line(y).text for y in range(chart.size.height))

        assert rows.count("A") > 1
        assert rows.count("B") > 1


def test_the_digits_give_way_to_the_charts_where_there_is_little_room() -> None:
    from tui.model.comparison import ComparisonScene

    app = CompareApp(runs(8))
    scene = ComparisonScene(runs=app.runs, step=200)

    assert "digits" in places_for(80, 24, scene)
    assert "digits" not in places_for(80, 40, replace(scene, step=None))
    assert "digits" not in places_for(80, 18, scene)
    assert places_for(80, 18, scene)["charts"].height == 6
