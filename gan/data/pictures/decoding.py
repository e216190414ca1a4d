"""Decodes one picture, of any of Pillow's modes, to shades of grey."""

from __future__ import annotations

import logging
import struct
import warnings
import zipfile
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image, ImageChops, ImageOps, UnidentifiedImageError

from gan.data.checks import refuse
from gan.data.opening.kinds import UNUSABLE
from gan.data.opening.recognition import kind_of
from gan.data.pictures.appearance import SIXTEEN_BITS, Appearance, Shades, Sketch
from gan.events import IMAGE_SIDE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gan.data.image_set import Bytes
    from gan.data.opening.paths import DataPath
    from gan.errors import DataError

SUFFIXES: Final = frozenset(
    {
        ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".avif",
        ".jp2", ".pbm", ".pgm", ".pnm", ".ppm",
    }
)  # fmt: skip
"""Files with any other suffix are not pictures."""

MAX_PIXELS: Final = 2**24
"""Maximum pixels in one picture: 4096 x 4096, which takes 64 MiB while decoding."""

_FORMATS: Final = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "AVIF", "JPEG2000", "PPM")
_DEEP: Final = ("I", "I;16", "I;16L", "I;16B", "I;16N", "F")
_GREY: Final = ("1", "L", "LA", "La", *_DEEP)
_MAX_DEEP: Final = 2**31
_WHITE_BITS: Final = [0, *[255] * 255]
"""Every value but black as white."""
_HEAD: Final = 512

_BOMBS: Final = (Image.DecompressionBombError, Image.DecompressionBombWarning)
"""What Pillow raises on a picture that is far too large."""

_DAMAGE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    AssertionError,
    AttributeError,
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


class UndecodableError(Exception):
    """A picture can't be decoded; one is no reason to refuse a whole set."""

    def __init__(self, path: DataPath, received: str) -> None:
        super().__init__(received)
        self.path = path
        self.received = received
        """What is there instead, such as `an empty file`."""

    def as_refusal(self, expected: str = "one that can be", more: str = "") -> DataError:
        """The error that refuses it.

        Args:
            expected: What was expected in its place.
            more: How many others there are.
        """
        return refuse(self.path, self.received + more, expected)


@contextmanager
def quiet_pillow() -> Iterator[None]:
    """Keep Pillow's warnings and log lines about damaged metadata off the screen."""
    log = logging.getLogger("PIL")
    level = log.level
    log.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    finally:
        log.setLevel(level)


def grey(path: DataPath, appearance: Appearance) -> Image.Image:
    """A picture in shades of grey, upright, in its own size: mode L.

    Raises:
        UndecodableError: It can't be decoded, or isn't a regular file.
        DataError: It has more than `MAX_PIXELS`, or the disk refuses.
    """
    with _opened(path) as picture:
        shades = _grey(picture, appearance)
        return ImageChops.invert(shades) if appearance.inverted else shades


def sketch(path: DataPath) -> Sketch:
    """What decides the appearance of the set that a picture is in.

    Raises:
        UndecodableError, DataError: As `grey`.
    """
    with _opened(path) as picture:
        if picture.mode in _DEEP:
            values = _deep_values(picture)
            shades = _stretched(Image.fromarray(values))
            return Sketch(
                shades=shades, deep_peak=float(values.max()), deep_low=float(values.min())
            )
        opacity = None
        if picture.has_transparency_data:
            alpha = picture.convert("RGBA").getchannel("A")
            opacity = None if alpha.getextrema() == (255, 255) else _stretched(alpha)
        plain = _grey(picture, Appearance())
        return Sketch(
            shades=_stretched(plain),
            opacity=opacity,
            peak=float(np.asarray(plain).max()),
            is_coloured=_is_coloured(picture),
        )


@contextmanager
def _opened(path: DataPath) -> Iterator[Image.Image]:
    """A decoded picture, turned upright."""
    try:
        # Opening a named pipe would block forever.
        if not path.is_file():
            raise UndecodableError(path, "something that is not a regular file")
        with path.open("rb") as stream, Image.open(stream, formats=_FORMATS) as picture:
            _require_small(path, picture.size)
            ImageOps.exif_transpose(picture, in_place=True)
            yield picture
    except _BOMBS as error:
        raise refuse(path, f"too many pixels ({error})", f"at most {MAX_PIXELS}") from error
    except _DAMAGE as error:
        if isinstance(error, OSError) and error.errno is not None:
            received = f"an error while reading ({error.strerror})"
            raise refuse(path, received, "a readable file or folder") from error
        raise UndecodableError(path, _described(path, error)) from error


def _described(path: DataPath, error: Exception) -> str:
    """What an undecodable picture is: perhaps something else altogether."""
    if isinstance(error, UnidentifiedImageError):
        with path.open("rb") as stream:
            kind = kind_of(stream.read(_HEAD))
        if kind in UNUSABLE:
            return f"an image that cannot be decoded (it is {kind.value})"
    # Pillow names streams by their addresses.
    message = "its format is unknown" if isinstance(error, UnidentifiedImageError) else error
    return f"an image that cannot be decoded ({message})"


def _require_small(path: DataPath, size: tuple[int, int]) -> None:
    if size[0] * size[1] > MAX_PIXELS:
        raise refuse(path, f"{size[0]} x {size[1]} pixels", f"at most {MAX_PIXELS} pixels in total")


def _grey(picture: Image.Image, appearance: Appearance) -> Image.Image:
    if picture.mode in _DEEP:
        return Image.fromarray(_eight_bits(picture, appearance))
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        opacity = picture.getchannel("A")
        # Compositing over black is a multiplication by the opacity.
        shades = ImageChops.multiply(picture.convert("L"), opacity)
        if appearance.over_white:
            return ImageChops.add(shades, ImageChops.invert(opacity))
        return shades
    shades = picture.convert("L")
    return shades.point(_WHITE_BITS) if appearance.are_bits else shades


def _eight_bits(picture: Image.Image, appearance: Appearance) -> Bytes:
    """Pillow's own conversion clips at 255, which would turn most images all white."""
    shades: Bytes
    black, white = appearance.deep_black, appearance.deep_white
    if not black and white == SIXTEEN_BITS and picture.mode != "F":
        shades = (np.asarray(picture).clip(0, SIXTEEN_BITS) >> 8).astype(np.uint8)
    else:
        scaled = (_deep_values(picture) - np.float32(black)) * np.float32(255 / (white - black))
        shades = np.rint(scaled).clip(0, 255).astype(np.uint8)
    return shades


def _deep_values(picture: Image.Image) -> Shades:
    values = np.asarray(picture, np.float32)
    finite = np.nan_to_num(values, posinf=_MAX_DEEP, neginf=0)
    return finite.clip(-_MAX_DEEP, _MAX_DEEP).astype(np.float32)


def _is_coloured(picture: Image.Image) -> bool:
    if picture.mode in _GREY:
        return False
    red, green, blue, *_ = picture.convert("RGB").split()
    return any(ImageChops.difference(red, other).getextrema() != (0, 0) for other in (green, blue))


def _stretched(picture: Image.Image) -> Shades:
    small = picture.resize((IMAGE_SIDE, IMAGE_SIDE), Image.Resampling.BOX)
    return np.asarray(small, np.float32)
