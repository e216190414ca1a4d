"""Chooses the images, and their labels, among the named arrays of a file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gan.data.arrays.raw import described
from gan.data.arrays.shapes import has_label_column, layout_of
from gan.data.checks import refuse
from gan.text.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np

_IMAGES: Final = ("x", "images", "image", "imgs", "img", "digits", "pixels", "data", "features")
"""What arrays of images are called, the most usual first; with or without the name of a split."""

_LABELS: Final = frozenset(
    {"y", "t", "label", "labels", "target", "targets", "class", "classes", "lbl", "gt"}
)
"""What arrays of labels are called."""

_SPLITS: Final = {
    "train": "train", "training": "train", "trn": "train", "tr": "train",
    "test": "test", "testing": "test", "tst": "test", "te": "test", "ts": "test",
    "val": "val", "valid": "val", "validation": "val", "dev": "val",
}  # fmt: skip
"""The names of parts of a data set, by the words that stand for them."""

_PREFERENCE: Final = ("train", "", "test", "val")
"""Which part is read if there are several."""

_SHOWN: Final = 12
"""Arrays that an error lists."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An array that may be the images or the labels."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def is_image_like(self) -> bool:
        """Whether its type and its shape are those of images."""
        is_laid_out = layout_of(self.shape) is not None or has_label_column(self.shape)
        return self.dtype.kind in "biuf" and is_laid_out

    @property
    def split(self) -> str:
        """The part of the data set that its name says; empty if none."""
        return next((_SPLITS[word] for word in _words(self.name) if word in _SPLITS), "")

    @property
    def base(self) -> str:
        """Its name without the part."""
        return "_".join(word for word in _words(self.name) if word not in _SPLITS)

    def __str__(self) -> str:
        return described(self.name, self.shape, self.dtype)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which array holds the images, and which the labels."""

    images: Candidate
    labels: Candidate | None
    is_guessed: bool = False
    """Whether nothing calls them labels but that there is one value for each image."""

    note: str = ""
    """What a user should know about the choice; empty if it goes without saying."""


def choose(path: Path, arrays: Sequence[Candidate], wanted: str = "") -> Choice:
    """The images and their labels.

    Args:
        path: The file, named in errors.
        arrays: All its arrays.
        wanted: The name of the images, if the user has named it.

    Raises:
        DataError: No array is of images, several may be, or there is none of the wanted name.
    """
    if wanted:
        return _with_labels(arrays, _named(path, arrays, wanted), "")
    found = [array for array in arrays if array.is_image_like and array.base not in _LABELS]
    if not found:
        raise refuse(path, _listed(arrays), "an array of images, such as x_train of n x 28 x 28")
    by_name = [array for array in found if array.base in _IMAGES or not array.base]
    chosen = _first(by_name)
    if chosen is None and (numbered := [array for array in found if array.name == "arr_0"]):
        chosen = numbered[0]
    note = ""
    if chosen is None:
        chosen = _only(found)
        if chosen is None:
            received = f"several arrays that may be images: {_listed(found)}"
            raise refuse(path, received, f"the name of one, as in --data {path.name}:NAME")
        note = f"the images are the array {safe_text(chosen.name)}"
    if chosen.split in {"test", "val"}:
        note = f"the images are the array {safe_text(chosen.name)}: there are none to train with"
    return _with_labels(arrays, chosen, note)


def _words(name: str) -> list[str]:
    """The words of a name: `X_train`, `trainX`, `train-images` and `dataset/train/images`."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[xy])(?=tr|te|val)", "_", name)
    words = [word.lower() for word in re.split(r"[^A-Za-z0-9]+", spaced) if word]
    # As in `trainx` and `testimages`.
    parts = [re.fullmatch(r"(train|test|val)(x|y|images|labels|data)", word) for word in words]
    return [
        piece
        for word, match in zip(words, parts, strict=True)
        for piece in (match.groups() if match else (word,))
        if piece not in {"dataset", "mnist"}
    ]


def _first(found: Sequence[Candidate]) -> Candidate | None:
    """The one with the most usual name, of the part that is trained with."""

    def order(array: Candidate) -> tuple[int, int]:
        base = array.base
        return (
            _PREFERENCE.index(array.split),
            _IMAGES.index(base) if base in _IMAGES else len(_IMAGES),
        )

    return min(found, key=order, default=None)


def _only(found: Sequence[Candidate]) -> Candidate | None:
    """The only one, or the only one of MNIST's size; `None` if there are several."""
    trained = [array for array in found if array.split in {"train", ""}] or list(found)
    if len(trained) == 1:
        return trained[0]
    exact = [
        array
        for array in trained
        if (layout := layout_of(array.shape)) is not None and layout.picture.is_exact
    ]
    return exact[0] if len(exact) == 1 else None


def _named(path: Path, arrays: Sequence[Candidate], wanted: str) -> Candidate:
    for array in arrays:
        if wanted == array.name:
            if array.is_image_like:
                return array
            raise refuse(path, str(array), "an array of images, such as n x 28 x 28")
    raise refuse(path, f"no array {wanted}, but {_listed(arrays)}", "the name of one of them")


def _with_labels(arrays: Sequence[Candidate], images: Candidate, note: str) -> Choice:
    layout = layout_of(images.shape)
    if layout is None:
        # Its labels are in a column of its own.
        return Choice(images, None, note=note)
    others = [array for array in arrays if array is not images]
    named = [a for a in others if a.base in _LABELS and a.split == images.split]
    if not named and images.split:
        named = [a for a in others if a.base in _LABELS and not a.split]
    if not named and re.fullmatch("arr_0", images.name):
        named = [a for a in others if a.name == "arr_1" and layout.count in a.shape]
    if not named:
        alike = [
            array
            for array in others
            if _is_column(array, layout.count) and array.split in {"", images.split}
        ]
        if len(alike) == 1:
            return Choice(images, alike[0], is_guessed=True, note=note)
    return Choice(images, named[0] if named else None, note=note)


def _is_column(array: Candidate, count: int) -> bool:
    """Whether it has one value for each image, as labels do."""
    sides = [length for length in array.shape if length != 1] or [1]
    return sides == [count] and array.dtype.kind in "biufUS"


def _listed(arrays: Sequence[Candidate]) -> str:
    if not arrays:
        return "no arrays"
    more = f" and {len(arrays) - _SHOWN} more" if len(arrays) > _SHOWN else ""
    return f"{', '.join(str(array) for array in arrays[:_SHOWN])}{more}"
