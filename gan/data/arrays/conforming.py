"""Converts an array of images to MNIST's form: grey, 28 x 28, white on black, uint8.

It is read in blocks, twice if the values have to be seen before it is known which are black and
white, so that memory holds the result and little more. Images that are bytes already, and for which
there is no room, stay in their file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from gan.data.arrays.brightness import Extent, Scale, scale_of
from gan.data.arrays.raw import RawArray, StoredArray, rows_of_block
from gan.data.arrays.shapes import EXPECTED, Layout, layout_of
from gan.data.checks import MAX_IMAGES, MAX_ON_DISK, refuse, require_count
from gan.data.emnist import TURNED
from gan.data.image_file import FileImages, OpenFile
from gan.data.image_set import Arrays, Bytes, Note
from gan.data.original import Original, Size
from gan.data.pictures.appearance import is_black_on_white
from gan.data.pictures.fitting import fitted
from gan.data.reading_options import AUTO_INVERT, INVERT
from gan.data.room import has_room, require_room
from gan.data.stored_images import blocks_of
from gan.events import IMAGE_SIDE
from gan.text.units import byte_size

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gan.data.image_set import Progress
    from gan.data.reading_options import ReadingOptions
    from gan.data.stored_images import AnyImages

_RGBA: Final = 4

_TURNED: Final = 4096
"""Images that are turned upright at once."""

_RESCALED: Final = 512
"""Images that are rescaled at once: as floats they take many times their bytes."""

_SAMPLE: Final = 256
"""Images that decide whether the set is inverted."""


class Conformed(NamedTuple):
    """Images in MNIST's form, and what was done to them."""

    images: AnyImages
    """uint8, n x 28 x 28."""

    notes: tuple[Note, ...]
    original: Original

    def arrays(self, *before: Note) -> Arrays:
        """The images without labels.

        Args:
            before: What was done to them before.
        """
        return Arrays(self.images, None, (*before, *self.notes), original=self.original)


def conform(
    path: Path,
    raw: RawArray,
    progress: Progress,
    options: ReadingOptions,
    *,
    layout: Layout | None = None,
    is_transposed: bool = False,
) -> Conformed:
    """Convert an array of images.

    Args:
        path: The file that it is in, named in errors.
        raw: Of booleans, integers or floats.
        progress: Called as it is read; counts bytes.
        options: Whether other sizes are refused, and whether to invert.
        layout: How the images lie in it; by default what its shape says.
        is_transposed: Whether they are EMNIST's, with columns where rows should be.

    Raises:
        DataError: It can't be read, has no images, values that aren't finite or all the same, or
            images of another size if those are refused.
    """
    layout = layout or _layout(path, raw)
    on_disk = _on_disk(raw, layout, options)
    require_count(path, layout.count, MAX_ON_DISK if on_disk else MAX_IMAGES)
    if isinstance(raw, StoredArray) and not on_disk:
        raw.require_whole()
        require_room(path, layout.count * IMAGE_SIDE * IMAGE_SIDE)
    if options.exact_size:
        _require_exact_size(path, layout)
    source = _Source(raw, layout, progress)
    if on_disk:
        found = _left(path, on_disk, source, options, is_transposed)
    elif isinstance(raw, StoredArray) and _is_by_pixel(raw, layout):
        found = _gathered(path, raw, source, options, is_transposed)
    elif _is_ready(raw, layout):
        found = _held(path, source, options, is_transposed)
    else:
        found = _converted(path, source, options, is_transposed)
    notes = tuple(_notes(raw, layout, found, options))
    return Conformed(found.images, notes, _original(raw, layout, found))


def _require_exact_size(path: Path, layout: Layout) -> None:
    if not layout.picture.is_exact:
        size = f"{layout.picture.height} x {layout.picture.width}"
        expected = f"{IMAGE_SIDE} x {IMAGE_SIDE}, as --exact-size asks"
        raise refuse(path, f"images of {size} pixels", expected)


class _Found(NamedTuple):
    """Images, and what was done to them besides what their layout says."""

    images: AnyImages
    scale: Scale
    is_transposed: bool
    is_inverted: bool
    extent: Extent | None
    """The least and the greatest value; `None` if not all were looked at."""


@dataclass
class _Source:
    """The images of an array, block by block, in the values that it has."""

    raw: RawArray
    layout: Layout
    progress: Progress
    is_drawn_by_opacity: bool = False
    """Whether its colours are black throughout."""

    _held: npt.NDArray[Any] | None = None

    def blocks(self) -> Iterator[npt.NDArray[Any]]:
        """N x height x width, and channels if it has any, n counting on from block to block."""
        for block in self._counted():
            yield self.layout.arranged(block)

    def shades(self, scale: Scale) -> Iterator[Bytes]:
        """The blocks as 0 to 255 in shades of grey, in their own size."""
        for block in self.blocks():
            values = scale.to_bytes(block)
            yield values[..., -1] if self.is_drawn_by_opacity else _grey(values)

    def extent(self) -> Extent:
        """The least and the greatest value of the colours, or of the opacity if they have none."""
        found: list[Extent] = []
        opacity: list[Extent] = []
        for block in self.blocks():
            has_opacity = self.layout.picture.channels == _RGBA
            found.append(Extent.of(block[..., :3] if has_opacity else block))
            if has_opacity:
                opacity.append(Extent.of(block[..., 3]))
            if not found[-1].is_finite:
                break
        extent = _joined(found)
        self.is_drawn_by_opacity = bool(opacity) and extent == (0, 0)
        return _joined(opacity) if self.is_drawn_by_opacity else extent

    def _counted(self) -> Iterator[npt.NDArray[Any]]:
        if self.layout.axis == 0 and not self.raw.is_held:
            yield from self.raw.blocks(self.progress)
            return
        if self.layout.axis != 0 and isinstance(self.raw, StoredArray) and self.raw.column_major:
            # Column-major, it lies there as another does whose axes are the other way round.
            for block in self.raw.mirrored().blocks(self.progress):
                yield block.transpose(0, *range(block.ndim - 1, 0, -1))
            return
        if self._held is None:
            self._held = self.layout.counted_first(self.raw.whole(self.progress))
        rows = rows_of_block(self._held.shape, self._held.dtype)
        for first in range(0, len(self._held), rows):
            yield self._held[first : first + rows]


def _joined(extents: list[Extent]) -> Extent:
    low, high = np.array(extents).T
    return Extent(float(low.min()), float(high.max()))


def _layout(path: Path, raw: RawArray) -> Layout:
    layout = layout_of(raw.shape)
    if layout is None:
        shape = " x ".join(map(str, raw.shape)) or "()"
        if len(raw.shape) > 1 and not raw.shape[0]:
            require_count(path, 0)
        raise refuse(path, f"an array of shape {shape}", EXPECTED)
    return layout


def _is_ready(raw: RawArray, layout: Layout) -> bool:
    """Whether the array in memory is what the images are, byte for byte."""
    is_plain = layout.picture.is_exact and layout.picture.channels == 1 and layout.axis == 0
    return raw.dtype == np.uint8 and is_plain


def _on_disk(raw: RawArray, layout: Layout, options: ReadingOptions) -> StoredArray | None:
    """The array if its images stay in its file, because there is no room for them in memory."""
    if not _is_ready(raw, layout) or not isinstance(raw, StoredArray):
        return None
    if raw.begin is None or raw.column_major:
        return None
    is_whole = raw.stored_size >= raw.begin + raw.size
    has_place = layout.count <= MAX_IMAGES and has_room(raw.size, options)
    return raw if is_whole and not has_place else None


def _left(
    path: Path, raw: StoredArray, source: _Source, options: ReadingOptions, is_transposed: bool
) -> _Found:
    """Images in the file as they lie there; what has to be done to them is done as they are read.

    Raises:
        DataError: They can't be read, or can't be used.
    """
    as_they_are = FileImages(OpenFile(raw.path), raw.begin or 0, source.layout.count)
    scale = _scale(path, raw, _extent_on_disk(as_they_are, source.progress), source)
    sample = as_they_are[_chosen(len(as_they_are))]
    is_inverted = _is_inverted(scale.to_bytes(sample), options)
    shades = scale.to_bytes(np.arange(256, dtype=np.uint8))
    keeps_bytes = scale.keeps_bytes and not is_inverted
    images = as_they_are.shown(
        None if keeps_bytes else ~shades if is_inverted else shades, is_transposed=is_transposed
    )
    return _Found(images, scale, is_transposed, is_inverted, None)


def _extent_on_disk(images: FileImages, progress: Progress) -> Extent:
    """The least and the greatest value, as far as they decide anything."""
    extents: list[Extent] = []
    done = 0
    for block in blocks_of(images):
        extents.append(Extent.of(block))
        done += block.nbytes
        progress("looking for black and white", done, images.nbytes, "bytes")
        if extents[-1].high == np.iinfo(np.uint8).max:
            # No byte is greater, and then the least one decides nothing: see `scale_of`.
            break
    return _joined(extents)


def _held(path: Path, source: _Source, options: ReadingOptions, is_transposed: bool) -> _Found:
    """Images in memory that are in MNIST's form already, but perhaps for their values."""
    raw = source.raw
    images = np.asarray(raw.whole(source.progress), np.uint8).reshape(-1, IMAGE_SIDE, IMAGE_SIDE)
    if is_transposed and not images.flags.writeable:
        images = images.copy()
    extent = Extent.of(images)
    scale = _scale(path, raw, extent, source)
    is_inverted = _is_inverted(scale.to_bytes(images[_chosen(len(images))]), options)
    if not scale.keeps_bytes or is_inverted:
        images = _rescaled(images, scale, is_inverted)
    if is_transposed:
        _turn(images)
    return _Found(images, scale, is_transposed, is_inverted, extent)


def _is_by_pixel(raw: StoredArray, layout: Layout) -> bool:
    """Whether a pixel of all images comes after another one, in grey of MNIST's size."""
    is_plain = layout.picture.is_exact and layout.picture.channels == 1
    is_one_axis = raw.shape[layout.axis] == layout.count
    return is_plain and is_one_axis and raw.column_major == (layout.axis == 0)


def _gathered(
    path: Path, raw: StoredArray, source: _Source, options: ReadingOptions, is_transposed: bool
) -> _Found:
    """Images whose pixels lie apart, put together as they come."""
    count = source.layout.count
    extent = _joined([Extent.of(piece) for piece in raw.planes(count, source.progress)])
    scale = _scale(path, raw, extent, source)
    images = np.empty((count, IMAGE_SIDE, IMAGE_SIDE), np.uint8)
    pixels = images.reshape(count, -1)
    places = np.arange(pixels.shape[1])
    if raw.column_major:
        places = places.reshape(raw.shape[1:]).ravel(order="F")
    first = 0
    for piece in raw.planes(count, source.progress):
        pixels[:, places[first : first + len(piece)]] = scale.to_bytes(piece).T
        first += len(piece)
    is_inverted = _is_inverted(images[_chosen(count)], options)
    if is_inverted:
        np.invert(images, out=images)
    if is_transposed:
        _turn(images)
    return _Found(images, scale, is_transposed, is_inverted, extent)


def _scale(path: Path, raw: RawArray, extent: Extent, source: _Source) -> Scale:
    if not extent.is_finite:
        raise refuse(path, _not_finite(source), "finite numbers")
    are_bytes = raw.dtype == np.uint8 and raw.shape[1:] == (IMAGE_SIDE, IMAGE_SIDE)
    scale = scale_of(raw.dtype, extent, are_bytes=are_bytes)
    if scale is None:
        one = extent.low == extent.high
        received = (
            f"images of one value, {extent.low:g}"
            if one
            else f"values from {extent.low:g} to {extent.high:g}"
        )
        raise refuse(path, received, "images")
    return scale


def _not_finite(source: _Source) -> str:
    """Which image has a value that is no number."""
    number = 0
    for block in source.blocks():
        flat = np.isfinite(block.reshape(len(block), -1)).all(axis=1)
        if not flat.all():
            number += int(np.argmin(flat))
            image = block[int(np.argmin(flat))]
            value = image[~np.isfinite(image)][0]
            return f"{value} in image {number:,} (counted from 0)"
        number += len(block)
    return "values that are not finite"


def _turn(images: Bytes) -> None:
    """Swap rows and columns of each image, block by block in place."""
    for first in range(0, len(images), _TURNED):
        block = images[first : first + _TURNED]
        block[...] = block.transpose(0, 2, 1).copy()


def _is_inverted(shades: Bytes, options: ReadingOptions) -> bool:
    """Whether to swap black and white, by a sample of images in their own size."""
    if options.invert != AUTO_INVERT:
        return options.invert == INVERT
    size = (IMAGE_SIDE, IMAGE_SIDE)
    sample = [
        Image.fromarray(np.ascontiguousarray(shades[index])).resize(size, Image.Resampling.BOX)
        for index in _chosen(len(shades))
    ]
    return is_black_on_white([np.asarray(image, np.float32) for image in sample])


def _chosen(count: int) -> npt.NDArray[np.intp]:
    """Which images of so many decide whether the set is inverted."""
    return np.linspace(0, count - 1, min(_SAMPLE, count)).astype(np.intp)


def _rescaled(images: Bytes, scale: Scale, is_inverted: bool) -> Bytes:
    """Bytes on another scale, block by block: in place where the array may be written to."""
    target = images if images.flags.writeable else np.empty_like(images)
    for first in range(0, len(images), _RESCALED):
        block = scale.to_bytes(images[first : first + _RESCALED])
        target[first : first + _RESCALED] = ~block if is_inverted else block
    return target


def _converted(path: Path, source: _Source, options: ReadingOptions, is_transposed: bool) -> _Found:
    """Images in memory from values, sizes or colours of any kind."""
    extent = source.extent()
    scale = _scale(path, source.raw, extent, source)
    is_inverted = _is_inverted(next(source.shades(scale)), options)
    images = np.empty((source.layout.count, IMAGE_SIDE, IMAGE_SIDE), np.uint8)
    first = 0
    for grey in source.shades(scale):
        shades = ~grey if is_inverted else grey
        fits = shades if source.layout.picture.is_exact else _fit(shades)
        images[first : first + len(fits)] = fits
        first += len(fits)
    if is_transposed:
        _turn(images)
    return _Found(images, scale, is_transposed, is_inverted, extent)


def _grey(shades: Bytes) -> Bytes:
    """Grey from colours, with the weights that Pillow has; what is transparent is black."""
    if shades.ndim == 3:  # noqa: PLR2004
        return shades
    red, green, blue = (shades[..., channel].astype(np.uint32) for channel in range(3))
    grey = (19_595 * red + 38_470 * green + 7_471 * blue + 0x8000) >> 16
    if shades.shape[-1] == _RGBA:
        # As Pillow multiplies.
        grey = grey * shades[..., 3] + 128
        grey = ((grey >> 8) + grey) >> 8
    return grey.astype(np.uint8)


def _fit(grey: Bytes) -> Bytes:
    fits = np.empty((len(grey), IMAGE_SIDE, IMAGE_SIDE), np.uint8)
    for index, image in enumerate(grey):
        fits[index] = np.asarray(fitted(Image.fromarray(np.ascontiguousarray(image))))
    return fits


def _original(raw: RawArray, layout: Layout, found: _Found) -> Original:
    size = Size(layout.picture.height, layout.picture.width)
    low, high = found.extent or (None, None)
    return Original(
        smallest=size,
        largest=size,
        channels=layout.picture.channels,
        element=raw.dtype.name,
        low=low,
        high=high,
    )


def _notes(raw: RawArray, layout: Layout, done: _Found, options: ReadingOptions) -> Iterator[Note]:
    picture = layout.picture
    size = f"{picture.height} x {picture.width}"
    said = []
    if picture.channels > 1:
        said.append("colour was made grey")
    if not picture.is_exact:
        into = f"{IMAGE_SIDE} x {IMAGE_SIDE}"
        said.append(f"{size} pixels were fitted into {into} (--exact-size refuses them)")
    if done.scale.note:
        said.append(done.scale.note)
    if done.is_inverted:
        why = ", as --invert asks"
        if options.invert == AUTO_INVERT:
            why = ", because they are black on white; --invert no keeps them"
        said.append(f"they were inverted{why}")
    shape = " x ".join(map(str, raw.shape))
    is_plain = raw.shape[1:] == (IMAGE_SIDE, IMAGE_SIDE) and raw.dtype == np.uint8
    if said or not is_plain:
        read = "; ".join(said) or f"read as {layout.count:,} images of {size}"
        yield Note(f"the images are {shape} of {raw.dtype.name}: {read}")
    if done.is_transposed:
        yield Note(TURNED)
    if isinstance(done.images, FileImages):
        yield Note(
            f"the images, {byte_size(done.images.nbytes)}, stay in their file and are read as they "
            "are needed, because memory has no room for them; the file must not change meanwhile"
        )
