"""The arrays behind the charts: cheap to append to, and never changed behind a reader's back."""

from __future__ import annotations

import numpy as np
import pytest

from tests.fakes import floats, steps
from tui.history import Column, LossHistory


class TestColumn:
    def test_values_come_back_in_order(self) -> None:
        column = Column().append(floats(1, 2)).append(floats(3))

        assert column.values.tolist() == [1, 2, 3]
        assert column.values.dtype == np.float32

    def test_an_older_column_stays_as_it_was(self) -> None:
        older = Column().append(floats(1, 2))
        seen = older.values

        older.append(floats(3))

        assert older.values.tolist() == [1, 2]
        assert seen.tolist() == [1, 2]

    def test_two_branches_of_one_column_do_not_see_each_other(self) -> None:
        trunk = Column().append(floats(1))

        left, right = trunk.append(floats(2)), trunk.append(floats(3))

        assert left.values.tolist() == [1, 2]
        assert right.values.tolist() == [1, 3]

    def test_appending_after_a_cut_leaves_the_uncut_column_alone(self) -> None:
        whole = Column().append(floats(1, 2, 3))

        cut = whole.truncated(1).append(floats(9))

        assert cut.values.tolist() == [1, 9]
        assert whole.values.tolist() == [1, 2, 3]

    def test_a_chain_of_appends_shares_one_buffer(self) -> None:
        """Else every event would copy the whole run."""
        first = Column().append(floats(1))

        last = first
        for value in range(100):
            last = last.append(floats(value))

        assert np.shares_memory(first.values, last.values)

    def test_growing_past_the_buffer_keeps_every_value(self) -> None:
        column = Column()
        for start in range(0, 5000, 100):
            column = column.append(np.arange(start, start + 100, dtype=np.float32))

        assert np.array_equal(column.values, np.arange(5000, dtype=np.float32))

    def test_the_newest_are_the_last(self) -> None:
        column = Column().append(floats(1, 2, 3))

        assert column.newest(2).tolist() == [2, 3]
        assert column.newest(9).tolist() == [1, 2, 3]
        assert column.newest(0).tolist() == []

    def test_views_cannot_be_written(self) -> None:
        with pytest.raises(ValueError, match="read-only"):
            Column().append(floats(1)).values[0] = 2


class TestLossHistory:
    def test_it_begins_at_the_first_step_it_is_told(self) -> None:
        history = LossHistory().append(steps(501, 10))

        assert (history.first_step, history.last_step, len(history)) == (501, 510, 10)

    def test_an_empty_history_ends_before_its_first_step(self) -> None:
        assert LossHistory().last_step == 0

    def test_every_column_grows_alike(self) -> None:
        event = steps(1, 5)
        history = LossHistory().append(event)

        assert np.array_equal(history.d_loss.values, event.d_loss)
        assert np.array_equal(history.g_loss.values, event.g_loss)
        assert np.array_equal(history.real_score.values, event.real_score)
        assert np.array_equal(history.fake_score.values, event.fake_score)

    def test_steps_told_again_replace_what_stood_there(self) -> None:
        history = LossHistory().append(steps(1, 10, d_loss=floats(*[1] * 10)))

        again = history.append(steps(6, 2, d_loss=floats(7, 8)))

        assert again.d_loss.values.tolist() == [1, 1, 1, 1, 1, 7, 8]
        assert again.last_step == 7

    def test_steps_that_were_never_told_are_a_gap(self) -> None:
        history = LossHistory().append(steps(1, 2)).append(steps(5, 1))

        assert np.isnan(history.d_loss.values).tolist() == [False, False, True, True, False]
        assert history.last_step == 5

    @pytest.mark.parametrize(("step", "kept"), [(0, 0), (3, 3), (10, 10), (99, 10)])
    def test_a_resume_keeps_what_lies_up_to_its_step(self, step: int, kept: int) -> None:
        history = LossHistory().append(steps(1, 10)).truncated(step)

        assert len(history) == kept
        assert len(history.fake_score) == kept
