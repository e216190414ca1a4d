"""What happened before the screen came is taken in without a freeze."""

from __future__ import annotations

from gan import events
from gan.exchange.event_buffer import ShownAnew, ShownWhole
from tests.fakes import START, steps
from tui.model.catching_up import SLICE_SECONDS, CatchingUp
from tui.model.log_lines import done_line
from tui.model.run_state import RunState, with_line


class Clock:
    """Each look at it takes half a slice."""

    now = 0.0

    def __call__(self) -> float:
        self.now += SLICE_SECONDS / 2
        return self.now


def note(text: str, time: float) -> events.Noted:
    return events.Noted(time=time, text=text)


def test_the_state_that_is_shown_stays_until_all_is_in_the_new_one() -> None:
    catching_up, shown = CatchingUp(Clock()), RunState()

    assert catching_up.take(shown, [steps(n, 1) for n in range(1, 7)]) is shown
    assert catching_up.is_behind
    assert catching_up.take(shown, []) is shown
    caught_up = catching_up.take(shown, [])

    assert not catching_up.is_behind
    assert caught_up.losses.last_step == 6


def test_what_is_shown_anew_replaces_what_was_shown() -> None:
    catching_up = CatchingUp(lambda: 0.0)
    shown = catching_up.take(RunState(), [steps(1, 9)])

    anew = catching_up.take(shown, [ShownAnew(time=START), steps(1, 3)])

    assert anew.losses.last_step == 3


def test_what_comes_in_parts_is_shown_once_the_last_is_there() -> None:
    catching_up = CatchingUp(lambda: 0.0)
    shown = catching_up.take(RunState(), [steps(1, 9)])

    assert catching_up.take(shown, [ShownAnew(time=START, is_whole=False), steps(1, 3)]) is shown
    assert not catching_up.is_behind
    assert catching_up.take(shown, []) is shown
    assert catching_up.take(shown, [steps(4, 2)]) is shown
    anew = catching_up.take(shown, [steps(6, 1), ShownWhole(time=START)])

    assert anew.losses.last_step == 6
    later = catching_up.take(anew, [ShownAnew(time=START), steps(1, 2)])
    assert later.losses.last_step == 2


def test_what_this_screen_has_done_stays_when_the_run_is_shown_anew() -> None:
    catching_up = CatchingUp(lambda: 0.0)
    before, meanwhile = done_line("exported: a", START + 1), done_line("exported: b", START + 5)
    shown = with_line(catching_up.take(RunState(), [note("of the run", START)]), before)

    begin = ShownAnew(time=START, is_whole=False)
    assert catching_up.take(shown, [begin, note("anew", START + 2)]) is shown
    shown = with_line(shown, meanwhile)
    anew = catching_up.take(shown, [ShownWhole(time=START)])

    assert [line.text for line in anew.log] == ["exported: a", "note: anew", "exported: b"]


def test_parts_that_begin_again_replace_those_before() -> None:
    catching_up, shown = CatchingUp(lambda: 0.0), RunState()
    begin = ShownAnew(time=START, is_whole=False)

    catching_up.take(shown, [begin, steps(1, 5)])
    anew = catching_up.take(shown, [begin, steps(1, 2), ShownWhole(time=START)])

    assert anew.losses.last_step == 2


def test_older_lines_are_put_where_they_belong() -> None:
    catching_up = CatchingUp(lambda: 0.0)
    shown = catching_up.take(RunState(), [note("later", START + 2)])

    state = catching_up.take(shown, [note("earlier", START + 1)])

    assert [line.text for line in state.log] == ["note: earlier", "note: later"]


def test_nothing_to_take_in_changes_nothing() -> None:
    shown = RunState()

    assert CatchingUp().take(shown, []) is shown
