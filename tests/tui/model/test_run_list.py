"""The runs as a person looks at them: the filter, the marks and the cursor."""

from __future__ import annotations

from tests.tui.summaries import summary
from tui.model.run_list import RunList, filtered, moved, toggled, with_runs

RUNS = [
    summary(3, "training", preset="dcgan"),
    summary(2, "stopped", data="fashion_mnist"),
    summary(1, "died"),
]
LIST = RunList(runs=RUNS)


def names(list_: RunList) -> list[int]:
    return [int(run.name[:5]) for run in list_.shown]


def test_a_word_is_looked_for_in_name_state_preset_and_data() -> None:
    assert names(filtered(LIST, "00002")) == [2]
    assert names(filtered(LIST, "DIED")) == [1]
    assert names(filtered(LIST, "dcgan")) == [3]
    assert names(filtered(LIST, " fashion ")) == [2]
    assert names(filtered(LIST, "mnist")) == [3, 2, 1]
    assert names(filtered(LIST, "nothing")) == []


def test_the_cursor_stays_within_the_runs() -> None:
    assert moved(LIST, -1).cursor == 0
    assert moved(LIST, 10).cursor == 2
    assert moved(RunList(), 1).cursor == 0
    assert RunList().current is None


def test_it_stays_on_its_run_when_others_come_or_are_filtered() -> None:
    at_two = moved(LIST, 1)
    newer = with_runs(at_two, [summary(4, "training"), *RUNS])
    assert newer.current == RUNS[1]
    assert filtered(at_two, "stopped").current == RUNS[1]
    assert filtered(filtered(at_two, "stopped"), "").current == RUNS[1]


def test_when_its_run_is_gone_it_stays_at_its_place() -> None:
    at_last = moved(LIST, 2)
    assert with_runs(at_last, RUNS[:2]).current == RUNS[1]
    assert with_runs(at_last, []).current is None


def test_a_mark_moves_the_cursor_on_and_is_taken_away_again() -> None:
    marked = toggled(toggled(LIST))
    assert [run.name for run in marked.chosen] == [RUNS[0].name, RUNS[1].name]
    assert marked.cursor == 2
    assert toggled(moved(marked, -2)).chosen == [RUNS[1]]
    assert toggled(RunList()) == RunList()


def test_marks_survive_a_filter_and_go_with_their_run() -> None:
    marked = toggled(LIST)
    assert filtered(marked, "died").chosen == [RUNS[0]]
    assert with_runs(marked, RUNS[1:]).chosen == []
