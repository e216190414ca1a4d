"""Grids as the bytes of a picture and of a film: arrays in, bytes out."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

import numpy as np

from gan.run.samples import tile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL import Image

    from gan.events import Images

_FRAME_MS: Final = 100
_LAST_FRAME_MS: Final = 2000
"""The end stays long enough to be looked at, and to be known for the end."""


def grid_png(images: Images, scale: int = 4) -> bytes:
    """Sixteen images as a PNG in 8-bit grey, every pixel a square.

    Args:
        images: 16 x 28 x 28, uint8.
        scale: Pixels in the side of a square; 4 gives a picture of 448 x 448.
    """
    buffer = io.BytesIO()
    _picture(images, scale).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def history_gif(frames: Sequence[Images], scale: int = 2) -> bytes:
    """Grids as a GIF that runs for ever: ten a second, the last one for two seconds.

    Args:
        frames: Each 16 x 28 x 28, uint8; at least one.
        scale: Pixels in the side of a square; 2 gives a film of 224 x 224.
    """
    if not frames:
        raise ValueError("received no frames, expected at least one")
    first, *others = (_picture(images, scale) for images in frames)
    buffer = io.BytesIO()
    first.save(
        buffer,
        "GIF",
        save_all=True,
        append_images=others,
        duration=[*[_FRAME_MS] * len(others), _LAST_FRAME_MS],
        loop=0,
        optimize=True,
    )
    return buffer.getvalue()


def thinned(count: int, most: int = 100) -> list[int]:
    """Which of so many grids a film shows: more of the early ones, where most happens.

    Frame k of n is about grid (k / n) squared of all; that is, a grid's place in the film grows
    with the square root of its number. The first and the last are always in.

    Args:
        count: How many grids there are.
        most: How many frames there may be, at least 2; with as few grids all are shown.

    Returns:
        Numbers from 0 to `count` - 1, rising.
    """
    if count <= most:
        return list(range(count))
    frames = np.arange(most)
    wanted = np.rint((count - 1) * (frames / (most - 1)) ** 2).astype(int)
    # At the beginning several frames want the same grid: each takes the next one then.
    rising = np.maximum.accumulate(wanted - frames) + frames
    return [int(number) for number in rising]


def _picture(images: Images, scale: int) -> Image.Image:
    # Here, because no picture is made before the dashboard's first frame.
    from PIL import Image

    return Image.fromarray(tile(images).repeat(scale, axis=0).repeat(scale, axis=1))
