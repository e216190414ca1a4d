"""Reads a set of pictures: the few that can't be decoded are passed over, and it is noted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from gan.data.checks import refuse, require_count
from gan.data.image_set import Arrays, Bytes, Note, Progress
from gan.data.opening.archives import reading_order
from gan.data.original import Original, Size
from gan.data.pictures.appearance import Appearance, Sketch, appearance_of
from gan.data.pictures.decoding import UndecodableError, grey, quiet_pillow, sketch
from gan.data.pictures.fitting import fitted
from gan.data.reading_options import AUTO_INVERT, INVERT
from gan.events import IMAGE_SIDE
from gan.text.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gan.data.opening.paths import DataPath
    from gan.data.reading_options import ReadingOptions

_SAMPLE: Final = 256
"""Pictures that decide how the set is drawn."""

_PROGRESS_INTERVAL: Final = 64
"""Pictures between two calls of `progress`."""

_TOLERATED: Final = 0.01
"""The share of pictures that may be damaged."""

_FEW: Final = 3
"""Pictures that may be damaged in a small set, unless they are more than `_FEW_OF` of it."""

_FEW_OF: Final = 0.05

_MOVED: Final = 256
"""Images that are moved at once."""

_DIM: Final = 128
"""A set without a value from here on is dim."""

_NAMES_SHOWN: Final = 8

_SIZE: Final = (IMAGE_SIDE, IMAGE_SIDE)


class PictureSet(NamedTuple):
    """The pictures of a set that could be decoded."""

    images: Bytes
    """uint8, n x 28 x 28."""

    is_kept: npt.NDArray[np.bool_]
    """Which of the files they are of."""

    notes: tuple[Note, ...]
    """What was done to them."""

    original: Original

    def arrays(self, *before: Note) -> Arrays:
        """The images without labels.

        Args:
            before: What was done to them before.
        """
        return Arrays(self.images, None, (*before, *self.notes), original=self.original)


@dataclass(slots=True)
class _Tally:
    """What was met in a set."""

    broken: list[tuple[int, UndecodableError]] = field(default_factory=list)
    """The pictures passed over, by their number in the set."""

    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    """How many pictures there are of each size, width before height."""

    @property
    def fitted(self) -> Counter[tuple[int, int]]:
        """The same of those that were fitted into 28 x 28."""
        return Counter({size: count for size, count in self.sizes.items() if size != _SIZE})


def read_pictures(
    files: Sequence[DataPath], what: str, progress: Progress, options: ReadingOptions
) -> PictureSet:
    """Read pictures as 28 x 28 shades of grey.

    Args:
        files: The pictures; there is at least one.
        what: What is being read, for `progress`.
        progress: Called every 64 pictures and after the last one, and while a sample is looked at
            before; counts images.
        options: Whether another size or an undecodable picture is an error, and what is inverted.

    Raises:
        DataError: There are too many pictures; too many can't be decoded; one is too large.
    """
    require_count(files[0].parent, len(files))
    with quiet_pillow():
        sketches = _sketches(files, what, progress)
        invert = None if options.invert == AUTO_INVERT else options.invert == INVERT
        appearance = appearance_of(sketches, invert=invert)
        images = np.empty((len(files), *_SIZE), np.uint8)
        is_kept = np.ones(len(files), np.bool_)
        tally = _Tally()
        for done, index in enumerate(reading_order(files), start=1):
            try:
                images[index] = _image(files[index], appearance, options, tally)
            except UndecodableError as error:
                is_kept[index] = False
                _pass_over(index, error, len(files), options, tally)
            if done % _PROGRESS_INTERVAL == 0 or done == len(files):
                progress(what, done, len(files), "images")
    if tally.broken:
        images = _closed_up(images, is_kept)
    notes = tuple(_notes(appearance, options, sketches, tally))
    original = Original.of_pictures(Size(height, width) for width, height in tally.sizes)
    return PictureSet(images, is_kept, notes, original)


def _closed_up(images: Bytes, is_kept: npt.NDArray[np.bool_]) -> Bytes:
    """The images that are kept, moved together where they are: a copy would need as much memory."""
    places = np.flatnonzero(is_kept)
    for first in range(0, len(places), _MOVED):
        some = places[first : first + _MOVED]
        images[first : first + len(some)] = images[some]
    return images[: len(places)]


def _sketches(files: Sequence[DataPath], what: str, progress: Progress) -> list[Sketch]:
    count = min(_SAMPLE, len(files))
    chosen = [files[i] for i in np.linspace(0, len(files) - 1, count).astype(int).tolist()]
    sketches = []
    for done, index in enumerate(reading_order(chosen)):
        if done % _PROGRESS_INTERVAL == 0:
            # Nothing is read yet, but a stop takes effect here.
            progress(what, 0, len(files), "images")
        sketches.append(_sketch(chosen[index]))
    return [one for one in sketches if one is not None]


def _sketch(path: DataPath) -> Sketch | None:
    try:
        return sketch(path)
    except UndecodableError:
        # It is counted, named or refused when the whole set is read.
        return None


def _image(path: DataPath, appearance: Appearance, options: ReadingOptions, tally: _Tally) -> Bytes:
    shades = grey(path, appearance)
    if shades.size != _SIZE and options.exact_size:
        received = f"an image of {shades.width} x {shades.height} pixels"
        raise refuse(path, received, f"{IMAGE_SIDE} x {IMAGE_SIDE}, because of --exact-size")
    tally.sizes[shades.size] += 1
    return np.asarray(fitted(shades))


def _pass_over(
    index: int, error: UndecodableError, count: int, options: ReadingOptions, tally: _Tally
) -> None:
    """Count a picture that can't be decoded.

    Raises:
        DataError: It is one too many.
    """
    tally.broken.append((index, error))
    if options.strict:
        raise error.as_refusal("an image that can be, because of --strict") from error
    if len(tally.broken) > max(_TOLERATED * count, min(_FEW, _FEW_OF * count)):
        _, first = min(tally.broken, key=lambda one: one[0])
        more = f" and {len(tally.broken) - 1} more like it" if len(tally.broken) > 1 else ""
        raise first.as_refusal("images that can be, but for one in a hundred", more) from error


def _notes(
    appearance: Appearance, options: ReadingOptions, sketches: Sequence[Sketch], tally: _Tally
) -> list[Note]:
    notes = []
    if tally.broken:
        names = [
            safe_text(error.path.name) for _, error in sorted(tally.broken, key=lambda b: b[0])
        ]
        shown = ", ".join(names[:_NAMES_SHOWN])
        more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
        counted = (
            "1 image that cannot be decoded was"
            if len(names) == 1
            else (f"{len(names)} images that cannot be decoded were")
        )
        text = f"{counted} passed over: {shown}{more} (--strict refuses them)"
        notes.append(Note(text, is_warning=True))
    if fitted := tally.fitted:
        notes.append(Note(_sizes_in_words(fitted)))
    if any(one.is_coloured for one in sketches):
        notes.append(Note("coloured images were converted to grey"))
    if appearance.are_bits:
        notes.append(Note("the values are 0 and 1, read as 0 and 255"))
    if appearance.deep_black:
        low, high = appearance.deep_black, appearance.deep_white
        notes.append(Note(f"the values from {low:.6g} to {high:.6g} were read as 0 to 255"))
    if appearance.peak < _DIM:
        text = f"they are dim: the greatest value is {appearance.peak:.3g} of 255"
        notes.append(Note(f"the images are taken as they are, but {text}", is_warning=True))
    if appearance.over_white or appearance.inverted:
        notes.append(Note(_appearance_in_words(appearance, options)))
    return notes


def _appearance_in_words(appearance: Appearance, options: ReadingOptions) -> str:
    if appearance.over_white and appearance.inverted:
        return "dark ink on a transparent ground was read as white on black (--invert no: on white)"
    if appearance.over_white:
        return "transparent parts are white, because the ink is dark"
    if options.invert == INVERT:
        return "the images were inverted, as --invert asks"
    return "the images are black on white and were inverted (--invert no keeps them)"


def _sizes_in_words(sizes: Counter[tuple[int, int]]) -> str:
    count = sizes.total()
    (width, height), *others = sorted(sizes)
    of = f"{width} x {height}"
    if others:
        of = f"{len(sizes)} sizes, {of} to {others[-1][0]} x {others[-1][1]},"
    fitted_in = f"fitted into {IMAGE_SIDE} x {IMAGE_SIDE}"
    return f"{count:,} image{'s' * (count > 1)} of {of} {fitted_in} (--exact-size refuses them)"
