"""Grids as a PNG and as an animated GIF, exact to every grey value."""

from __future__ import annotations

import io
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from gan.export.pictures import grid_png, history_gif, thinned
from gan.run.samples import tile

IMAGES = np.random.default_rng(0).integers(0, 256, (16, 28, 28), np.uint8)


def frames(count: int) -> list[np.ndarray]:
    """Grids that differ in every image."""
    return [np.roll(IMAGES, place, axis=2) for place in range(count)]


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


class TestGrid:
    def test_it_is_the_grid_in_eight_bit_grey_four_times_as_large(self) -> None:
        picture = opened(grid_png(IMAGES))

        assert (picture.format, picture.mode, picture.size) == ("PNG", "L", (448, 448))
        pixels = np.asarray(picture)
        for down in range(4):
            for right in range(4):
                np.testing.assert_array_equal(pixels[down::4, right::4], tile(IMAGES))

    def test_its_scale_can_be_another(self) -> None:
        np.testing.assert_array_equal(np.asarray(opened(grid_png(IMAGES, 1))), tile(IMAGES))

    def test_equal_images_give_equal_bytes(self) -> None:
        assert grid_png(IMAGES) == grid_png(IMAGES.copy())


class TestAnimation:
    def test_every_frame_is_an_exact_grid(self) -> None:
        animation = opened(history_gif(frames(5)))

        assert (animation.format, animation.n_frames, animation.size) == ("GIF", 5, (224, 224))
        for place, images in enumerate(frames(5)):
            animation.seek(place)
            pixels = np.asarray(animation.convert("L"))
            np.testing.assert_array_equal(pixels[::2, ::2], tile(images))
            np.testing.assert_array_equal(pixels[1::2, 1::2], tile(images))

    def test_the_last_frame_is_shown_for_two_seconds_and_it_repeats(self) -> None:
        animation = opened(history_gif(frames(3)))

        assert animation.info["loop"] == 0
        durations = []
        for place in range(animation.n_frames):
            animation.seek(place)
            durations.append(animation.info["duration"])
        assert durations == [100, 100, 2000]

    def test_equal_frames_keep_their_duration(self) -> None:
        """Pillow merges equal frames; the total duration must not change."""
        animation = opened(history_gif([IMAGES, IMAGES, *frames(3)]))

        total = 0
        for place in range(animation.n_frames):
            animation.seek(place)
            total += animation.info["duration"]
        assert total == 4 * 100 + 2000

    def test_one_grid_is_an_animation_of_one_frame(self) -> None:
        animation = opened(history_gif([IMAGES]))

        assert animation.n_frames == 1
        np.testing.assert_array_equal(np.asarray(animation.convert("L"))[::2, ::2], tile(IMAGES))

    def test_no_grid_is_an_error(self) -> None:
        with pytest.raises(ValueError, match="received no frames"):
            history_gif([])


class TestThinning:
    @pytest.mark.parametrize("count", [0, 1, 2, 99, 100])
    def test_few_grids_are_all_shown(self, count: int) -> None:
        assert thinned(count) == list(range(count))

    @pytest.mark.parametrize("count", [101, 117, 150, 1000, 10_000, 10**7])
    def test_of_many_a_hundred_are_shown_the_first_and_the_last_in_order(self, count: int) -> None:
        shown = thinned(count)

        assert len(shown) == 100
        assert (shown[0], shown[-1]) == (0, count - 1)
        assert shown == sorted(set(shown))

    def test_early_grids_are_shown_more_often_than_late_ones(self) -> None:
        shown = thinned(10_000)

        gaps = [later - earlier for earlier, later in pairwise(shown)]
        assert all(later >= earlier - 1 for earlier, later in pairwise(gaps))
        assert (gaps[0], gaps[-1]) == (1, 201)

    def test_a_grids_position_grows_with_the_square_root_of_its_number(self) -> None:
        """The first half of the animation shows the first quarter of the run."""
        shown = thinned(10_000)

        assert sum(number < 2500 for number in shown) == 50
        assert sum(number < 100 for number in shown) == 10

    @pytest.mark.parametrize("max_frames", [2, 3, 30])
    def test_the_maximum_can_be_changed(self, max_frames: int) -> None:
        shown = thinned(1000, max_frames)

        assert len(shown) == max_frames
        assert (shown[0], shown[-1]) == (0, 999)
