"""Sample grids on disk: a picture for people, and the exact arrays for programs."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Final

import numpy as np

from gan.disk import arrays
from gan.disk.files import read_plain, write_file
from gan.disk.os_errors import storage_errors
from gan.errors import StorageError

if TYPE_CHECKING:
    import numpy.typing as npt

    from gan.events import Floats, Images
    from gan.run.directory import RunDirectory

ROWS: Final = 4
"""Rows, and columns, of the grid."""

_SHAPE: Final = (ROWS * ROWS, 28, 28)
_PICTURE: Final = re.compile(r"(?P<step>[0-9]{6,18})\.png")
_MAX_BYTES: Final = 8 << 20
"""The largest arrays of a grid: latents of 65,536 numbers take 4 MiB."""


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
    picture = run.samples_path / _name(step)
    packed = arrays.pack({"images": images, "latents": latents})
    write_file(picture.with_suffix(".npz"), packed, durable=False)
    write_file(picture, _png(tile(images)), durable=False)
    return run.relative(picture)


def read_samples(run: RunDirectory, path: str) -> Images:
    """The images of a grid, exactly as they were drawn.

    Args:
        run: The run.
        path: The picture's path, relative to the run, as `write_samples` returned it.

    Returns:
        16 x 28 x 28, uint8, read-only.

    Raises:
        StorageError: The path is not a grid's, or the arrays beside the picture are missing,
            damaged or of another kind.
    """
    picture = run.path / path
    # The path comes from a log, which may be damaged or somebody else's.
    if picture.parent != run.samples_path or not _PICTURE.fullmatch(picture.name):
        raise StorageError(f"cannot read {path!r:.200}: expected a path like samples/000500.png.")
    file = picture.with_suffix(".npz")
    with storage_errors("read", file):
        data = read_plain(file, _MAX_BYTES)
    try:
        return arrays.unpack(data, _layout(len(data)))["images"]
    except ValueError as error:
        raise StorageError(f"cannot read {file}: {error}.") from None


def sample_steps(run: RunDirectory) -> list[int]:
    """The steps that a grid is on disk of, the first step first; none without their folder.

    Raises:
        StorageError: The folder cannot be read.
    """
    with storage_errors("read", run.samples_path):
        try:
            names = [path.name for path in run.samples_path.iterdir()]
        except FileNotFoundError:
            return []
    return sorted(int(match["step"]) for match in map(_PICTURE.fullmatch, names) if match)


def sample_path(run: RunDirectory, step: int) -> str:
    """The path of a step's picture, relative to the run."""
    return run.relative(run.samples_path / _name(step))


def _name(step: int) -> str:
    return f"{step:06d}.png"


def _layout(size: int) -> arrays.Layout:
    """What a file of this size must hold: only the length of a latent vector can differ."""
    images, latents = np.zeros(_SHAPE, np.uint8), np.zeros((_SHAPE[0], 1), np.float32)
    shortest = len(arrays.pack({"images": images, "latents": latents}))
    length = max(1, 1 + (size - shortest) // latents.nbytes)
    return {
        "images": (_SHAPE, images.dtype.str),
        "latents": ((_SHAPE[0], length), latents.dtype.str),
    }


def _png(pixels: npt.NDArray[np.uint8]) -> bytes:
    # Here, because nothing is drawn before the first frame.
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()
