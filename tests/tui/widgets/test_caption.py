"""What stands below the digits."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

import pytest

from tests import fakes
from tui.model.run_state import RunState, apply
from tui.model.view import Picture, View
from tui.widgets.digit_grid import Caption, caption
from tui.widgets.scene_view import Scene

RUN = reduce(apply, fakes.training(), RunState())
RAW = reduce(apply, fakes.raw(), RunState())


def words(scene: Scene, width: int = 72) -> str:
    return "".join(text for text, _ in caption(scene, width))


def test_samples_have_their_step() -> None:
    assert words(Scene(run=RUN)) == " samples at step 1,000"
    assert words(Scene()) == " no samples yet"


def test_images_of_the_raw_generator_have_a_badge() -> None:
    assert words(Scene(run=RAW)) == " RAW GENERATOR  samples at step 1,000"


def test_a_grid_from_disk_is_of_the_averaged_generator() -> None:
    picture = Picture(images=fakes.squares(), words="step 500, grid 2 of 3", step=500)
    scene = Scene(run=RAW, view=View(grid=1), picture=picture)

    assert words(scene) == " step 500, grid 2 of 3"
    assert words(replace(scene, view=View())) == " RAW GENERATOR  step 500, grid 2 of 3"


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (53, " RAW GENERATOR  digit 6 of 16: samples at step 1,000"),
        (51, " RAW  digit 6 of 16: samples at step 1,000"),
        (40, " RAW GENERATOR  digit 6 of 16: step 1,000"[:5] + " digit 6 of 16: step 1,000"),
        (32, " RAW  digit 6 of 16: step 1,000"),
    ],
)
def test_a_caption_is_not_cut(width: int, shown: str) -> None:
    scene = Scene(run=RAW, view=View(enlarged=True, digit=5))

    assert words(scene, width) == shown


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (42, " between latents, step 187,400 (16 of 24)"),
        (40, " between latents, step 187,400"),
        (30, " between latents, step 187,400"),
        (29, " between latents"),
    ],
)
def test_whole_parts_of_a_caption_are_left_out(width: int, shown: str) -> None:
    between = "between latents, step 187,400 (16 of 24)"
    picture = Picture(images=fakes.squares(), words=between, step=187_400)

    assert words(Scene(run=RUN, picture=picture), width) == shown


def test_it_is_drawn_anew_when_the_other_generator_is_shown() -> None:
    widget = Caption()
    widget.show(Scene(run=RAW))

    assert widget.changed(Scene(run=replace(RAW, progress=RUN.progress)))
