"""The way to the first step."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import pytest

from gan import events
from gan.events import Phase
from gan.run_facts.sighting import Viewing
from tests import fakes
from tests.fakes import START, steps
from tui.model.run_state import RunState, apply
from tui.widgets.preparation import Preparation, preparing, stages
from tui.widgets.scene_view import Scene

if TYPE_CHECKING:
    from gan.events import Event


def shown(story: list[Event], width: int = 60) -> list[str]:
    state = reduce(apply, story, RunState())
    return ["".join(text for text, _ in row).strip() for row in stages(state, width)]


def test_at_first_every_station_is_still_to_come() -> None:
    assert shown([])[2:] == [
        "○ load the data",
        "○ import TensorFlow",
        "○ build the networks and compile the training step",
        "○ make the first steps",
    ]


def test_what_is_counted_has_a_bar() -> None:
    rows = shown(fakes.loading())

    assert rows[2] == "● load the data"
    assert rows[3] == "drawing digits: 24,000 of 60,000 images"
    assert rows[4].startswith("━")
    assert rows[4].endswith("40%")


def test_where_the_end_is_unknown_there_is_no_bar() -> None:
    begun = events.PhaseEntered(time=START, phase=Phase.LOADING)
    unknown = events.ProgressMade(
        time=START, what="downloading", done=4_200_000, total=0, unit="bytes"
    )

    assert shown([begun, unknown])[3:5] == ["downloading: 4.2 MB", "○ import TensorFlow"]


def test_what_is_done_has_the_time_it_took() -> None:
    assert shown(fakes.compiling())[2:5] == [
        "✓ load the data  2.0 s",
        "✓ import TensorFlow  2.5 s",
        "● build the networks and compile the training step",
    ]


def test_what_the_station_says_is_not_said_twice() -> None:
    def entered(detail: str) -> list[str]:
        event = events.PhaseEntered(time=START, phase=Phase.IMPORTING, detail=detail)
        return shown([event])

    assert entered("TensorFlow") == entered("")
    assert entered("TensorFlow 2.21")[3] == "TensorFlow 2.21"


def test_the_order_is_that_of_the_run() -> None:
    story: list[Event] = [
        events.PhaseEntered(time=START, phase=Phase.IMPORTING),
        events.PhaseEntered(time=START + 1, phase=Phase.LOADING),
    ]

    assert shown(story)[2:4] == ["✓ import TensorFlow  1.0 s", "● load the data"]


@pytest.mark.parametrize("phase", Phase, ids=lambda phase: phase.name)
def test_a_run_prepares_until_it_trains_or_ends(phase: Phase) -> None:
    state = apply(RunState(), events.PhaseEntered(time=START, phase=Phase.LOADING))
    state = apply(state, events.PhaseEntered(time=START, phase=phase))

    on_the_way = {Phase.STARTING, Phase.LOADING, Phase.IMPORTING, Phase.COMPILING}
    without_steps = {Phase.TRAINING, Phase.SAVING}
    assert preparing(state) == (phase in on_the_way | without_steps)
    assert preparing(apply(state, steps(1, 3))) == (phase in on_the_way)


def test_the_running_stage_says_how_long_it_has_run() -> None:
    state = reduce(apply, fakes.compiling(), RunState())
    rows = ["".join(text for text, _ in row).strip() for row in stages(state, 60, 75)]

    assert rows[4] == "● build the networks and compile the training step  1 min 15 s"


def test_the_first_steps_are_a_stage_also_while_a_checkpoint_is_saved() -> None:
    began = [events.PhaseEntered(time=START + 9, phase=Phase.TRAINING)]
    saving = [*began, events.PhaseEntered(time=START + 9, phase=Phase.SAVING)]

    for story in (began, saving):
        assert shown([*fakes.compiling(), *story])[5:] == ["● make the first steps"]


@pytest.mark.parametrize(("reading", "words"), [(None, ""), (0.25, "25%")])
def test_nothing_is_said_of_a_run_whose_log_is_not_read_yet(
    reading: float | None, words: str
) -> None:
    scene = Scene(viewing=Viewing(reading=reading))
    text = "\n".join(strip.text for strip in Preparation().draw(scene, 80, 21))

    assert "Reading the run's log" in text
    assert words in text
    assert "load the data" not in text
