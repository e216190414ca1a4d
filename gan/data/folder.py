"""Reads a folder of image files and converts them to MNIST's form: 28 x 28, grey.

Images are converted to grey and resized, but *not* inverted: the GAN learns dark digits on a light
background just as well, and guessing from the brightness would invert some data sets and not
others. Transparent pixels, and the borders added to images that aren't square, are black.
"""

from __future__ import annotations

import struct
import warnings
import zlib
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image, ImageChops, ImageOps

from gan.data.checks import reading, refuse, require_count
from gan.data.image_set import Arrays, Bytes, Progress
from gan.data.reading_options import DEFAULT_READING, ReadingOptions
from gan.events import IMAGE_SIDE
from gan.text.safe_text import safe_text

if TYPE_CHECKING:
    from pathlib import Path


SUFFIXES: Final = frozenset(
    {".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".pbm", ".pgm", ".ppm"}
)
"""Files with any other suffix are ignored."""

MAX_PIXELS: Final = 2**24
"""Maximum pixels in one image: 4096 x 4096, which takes 64 MiB while decoding."""

_FORMATS: Final = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "PPM")
_SIXTEEN_BIT: Final = ("I", "I;16", "I;16L", "I;16B")
_MAX_CLASSES: Final = 256
_PROGRESS_INTERVAL: Final = 64
"""Images between two calls of `progress`."""

_DAMAGE: Final = (
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    IndexError,
    KeyError,
    OverflowError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    ZeroDivisionError,
)
"""The exceptions that Pillow raises on damaged files."""


def read_image_folder(
    folder: Path, progress: Progress, options: ReadingOptions = DEFAULT_READING
) -> Arrays:
    """Read all images in a folder, or in its subfolders, in alphabetical order.

    Each subfolder is one label. Labels are numbered from 0 in the order of the subfolders' names:
    numbers first, by value (`2` before `10`), then words. Names that start with a dot are ignored.

    Args:
        folder: The folder.
        progress: Called every 64 images and after the last one; counts images.
        options: How to read it.

    Raises:
        DataError: There are no images, images both in the folder and in subfolders, or too many
            images or subfolders; or an image, named in the message, can't be decoded.
    """
    del options
    with reading(folder):
        files, classes = _find_images(folder)
    require_count(folder, len(files))
    images = np.empty((len(files), IMAGE_SIDE, IMAGE_SIDE), np.uint8)
    what = f"reading {safe_text(folder.name)}"
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        for index, path in enumerate(files):
            images[index] = read_image(path)
            if (index + 1) % _PROGRESS_INTERVAL == 0 or index + 1 == len(files):
                progress(what, index + 1, len(files), "images")
    return Arrays(images, None if classes is None else np.array(classes, np.uint8))


def read_image(path: Path) -> Bytes:
    """Decode one image, convert it to grey and fit it into 28 x 28.

    Returns:
        uint8, 28 x 28.

    Raises:
        DataError: It isn't a regular file, has more than `MAX_PIXELS`, or can't be decoded.
    """
    try:
        # Opening a named pipe would block forever.
        if not path.is_file():
            raise refuse(path, "something that is not a regular file", "an image")
        with Image.open(path, formats=_FORMATS) as picture:
            _require_small(path, picture.size)
            ImageOps.exif_transpose(picture, in_place=True)
            return np.asarray(_fit(_grey(picture)))
    except _DAMAGE as error:
        raise refuse(path, f"an image that cannot be decoded ({error})", _expected()) from error


def _find_images(folder: Path) -> tuple[list[Path], list[int] | None]:
    """The image files, and their labels if they are in subfolders."""
    directly = _images_in(folder)
    classes = sorted((p for p in _visible(folder) if p.is_dir()), key=_class_order)
    labelled = [(path, label) for label, sub in enumerate(classes) for path in _images_in(sub)]
    if not labelled:
        if not directly:
            raise refuse(folder, "a folder without images", _expected())
        return directly, None
    if directly:
        raise refuse(folder, "images both in it and in its subfolders", "one or the other")
    if len(classes) > _MAX_CLASSES:
        raise refuse(folder, f"{len(classes)} subfolders", f"at most {_MAX_CLASSES}")
    return [path for path, _ in labelled], [label for _, label in labelled]


def _images_in(folder: Path) -> list[Path]:
    found = [path for path in _visible(folder) if path.suffix.lower() in SUFFIXES]
    return sorted(path for path in found if not path.is_dir())


def _visible(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if not path.name.startswith(".")]


def _class_order(folder: Path) -> tuple[bool, int, str]:
    is_number = folder.name.isascii() and folder.name.isdecimal()
    return (not is_number, int(folder.name) if is_number else 0, folder.name)


def _expected() -> str:
    return f"images such as {', '.join(sorted(SUFFIXES))}"


def _require_small(path: Path, size: tuple[int, int]) -> None:
    if size[0] * size[1] > MAX_PIXELS:
        raise refuse(path, f"{size[0]} x {size[1]} pixels", f"at most {MAX_PIXELS} pixels in total")


def _grey(picture: Image.Image) -> Image.Image:
    if picture.mode in _SIXTEEN_BIT:
        # Pillow's own conversion clips at 255, which would turn most images all white.
        return Image.fromarray((np.asarray(picture).clip(0, 65_535) >> 8).astype(np.uint8))
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        # Compositing over black is a multiplication by the opacity.
        return ImageChops.multiply(picture.convert("L"), picture.getchannel("A"))
    return picture.convert("L")


def _fit(grey: Image.Image) -> Image.Image:
    if grey.size == (IMAGE_SIDE, IMAGE_SIDE):
        return grey
    scale = IMAGE_SIDE / max(grey.size)
    width, height = (max(1, round(length * scale)) for length in grey.size)
    fitted = Image.new("L", (IMAGE_SIDE, IMAGE_SIDE))
    fitted.paste(
        grey.resize((width, height), Image.Resampling.LANCZOS),
        ((IMAGE_SIDE - width) // 2, (IMAGE_SIDE - height) // 2),
    )
    return fitted
