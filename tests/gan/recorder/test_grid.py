"""Grids: what every screen shows, what is kept, and the latents that belong to them."""

from __future__ import annotations

import numpy as np
import pytest

from gan.recorder.grid import MAX_LATENTS, MAX_SIDE, latents_to_keep, on_screen, to_keep


def test_the_screen_gets_sixteen_grey_images_of_its_own_size() -> None:
    images = on_screen(np.full((3, 64, 32, 3), 200, np.uint8))

    assert images.shape == (16, 28, 28)
    assert not images.flags.writeable
    assert images[0, 14, 14] == 200
    assert images[0, 14, 0] == 0, "the proportions are kept"
    assert not images[3:].any(), "what is missing is black"


def test_images_of_that_size_stay_as_they_are() -> None:
    pictures = np.arange(16 * 28 * 28, dtype=np.uint32).astype(np.uint8).reshape(16, 28, 28, 1)

    assert (on_screen(pictures) == pictures[..., 0]).all()


def test_what_is_kept_has_its_size_and_colour() -> None:
    pictures = np.full((2, 40, 30, 3), 7, np.uint8)

    kept = to_keep(pictures)

    assert kept.shape == (16, 40, 30, 3)
    assert (kept[:2] == pictures).all()


def test_a_large_picture_is_scaled_down() -> None:
    assert to_keep(np.zeros((1, 2 * MAX_SIDE, MAX_SIDE, 3), np.uint8)).shape[1:3] == (
        MAX_SIDE,
        MAX_SIDE // 2,
    )


def test_latents_are_kept_for_sixteen_images() -> None:
    kept = latents_to_keep(np.ones((20, 2, 3)))

    assert kept.shape == (16, 6)
    assert kept.dtype == np.float32
    assert np.isnan(latents_to_keep(np.ones((3, 2)))[3:]).all()
    assert np.isnan(latents_to_keep(None)).all()


@pytest.mark.parametrize("shape", [(16,), (1, MAX_LATENTS + 1), (0, 4)])
def test_other_latents_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="latents: received"):
        latents_to_keep(np.zeros(shape))
