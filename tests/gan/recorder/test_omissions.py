"""What was left out is said by kind, not too often, and never forgotten."""

from __future__ import annotations

from gan.recorder.omissions import SAY_SECONDS, Omissions


def test_nothing_is_said_where_nothing_was_left_out() -> None:
    assert Omissions().take_sentences(0.0, is_last=True) == []


def test_each_kind_is_said_with_its_number_and_its_cause() -> None:
    omissions = Omissions()
    omissions.add(rows=1000, grids=2)
    omissions.add(rows=1, steps=5, refused_grids=3)

    assert omissions.take_sentences(0.0) == [
        "1,001 steps are left out: they came faster than they are written",
        "5 steps are left out: the disk refused the log for too long",
        "2 grids are left out: they came faster than they are written",
        "3 grids are lost: the disk refused them",
    ]


def test_more_of_it_waits_and_is_said_later_or_at_the_end() -> None:
    omissions = Omissions()
    omissions.add(rows=1)
    omissions.take_sentences(0.0)
    omissions.add(rows=2)

    assert omissions.take_sentences(SAY_SECONDS - 1) == []
    omissions.add(rows=3)
    assert omissions.take_sentences(SAY_SECONDS) != []
    omissions.add(rows=4)
    (last,) = omissions.take_sentences(SAY_SECONDS, is_last=True)
    assert last.startswith("4 steps")
