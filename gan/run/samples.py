"""Sample grids on disk: a picture for people, and the exact arrays for programs."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from PIL import Image

from gan.run import arrays, atomic

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from gan.events import Floats, Images
    from gan.run.directory import RunDirectory

ROWS: Final = 4
"""Rows, and columns, of the grid."""


def tile(images: Images) -> npt.NDArray[np.uint8]:
    """Lay sixteen images out as one, four rows of four, the first in the upper left.

    Args:
        images: 16 x 28 x 28, uint8.

    Returns:
        112 x 112, uint8.
    """
    count, height, width = images.shape
    if count != ROWS * ROWS:
        raise ValueError(f"received {count} images, expected {ROWS * ROWS}")
    grid = images.reshape(ROWS, ROWS, height, width)
    tiled: npt.NDArray[np.uint8] = grid.transpose(0, 2, 1, 3).reshape(ROWS * height, ROWS * width)
    return tiled


def write_samples(run: RunDirectory, step: int, images: Images, latents: Floats) -> str:
    """Write `000500.png`, 8-bit grey, and `000500.npz` with what it was drawn from.

    Samples of the same step are replaced. The picture comes last, so that whoever sees it finds
    the arrays beside it. Neither waits for the disk: they can be drawn again from a checkpoint.

    Args:
        run: The run.
        step: Steps completed.
        images: 16 x 28 x 28, uint8; `images` in the npz.
        latents: 16 x latent_dim, float32; `latents` in the npz.

    Returns:
        The picture's path, relative to the run.

    Raises:
        StorageError: They could not be written.
    """
    picture = run.samples_path / f"{step:06d}.png"
    packed = arrays.pack({"images": images, "latents": latents})
    atomic.write_bytes(picture.with_suffix(".npz"), packed, durable=False)
    atomic.write_bytes(picture, _png(tile(images)), durable=False)
    return run.relative(picture)


def _png(pixels: npt.NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()
