"""The newest lines of the log in the rows there are."""

from __future__ import annotations

from gan.events import Severity
from tests.fakes import START
from tui.model.log_lines import LogLine, stderr_line
from tui.widgets.log_pane import log_rows

LOG = [
    LogLine(START, Severity.INFO, "first"),
    LogLine(START + 61, Severity.WARNING, "the second one is longer"),
]


def texts(width: int, height: int) -> list[str]:
    return [strip.text.rstrip() for strip in log_rows(LOG, width, height)]


def test_lines_have_their_time_and_the_newest_is_last() -> None:
    assert texts(60, 5) == [" 22:13:20 first", " 22:14:21 the second one is longer"]


def test_long_lines_are_wrapped_under_their_text() -> None:
    assert texts(26, 5) == [
        " 22:13:20 first",
        " 22:14:21 the second one",
        "          is longer",
    ]


def test_a_single_row_shows_the_beginning_of_the_newest_line() -> None:
    assert texts(26, 1) == [" 22:14:21 the second one…"]


def test_the_oldest_rows_give_way() -> None:
    assert texts(60, 2)[0] == " 22:13:20 first"
    assert len(texts(26, 2)) == 2
    assert texts(26, 2)[-1].strip() == "is longer"


def test_no_room_and_no_lines_are_no_rows() -> None:
    assert texts(60, 0) == []
    assert texts(60, -3) == []
    assert log_rows([], 60, 1) == []


def test_what_libraries_print_does_not_drive_out_what_the_run_says() -> None:
    noisy = [*LOG, *(stderr_line(f"noise {number}", START + 99) for number in range(50))]

    for height in (1, 2, 9):
        assert log_rows(noisy, 60, height) == log_rows(LOG, 60, height)
