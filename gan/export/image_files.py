"""Images as files: arrays of any number, a sheet, a film, or a folder of pictures.

Arrays and folders are written as the images come, in memory that doesn't grow with their number. A
sheet and a film are whole in memory and have limits.
"""

from __future__ import annotations

import io
import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import numpy as np

from gan.disk.array_stream import ArrayStream, npy_pieces, npz_pieces
from gan.disk.files import write_new
from gan.disk.os_errors import storage_errors
from gan.disk.permissions import mode_beside
from gan.errors import UsageError
from gan.events import IMAGE_SIDE
from gan.export.destination import (
    require_free,
    require_free_folder,
    whole_folder,
    write_whole,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import IO

    import numpy.typing as npt
    from PIL import Image

    from gan.events import Floats, Images

ImageFileKind = Literal["npz", "npy", "png", "gif", "folder"]

KINDS: Final[dict[str, ImageFileKind]] = {
    ".npz": "npz",
    ".npy": "npy",
    ".png": "png",
    ".gif": "gif",
    "": "folder",
}
"""What is written, by the suffix of its name."""

SHEET_LIMIT: Final = 10_000
"""Images on a sheet, at most."""

FILM_LIMIT: Final = 1 << 27
"""Pixels of all frames of a film, at most: Pillow holds them until it writes."""

_WIDE: Final = 1120
"""Pixels of a sheet's width up to which it is enlarged, four times at most."""

_MAX_SCALE: Final = 4
_FRAME_MS: Final = 80
"""Twelve and a half frames a second: a GIF counts in hundredths of a second."""

_PICTURE: Final = re.compile(r"[0-9]{6,18}\.png")
_COPIED: Final = 1 << 20
"""Bytes that are copied at once."""


class Sheet(NamedTuple):
    """How images are arranged side by side, row by row from the upper left."""

    columns: int
    rows: int

    @property
    def cells(self) -> int:
        """Images that it has room for."""
        return self.columns * self.rows

    @classmethod
    def for_count(cls, count: int) -> Sheet:
        """The smallest that is about square, with room for so many images."""
        columns = max(1, int(np.ceil(np.sqrt(count))))
        return cls(columns, -(-count // columns))


def kind_of(name: str) -> ImageFileKind:
    """What a person who gave this name wants: a file by its suffix, or a folder.

    Raises:
        UsageError: It has another suffix.
    """
    if name == "-":
        raise UsageError(
            "--out: received '-', expected a name: images don't go to standard output."
        )
    suffix = "" if name.endswith("/") else Path(name).suffix.lower()
    if (kind := KINDS.get(suffix)) is None:
        known = ", ".join(filter(None, KINDS))
        raise UsageError(
            f"--out: received {name!r:.200}, expected a name that ends in {known}, or a folder: "
            "one without a suffix, or with / at its end."
        )
    return kind


def require_free_place(path: Path, kind: ImageFileKind, *, force: bool) -> None:
    """Refuse what would be replaced unasked.

    Raises:
        UsageError: There is something, and not `force`, or something that is never replaced.
        StorageError: It can't be looked at.
    """
    if kind == "folder":
        require_free_folder(path, force=force, is_ours=lambda name: bool(_PICTURE.fullmatch(name)))
    else:
        require_free(path, force=force)


def write_npy(
    path: Path, drawn: Iterable[tuple[Images, Floats]], count: int, *, force: bool
) -> None:
    """Write images as they come: uint8, count x 28 x 28.

    Args:
        path: The file.
        drawn: Images, and what they were made of.
        count: How many images come.
        force: Whether a file that is there is replaced.

    Raises:
        UsageError: As `require_free_place`.
        StorageError: The disk refused. Whatever `drawn` raises is passed on.
    """
    pieces = (_bytes_of(images) for images, _ in drawn)
    write_whole(path, npy_pieces(ArrayStream(_shape(count), "|u1", pieces)), force=force)


def write_npz(
    path: Path,
    drawn: Iterable[tuple[Images, Floats]],
    count: int,
    latent_dim: int,
    *,
    force: bool,
) -> None:
    """Write `images` as `write_npy` does, then `latents`: float32, count x latent_dim."""
    with storage_errors("write", path), tempfile.TemporaryFile(dir=path.parent) as kept:
        write_whole(path, npz_pieces(_arrays(drawn, count, latent_dim, kept)), force=force)


def write_sheet(
    path: Path, drawn: Iterable[tuple[Images, Floats]], sheet: Sheet, *, force: bool
) -> None:
    """Write a picture of all images side by side; an 8-bit grey PNG."""
    images = np.concatenate([images for images, _ in drawn])
    buffer = io.BytesIO()
    _picture(images, sheet, _scale(sheet)).save(buffer, "PNG", optimize=True)
    write_whole(path, [buffer.getbuffer()], force=force)


def write_film(path: Path, frames: Iterable[Images], sheet: Sheet, *, force: bool) -> None:
    """Write frames of images side by side as an endless GIF."""
    first, *others = (_picture(images, sheet, film_scale(sheet)) for images in frames)
    buffer = io.BytesIO()
    first.save(buffer, "GIF", save_all=True, append_images=others, duration=_FRAME_MS, loop=0)
    write_whole(path, [buffer.getbuffer()], force=force)


def write_folder(path: Path, drawn: Iterable[tuple[Images, Floats]], *, force: bool) -> None:
    """Write each image as a picture of its own: `000000.png` and so on, 28 x 28."""
    require_free_place(path, "folder", force=force)
    with whole_folder(path) as folder:
        mode = mode_beside(folder / "of any name")
        number = 0
        for images, _ in drawn:
            for image in images:
                buffer = io.BytesIO()
                _grey(image).save(buffer, "PNG")
                picture = folder / f"{number:06d}.png"
                # Of the path that was named: the folder is a temporary one until the end.
                with storage_errors("write", path / picture.name):
                    write_new(picture, [buffer.getbuffer()], durable=False, mode=mode)
                number += 1


def film_scale(sheet: Sheet) -> int:
    """How many times a film is enlarged: half as often as a picture, for its size."""
    return max(1, _scale(sheet) // 2)


def film_pixels(sheet: Sheet, frames: int) -> int:
    """Pixels of all frames of a film."""
    return frames * sheet.cells * (IMAGE_SIDE * film_scale(sheet)) ** 2


def _arrays(
    drawn: Iterable[tuple[Images, Floats]], count: int, latent_dim: int, kept: IO[bytes]
) -> Iterator[tuple[str, ArrayStream]]:
    """The images as they come, then the latents, which a file keeps in the meantime."""

    def values() -> Iterator[memoryview]:
        for images, latents in drawn:
            kept.write(_bytes_of(latents))
            yield _bytes_of(images)

    yield "images", ArrayStream(_shape(count), "|u1", values())
    kept.seek(0, os.SEEK_SET)
    pieces = iter(lambda: kept.read(_COPIED), b"")
    yield "latents", ArrayStream((count, latent_dim), "<f4", pieces)


def _shape(count: int) -> tuple[int, int, int]:
    return count, IMAGE_SIDE, IMAGE_SIDE


def _bytes_of(array: npt.NDArray[np.generic]) -> memoryview:
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


def _scale(sheet: Sheet) -> int:
    return max(1, min(_MAX_SCALE, _WIDE // (IMAGE_SIDE * sheet.columns)))


def _picture(images: Images, sheet: Sheet, scale: int) -> Image.Image:
    """Images side by side, each pixel enlarged; cells without an image are black."""
    cells = np.zeros((sheet.cells, IMAGE_SIDE, IMAGE_SIDE), np.uint8)
    cells[: len(images)] = images
    rows = cells.reshape(sheet.rows, sheet.columns, IMAGE_SIDE, IMAGE_SIDE).transpose(0, 2, 1, 3)
    pixels = rows.reshape(sheet.rows * IMAGE_SIDE, sheet.columns * IMAGE_SIDE)
    return _grey(pixels.repeat(scale, axis=0).repeat(scale, axis=1))


def _grey(pixels: npt.NDArray[np.uint8]) -> Image.Image:
    # Imported here, because nothing is exported before the dashboard's first frame.
    from PIL import Image

    return Image.fromarray(pixels)
