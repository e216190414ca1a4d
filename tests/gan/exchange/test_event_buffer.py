"""What crosses from the trainer's thread to the screen: everything that matters, in few records."""

from __future__ import annotations

import threading
from collections import deque

import numpy as np
import pytest

from gan import events
from gan.events import Phase
from gan.exchange.event_buffer import ROOM_STEPS, EventBuffer, condensed
from tests.fakes import START, floats, squares, steps
from tests.recorded_runs import gan_steps, logged


def preview(step: int) -> events.SamplesDrawn:
    return events.SamplesDrawn(time=START, step=step, images=squares(), path=None)


def sample(step: int) -> events.SamplesDrawn:
    return events.SamplesDrawn(time=START, step=step, images=squares(), path=f"samples/{step}.png")


def counted(done: int) -> events.ProgressMade:
    return events.ProgressMade(time=START, what="drawing", done=done, total=9, unit="images")


class TestCondensed:
    def test_adjacent_steps_become_one_record(self) -> None:
        (merged,) = condensed([steps(1, 3), steps(4, 2), steps(6, 1, train_seconds=7.0)])

        assert isinstance(merged, events.StepsCompleted)
        assert (merged.first_step, merged.last_step) == (1, 6)
        assert np.array_equal(merged.g_loss, steps(1, 6).g_loss)
        assert merged.train_seconds == 7.0

    def test_steps_that_do_not_follow_each_other_stay_apart(self) -> None:
        story = [steps(1, 3), steps(1, 3)]

        assert condensed(story) == story

    def test_series_of_a_recorded_loop_become_one_record_too(self) -> None:
        story = [
            logged(1, {"a": floats(1, 2)}),
            logged(3, {"a": floats(3)}, seconds=7.0),
        ]

        (merged,) = condensed(story)

        assert isinstance(merged, events.SeriesLogged)
        assert merged.series["a"].tolist() == [1, 2, 3]
        assert (merged.first_step, merged.last_step, merged.train_seconds) == (1, 3, 7.0)

    def test_where_they_alternate_with_losses_one_of_each_is_left(self) -> None:
        story = [event for first in range(1, 100, 3) for event in gan_steps(first, 3)]

        merged = condensed(story)

        assert [type(event) for event in merged] == [events.StepsCompleted, events.SeriesLogged]
        assert [event.last_step for event in merged] == [99, 99]  # type: ignore[attr-defined]  # both have one

    @pytest.mark.parametrize(
        "second", [logged(4, {"a": floats(3)}), logged(3, {"a": floats(3), "b": floats(4)})]
    )
    def test_other_steps_or_other_series_stay_apart(self, second: events.SeriesLogged) -> None:
        story = [logged(1, {"a": floats(1, 2)}), second]

        assert condensed(story) == story

    def test_of_previews_the_newest_stays(self) -> None:
        newest = preview(9)

        assert condensed([preview(1), steps(1, 1), preview(5), steps(2, 1), newest])[-1] is newest
        assert len(condensed([preview(1), preview(5), newest])) == 1

    def test_samples_on_disk_all_stay(self) -> None:
        story = [sample(1), preview(2), sample(3)]

        assert condensed(story) == story

    def test_steps_around_a_dropped_preview_are_merged(self) -> None:
        story = condensed([steps(1, 1), preview(1), steps(2, 1), preview(2)])

        assert [type(event) for event in story] == [events.StepsCompleted, events.SamplesDrawn]

    def test_of_adjacent_progress_the_newest_stays(self) -> None:
        phase = events.PhaseEntered(time=START, phase=Phase.LOADING)

        assert condensed([phase, counted(1), counted(2)]) == [phase, counted(2)]
        assert condensed([counted(1), phase, counted(2)]) == [counted(1), phase, counted(2)]

    def test_the_order_of_what_happened_is_kept(self) -> None:
        paused, resumed = events.Paused(time=START, step=1), events.Unpaused(time=START, step=1)
        story = [steps(1, 1), paused, resumed, steps(2, 1)]

        assert condensed(story) == story


class TestEventBuffer:
    def test_what_was_drained_does_not_come_again(self) -> None:
        buffer = EventBuffer()
        buffer(preview(1))

        assert len(buffer.drain()) == 1
        assert buffer.drain() == []

    def test_a_run_that_is_shown_in_parts_ends_with_a_mark(self) -> None:
        buffer = EventBuffer()
        buffer(preview(1))

        buffer.show_anew([steps(1, 1)], is_whole=False)
        buffer(counted(1))
        buffer.show_more([steps(2, 1)], is_whole=False)
        assert [type(event).__name__ for event in buffer.earlier()] == [
            "ShownAnew",
            "StepsCompleted",
            "StepsCompleted",
        ]
        assert len(buffer.drain()) == 1

        buffer(counted(2))
        buffer.show_more([steps(3, 1)], is_whole=True)
        assert [type(event).__name__ for event in buffer.earlier()] == [
            "StepsCompleted",
            "ShownWhole",
        ]
        assert buffer.drain() == []

    def test_there_is_room_again_once_the_screen_has_taken_some(self) -> None:
        buffer = EventBuffer()
        buffer.show_anew([steps(1, 1)], is_whole=False)
        assert buffer.has_room()

        buffer.show_more([steps(2, ROOM_STEPS - 1)], is_whole=False)
        assert not buffer.has_room()

        buffer.earlier()
        assert buffer.has_room()

    def test_a_stalled_screen_loses_no_loss_and_holds_few_records(self) -> None:
        buffer = EventBuffer()
        for step in range(1, 5001):
            buffer(steps(step, 1))
            buffer(preview(step))
            assert len(buffer._pending) <= 256

        story = buffer.drain()

        drained = [event for event in story if isinstance(event, events.StepsCompleted)]
        assert np.array_equal(
            np.concatenate([event.d_loss for event in drained]), steps(1, 5000).d_loss
        )
        assert len(story) <= 3

    def test_events_from_another_thread_while_draining_all_arrive_once(self) -> None:
        buffer = EventBuffer()
        story = [steps(step, 1) for step in range(1, 2001)]
        trainer = threading.Thread(target=lambda: deque(map(buffer, story), maxlen=0))
        trainer.start()
        drained: list[events.Event] = []
        while trainer.is_alive():
            drained += buffer.drain()
        trainer.join()
        drained += buffer.drain()

        lengths = [
            len(event.d_loss) for event in drained if isinstance(event, events.StepsCompleted)
        ]
        assert sum(lengths) == 2000
        assert len(condensed(drained)) == 1

    @pytest.mark.parametrize(
        "event",
        [
            events.RunFailed(time=START, error="E", message="earlier", exit_code=1),
            events.RunFinished(
                time=START, step=1, completed=False, train_seconds=1.0, exit_code=75
            ),
            events.PhaseEntered(time=START, phase=Phase.TRAINING),
            events.Paused(time=START, step=1),
        ],
        ids=["failed", "finished", "phase", "paused"],
    )
    def test_a_replay_leaves_out_how_an_earlier_process_stood(self, event: events.Event) -> None:
        buffer = EventBuffer()
        buffer.replay(event)
        buffer.replay(steps(1, 5))

        (kept,) = buffer.earlier()
        assert isinstance(kept, events.StepsCompleted)
        assert buffer.drain() == []


def test_series_that_wait_for_the_screen_take_room_too() -> None:
    buffer = EventBuffer()
    many = {f"s{number}": np.zeros(ROOM_STEPS, np.float32) for number in range(4)}

    buffer.show_anew([logged(1, many)], is_whole=False)

    assert not buffer.has_room()
