"""A grid of cells to draw on."""

from rich.color import Color
from rich.style import Style

from tui.render.canvas import Canvas

RED = Color.parse("#ff0000")


def test_a_new_canvas_is_blank() -> None:
    strips = Canvas.blank(3, 2, (None,)).strips()
    assert [strip.text for strip in strips] == ["   ", "   "]


def test_text_has_the_colour_that_it_is_written_in() -> None:
    canvas = Canvas.blank(5, 1, (None, RED))
    canvas.write(0, 2, "ab", 1)
    (strip,) = canvas.strips()
    assert [(segment.text, segment.style) for segment in strip] == [
        ("  ", Style()),
        ("ab ", Style(color=RED)),
    ]


def test_text_is_cut_off_at_the_edges() -> None:
    canvas = Canvas.blank(4, 1, (None,))
    canvas.write(0, -1, "xab", 0)
    canvas.write(0, 3, "cd", 0)
    canvas.write(0, 9, "e", 0)
    assert canvas.strips()[0].text == "ab c"


def test_a_canvas_without_cells_has_empty_strips() -> None:
    assert Canvas.blank(0, 0, (None,)).strips() == []
    assert [strip.cell_length for strip in Canvas.blank(0, 2, (None,)).strips()] == [0, 0]
