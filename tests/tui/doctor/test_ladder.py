"""The digit in every kind of glyphs."""

from __future__ import annotations

import numpy as np
import pytest

from tui.doctor.ladder import GAP, drawn_kinds, ladder

STROKE = np.zeros((28, 28), np.uint8)
STROKE[4:24, 12:16] = 255


def test_every_kind_is_drawn_but_those_that_are_lost() -> None:
    assert drawn_kinds(()) == ["half", "quad", "sextant", "octant", "ascii"]
    assert drawn_kinds(("octant", "braille")) == ["half", "quad", "sextant", "ascii"]


@pytest.mark.parametrize("columns", [78, 80, 120, 300])
def test_it_fills_the_width_with_digits_of_one_size_and_names_them(columns: int) -> None:
    kinds = drawn_kinds(())

    strips, label = ladder(STROKE, kinds, columns, "greys")

    (width,) = {strip.cell_length for strip in strips}
    side = 2 * len(strips)
    assert width == 5 * side + 4 * GAP <= columns
    assert width > columns - 10 or len(strips) == 9
    assert [label.index(kind) for kind in kinds] == [(side + GAP) * n for n in range(5)]


def test_without_colours_it_is_drawn_in_ink() -> None:
    strips, _ = ladder(STROKE, drawn_kinds(()), 80, "mono")

    assert any("█" in strip.text for strip in strips)
    assert all(segment.style is None or not segment.style.color for s in strips for segment in s)


def test_without_room_nothing_is_drawn() -> None:
    assert ladder(STROKE, drawn_kinds(()), 40, "greys") == ([], "")
    assert ladder(STROKE, [], 80, "greys") == ([], "")
