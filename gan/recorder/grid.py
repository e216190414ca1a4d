"""A grid of samples, from pictures of any size: to show, and to keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gan.events import IMAGE_SIDE, SAMPLES
from gan.recorder.scalars import fetched

if TYPE_CHECKING:
    from PIL import Image

    from gan.events import Floats, Images
    from gan.recorder.pictures import Pictures

MAX_SIDE: Final = 1024
"""Pixels of the longer side of a picture that is kept; a larger one is scaled down."""

MAX_LATENTS: Final = 65_536
"""Numbers in the latents of one image that are kept."""


def on_screen(pictures: Pictures) -> Images:
    """Pictures as every screen shows them: sixteen in grey, fitted into 28 x 28, read-only.

    In place of missing ones there is black.
    """
    # Imported here: a run without images needs no Pillow.
    from gan.data.pictures.fitting import fitted

    images = np.zeros((SAMPLES, IMAGE_SIDE, IMAGE_SIDE), np.uint8)
    for place, picture in enumerate(pictures):
        images[place] = np.asarray(fitted(_pillow(picture).convert("L")))
    images.setflags(write=False)
    return images


def to_keep(pictures: Pictures) -> Pictures:
    """Sixteen pictures of their own size and colour: scaled down if they are large."""
    shape = pictures.shape[1:3]
    if max(shape) > MAX_SIDE:
        pictures = np.stack([_reduced(picture) for picture in pictures])
    missing = SAMPLES - len(pictures)
    return np.pad(pictures, ((0, missing), (0, 0), (0, 0), (0, 0)))


def latents_to_keep(latents: Any) -> Floats:
    """The latents of sixteen images, 16 x latent_dim; NaN where they aren't known.

    Args:
        latents: An array of any framework, n x ...; `None` if the loop doesn't tell them.

    Raises:
        TypeError: It is no array of numbers.
        ValueError: It has other axes, or too many numbers.
    """
    if latents is None:
        return np.full((SAMPLES, 1), np.nan, np.float32)
    array = fetched(latents)
    if array.ndim < 2 or not array.size:  # noqa: PLR2004 - one axis of images, one of numbers
        raise ValueError(
            f"latents: received an array of shape {array.shape}, expected n x latent_dim"
        )
    rows = array[:SAMPLES].reshape(min(len(array), SAMPLES), -1).astype(np.float32)
    if rows.shape[1] > MAX_LATENTS:
        raise ValueError(
            f"latents: received {rows.shape[1]:,} numbers for an image, expected at most "
            f"{MAX_LATENTS:,}; pass latents=None"
        )
    missing = SAMPLES - len(rows)
    return np.pad(rows, ((0, missing), (0, 0)), constant_values=np.nan)


def _pillow(picture: Pictures) -> Image.Image:
    from PIL import Image

    return Image.fromarray(picture[..., 0] if picture.shape[-1] == 1 else picture)


def _reduced(picture: Pictures) -> Pictures:
    image = _pillow(picture)
    image.thumbnail((MAX_SIDE, MAX_SIDE))
    return np.asarray(image).reshape(image.height, image.width, -1)
