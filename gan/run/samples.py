"""Sample grids on disk: a PNG to view, and an .npz with the exact arrays."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Final

import numpy as np

from gan.disk import arrays
from gan.disk.files import read_plain, write_file
from gan.disk.os_errors import storage_errors
from gan.errors import StorageError
from gan.events import GRID_SIDE, IMAGE_SIDE, SAMPLES

if TYPE_CHECKING:
    import numpy.typing as npt

    from gan.events import Floats, Images
    from gan.run.directory import RunDirectory

_SHAPE: Final = (SAMPLES, IMAGE_SIDE, IMAGE_SIDE)
_PICTURE: Final = re.compile(r"(?P<step>[0-9]{6,18})\.png")
_MAX_BYTES: Final = 8 << 20
"""Maximum size of an .npz file in bytes. Latents of length 65,536 take 4 MiB."""


def tile(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Arrange sixteen images in a 4 x 4 grid, row by row from the upper left.

    Args:
        images: uint8, 16 x height x width, or with one more axis of channels.

    Returns:
        uint8, four times as high and as wide: 112 x 112 for images of 28 x 28.

    Raises:
        ValueError: There aren't sixteen images.
    """
    count, height, width, *channels = images.shape
    if count != SAMPLES:
        raise ValueError(f"received {count} images, expected {SAMPLES}")
    rows = images.reshape(GRID_SIDE, GRID_SIDE, height, width, *channels).swapaxes(1, 2)
    tiled: npt.NDArray[np.uint8] = rows.reshape(GRID_SIDE * height, GRID_SIDE * width, *channels)
    return tiled


def write_samples(
    run: RunDirectory,
    step: int,
    images: Images,
    latents: Floats,
    *,
    pictures: npt.NDArray[np.uint8] | None = None,
) -> str:
    """Write `000500.png`, an 8-bit grid, and `000500.npz` with its images and latents.

    Samples of the same step are replaced. The PNG is written last, so if it exists the arrays do
    too. The files aren't synced to disk, because they can be drawn again from a checkpoint.

    Args:
        run: The run.
        step: Steps completed.
        images: uint8, 16 x 28 x 28; `images` in the .npz.
        latents: float32, 16 x latent_dim; `latents` in the .npz.
        pictures: What the PNG shows in place of the images: uint8, 16 x height x width, or with
            one more axis of 1 or 3 channels.

    Returns:
        The path of the PNG, relative to the run directory.

    Raises:
        StorageError: A file could not be written.
    """
    picture = run.samples_path / _name(step)
    packed = arrays.pack({"images": images, "latents": latents})
    write_file(picture.with_suffix(".npz"), packed, durable=False)
    grid = tile(images if pictures is None else pictures)
    write_file(picture, _png(grid), durable=False)
    return run.relative(picture)


def read_samples(run: RunDirectory, path: str) -> Images:
    """Read the exact images of a grid.

    Args:
        run: The run.
        path: The path of the PNG, relative to the run directory, as returned by `write_samples`.

    Returns:
        uint8, 16 x 28 x 28, read-only.

    Raises:
        StorageError: The path isn't that of a grid, or its .npz file is missing, damaged or has
            other arrays.
    """
    picture = run.path / path
    # The path comes from a log, which may be damaged or written by someone else.
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
    """The steps that have a grid on disk, in ascending order; empty if there is no samples folder.

    Raises:
        StorageError: The folder can't be read.
    """
    with storage_errors("read", run.samples_path):
        try:
            names = [path.name for path in run.samples_path.iterdir()]
        except FileNotFoundError:
            return []
    return sorted(int(match["step"]) for match in map(_PICTURE.fullmatch, names) if match)


def sample_path(run: RunDirectory, step: int) -> str:
    """The path of a step's PNG, relative to the run directory."""
    return run.relative(run.samples_path / _name(step))


def _name(step: int) -> str:
    return f"{step:06d}.png"


def _layout(size: int) -> arrays.Layout:
    """The arrays that an .npz of this size must have. Only `latent_dim` may vary."""
    images, latents = np.zeros(_SHAPE, np.uint8), np.zeros((_SHAPE[0], 1), np.float32)
    shortest = len(arrays.pack({"images": images, "latents": latents}))
    length = max(1, 1 + (size - shortest) // latents.nbytes)
    return {
        "images": (_SHAPE, images.dtype.str),
        "latents": ((_SHAPE[0], length), latents.dtype.str),
    }


def _png(pixels: npt.NDArray[np.uint8]) -> bytes:
    # Imported here, because no grid is drawn before the dashboard's first frame.
    from PIL import Image

    buffer = io.BytesIO()
    is_grey = pixels.shape[-1] == 1
    Image.fromarray(pixels[..., 0] if is_grey else pixels).save(buffer, "PNG")
    return buffer.getvalue()
