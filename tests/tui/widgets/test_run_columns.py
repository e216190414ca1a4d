"""The columns of a table of runs: what fits, what is cut, what is in a cell."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.tui.summaries import summary
from tui.render.numbers import UNKNOWN
from tui.widgets.run_columns import GAP, age, note, placed, quality, share, size, steps

RUNS = [
    summary(12, "training", images_per_second=24_064.0),
    summary(11, "not known yet", preset="mlp-dropout", data="a-folder-of-my-own-scans"),
    summary(10, "died", name="00010-dcgan-of-a-very-long-name", step=None, fd=None, best_fd=None),
    summary(9, "failed", error="No space left on device. Free some space, or choose another."),
]


def titles(width: int | None) -> list[str]:
    return [column.column.title for column in placed(RUNS, width)]


def lines(width: int | None) -> list[str]:
    columns = placed(RUNS, width)
    gap = " " * GAP
    return [
        gap.join(column.title() for column in columns),
        *(gap.join(column.cell(run) for column in columns) for run in RUNS),
    ]


def test_without_a_limit_all_is_there_in_full() -> None:
    assert titles(None) == [
        *("run", "state", "preset", "data", "step", "done", "images/s"),
        *("D", "G", "FD", "best", "age", "size", "note"),
    ]
    assert "00010-dcgan-of-a-very-long-name" in lines(None)[3]
    assert "1,200 of 11,700   10%" in lines(None)[1]
    assert lines(None)[4].rstrip().endswith("or choose another.")


@pytest.mark.parametrize("width", range(1, 200, 7))
def test_no_line_is_longer_than_the_width_once_a_name_fits(width: int) -> None:
    assert {cell_len(line) for line in lines(width)} == {cell_len(lines(width)[0])}
    if width >= 30:
        assert cell_len(lines(width)[0]) <= width


def test_the_less_important_go_first() -> None:
    assert titles(30) == ["run", "state"]
    assert titles(36) == ["run", "state", "done"]
    assert titles(76) == ["run", "state", "done", "D", "G", "FD", "age"]
    assert {"images/s", "best", "size"} < set(titles(114))
    assert {"preset", "data", "step"} < set(titles(160))


def test_numbers_end_below_each_other() -> None:
    columns = placed(RUNS, None)
    (speed,) = (column for column in columns if column.column.title == "images/s")
    assert [speed.cell(run) for run in RUNS[:2]] == ["   24.1k", f"       {UNKNOWN}"]


def test_a_long_name_is_cut_with_a_sign() -> None:
    assert lines(40)[3].startswith("00010-dcgan-of-…")


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.0, "0 s"),
        (59.9, "59 s"),
        (60.0, "1 min"),
        (3599.0, "59 min"),
        (3600.0, "1 h"),
        (86_399.0, "23 h"),
        (86_400.0 * 1234, "1,234 d"),
        (None, UNKNOWN),
    ],
)
def test_an_age_has_one_unit(seconds: float | None, shown: str) -> None:
    assert age(summary(age_seconds=seconds)) == shown


def test_steps_are_rounded_down_to_percent() -> None:
    assert steps(summary(step=11_699)) == "11,699 of 11,700"
    assert share(summary(step=11_699)) == "99%"
    assert share(summary(step=11_700)) == "100%"
    assert (steps(none := summary(step=7, total_steps=None)), share(none)) == ("7", UNKNOWN)
    assert (steps(none := summary(step=None)), share(none)) == (UNKNOWN, UNKNOWN)


def test_what_is_unknown_is_a_dash() -> None:
    unknown = summary(d_loss=None, fd=None, best_fd=None, size_bytes=None)
    assert (size(unknown), quality(unknown)) == (UNKNOWN, "")


def test_a_loop_without_a_batch_size_has_its_speed_in_steps() -> None:
    runs = [summary(1, "training", program="train.py", steps_per_second=94.0)]
    (speed,) = (one for one in placed(runs, None) if one.column.title == "images/s")

    assert speed.cell(runs[0]).strip() == "94.0 steps"


def test_quality_is_the_newest_and_the_best() -> None:
    assert quality(summary()) == "FD 9.77, best 8.21 at step 800"
    assert quality(summary(best_fd=9.77)) == "FD 9.77, the best so far"


def test_no_text_of_a_run_steers_the_terminal() -> None:
    """Each may come from a file or a folder that somebody else has made."""
    hostile = "a\x1b]0;owned\x07\nb\u202e"
    run = summary(
        state=hostile,
        name=hostile,
        path=Path(f"/runs/{hostile}"),
        preset=hostile,
        data=hostile,
        problems=(hostile,),
        error=hostile,
    )
    shown = [column.cell(run) for column in placed([run], None)]
    assert all(text.isprintable() for text in shown)
    assert shown[0].startswith(r"a\x1b]0;owned\x07\nb\u202e")
    assert note(run).isprintable()


def test_wide_characters_keep_the_columns_aligned() -> None:
    runs = [summary(1, name="数字-run"), summary(2)]
    columns = placed(runs, None)
    assert cell_len(columns[0].cell(runs[0])) == cell_len(columns[0].cell(runs[1]))
