from __future__ import annotations

import numpy as np
import pytest

from gan.data.synthetic.alphabet import POSITIONS
from gan.data.synthetic.handwriting import BOX, PenPaths
from gan.data.synthetic.ink import draw_strokes

MIDDLE = BOX / 2


def upright(half_width: float, *, x: float = MIDDLE) -> PenPaths:
    """One straight stroke from the fourth row's top to the sixteenth row's bottom."""
    along = np.linspace(4, 16, POSITIONS)
    caps = np.zeros((1, POSITIONS))
    caps[0, [0, -1]] = 1
    return PenPaths(
        positions=np.stack([np.full(POSITIONS, x), along], axis=-1)[np.newaxis],
        half_widths=np.full((1, POSITIONS), half_width),
        pen_down=np.ones((1, POSITIONS - 1)),
        caps=caps,
    )


@pytest.mark.parametrize("half_width", [0.65, 1.0, 1.5, 2.5])
def test_a_stroke_is_as_wide_as_its_pen(half_width: float) -> None:
    row = draw_strokes(upright(half_width))[0, BOX // 2]

    assert row.sum() / 255 == pytest.approx(2 * half_width, abs=0.2)


def test_a_stroke_is_white_inside_and_black_outside() -> None:
    row = draw_strokes(upright(1.5))[0, BOX // 2]

    assert row[9:11].tolist() == [255, 255]
    assert not row[:7].any()
    assert not row[13:].any()


def test_an_edge_is_antialiased() -> None:
    """A stroke moved by a quarter of a pixel changes the greys of its edges, both paths."""
    here, there = (draw_strokes(upright(1.5, x=x))[0, BOX // 2].astype(int) for x in (10, 10.25))

    assert 20 < here[8] - there[8] < 90
    assert 20 < there[11] - here[11] < 90


def test_a_stroke_has_no_dots_in_it() -> None:
    for half_width in (0.65, 1.0, 2.0):
        along = draw_strokes(upright(half_width))[0, 6:14, BOX // 2]

        assert np.ptp(along) <= 1


def test_a_stroke_ends_round_and_where_it_should() -> None:
    image = draw_strokes(upright(1.5))[0]

    assert image[:, BOX // 2].sum() / 255 == pytest.approx(12 + 2 * 1.5, abs=1)
    assert image[3, 8] < image[5, 8]


def test_nothing_is_drawn_where_the_pen_is_lifted() -> None:
    paths = upright(1.0)
    paths.positions[0, POSITIONS // 2 :, 0] = 15
    paths.positions[0, : POSITIONS // 2, 0] = 5
    paths.pen_down[0, POSITIONS // 2 - 1] = 0

    assert not draw_strokes(paths)[0, :, 8:12].any()


def test_ink_far_away_is_no_warning_and_no_ink() -> None:
    assert not draw_strokes(upright(0.65, x=1000.0)).any()
