"""Encodes sample grids as a PNG or an animated GIF."""

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
"""The last frame is shown longer, to mark the end before the animation repeats."""


def grid_png(images: Images, scale: int = 4) -> bytes:
    """Encode a grid of sixteen images as an 8-bit grey PNG.

    Args:
        images: uint8, 16 x 28 x 28.
        scale: Enlargement in whole pixels; 4 gives a PNG of 448 x 448.
    """
    buffer = io.BytesIO()
    _picture(images, scale).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def history_gif(frames: Sequence[Images], scale: int = 2) -> bytes:
    """Encode grids as an endless GIF: ten frames per second, the last one shown for two seconds.

    Args:
        frames: At least one grid; each is uint8, 16 x 28 x 28.
        scale: Enlargement in whole pixels; 2 gives a GIF of 224 x 224.

    Raises:
        ValueError: There are no frames.
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


def thinned(count: int, max_frames: int = 100) -> list[int]:
    """Select the grids for an animation: more early ones, because they change faster.

    Frame k of n shows about grid `count * (k / n)**2`. The first and the last grid are included.

    Args:
        count: The number of grids.
        max_frames: Maximum number of frames, at least 2. If there are no more grids than that, all
            are selected.

    Returns:
        Indices from 0 to `count` - 1, in ascending order.
    """
    if count <= max_frames:
        return list(range(count))
    frames = np.arange(max_frames)
    wanted = np.rint((count - 1) * (frames / (max_frames - 1)) ** 2).astype(int)
    # Several early frames would show the same grid; each then takes the next one.
    rising = np.maximum.accumulate(wanted - frames) + frames
    return [int(number) for number in rising]


def _picture(images: Images, scale: int) -> Image.Image:
    # Imported here, because nothing is exported before the dashboard's first frame.
    from PIL import Image

    return Image.fromarray(tile(images).repeat(scale, axis=0).repeat(scale, axis=1))
