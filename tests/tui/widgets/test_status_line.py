"""The row above the keys."""

from __future__ import annotations

import pytest

from gan.events import Phase
from gan.progress import RunProgress
from tui.render.numbers import UNKNOWN
from tui.widgets.rows import length
from tui.widgets.status_line import status

TRAINING = RunProgress(
    phase=Phase.TRAINING,
    step=1200,
    total_steps=11_700,
    steps_per_epoch=234,
    batch_size=256,
    steps_per_second=100.0,
    train_seconds=12.0,
)


def shown(progress: RunProgress, width: int) -> str:
    return " ".join("".join(text for text, _ in status(progress, width)).replace("━", "").split())


@pytest.mark.parametrize(
    ("width", "words"),
    [
        (80, "epoch 6/50 step 1,200/11,700 25.6k img/s ETA 1:45"),
        (60, "epoch 6/50 step 1,200/11,700 ETA 1:45"),
        (40, "step 1,200/11,700 ETA 1:45"),
        (30, "step 1,200/11,700 ETA 1:45"),
        (20, "step 1,200/11,700"),
    ],
)
def test_the_most_important_numbers_stay_longest(width: int, words: str) -> None:
    assert shown(TRAINING, width) == words


@pytest.mark.parametrize("width", [40, 50, 60, 80, 200])
def test_the_bar_takes_what_room_is_left(width: int) -> None:
    assert length(status(TRAINING, width)) == width


def test_an_unknown_speed_gives_no_time_to_go() -> None:
    assert shown(RunProgress(total_steps=10), 80).endswith(f"ETA {UNKNOWN}")


def test_a_run_that_has_ended_tells_how_long_it_took() -> None:
    ended = RunProgress(total_steps=10, step=10, train_seconds=75.0, exit_code=0)

    assert shown(ended, 80).endswith("took 1:15")


def test_before_the_steps_are_known_the_row_tells_where_the_run_is() -> None:
    assert shown(RunProgress(run_dir="/home/ada/runs/7"), 80) == "/home/ada/runs/7"
    assert shown(RunProgress(), 80) == ""
