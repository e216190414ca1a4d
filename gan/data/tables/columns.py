"""Finds out what the columns of a table hold: pixels, a label, or neither."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gan.data.arrays.shapes import label_column, picture_of
from gan.data.checks import refuse
from gan.text.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

LABELS: Final = (
    "label", "labels", "class", "classes", "target", "targets", "digit", "letter", "character",
    "emotion", "category", "y", "v1",
)  # fmt: skip
"""Names of a column of labels."""

IDS: Final = frozenset(
    {"", "id", "ids", "index", "idx", "image_id", "imageid", "unnamed: 0", "__index_level_0__"}
)
"""Names of a column that numbers the rows."""

_PIXELS: Final = ("pixels", "pixel", "image", "images", "img")
"""Names of a column that holds all pixels of an image, with spaces between them."""

_SEPARATORS: Final = (b",", b"\t", b";", b"|")
_SPARSE: Final = re.compile(rb"\s*[-+]?[0-9.,]+(\s+[0-9]+:[-+0-9.eE]+)+\s*")
"""A label, and the values that aren't 0 with their places."""

_DECIMAL_COMMAS: Final = re.compile(
    rb"\s*(?=[^;\t]*[0-9],[0-9]|.*[;\t][-+ ]?[0-9]+,[0-9])[-+]?[0-9]+(,[0-9]+)?"
    rb"([;\t] ?[-+]?[0-9]+(,[0-9]+([eE][-+]?[0-9]+)?)?)+[;\t]?\s*"
)
"""Numbers with a semicolon or a tab between them, and commas in some."""

_NUMBERED: Final = re.compile(r"(.*?)[0-9]+(?:x[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Columns:
    """What each column of a table holds."""

    count: int
    first: int
    """The first column of pixels."""

    pixels: int
    """How many pixels there are, one column after another."""

    label: int | None
    """The column of labels; `None` if there is none."""

    label_name: str = ""
    """What it is called, for a person."""

    are_joined: bool = False
    """Whether all pixels are in one column, with spaces between them."""

    is_guessed: bool = False
    """Whether it was the values of some rows that told where the labels are."""

    has_words: bool = False
    """Whether something else than pixels is no number."""

    @property
    def last(self) -> int:
        """The column after the last one of pixels."""
        return self.first + (1 if self.are_joined else self.pixels)


def separator_of(line: bytes) -> bytes:
    """What is between the values of a line; a space stands for any number of them."""
    found = max(_SEPARATORS, key=line.count)
    return found if found in line else b" "


def split(line: bytes, separator: bytes) -> list[str]:
    """The values of a line, without quotes."""
    words = line.split() if separator == b" " else line.split(separator)
    return [word.decode("utf-8", "replace").strip().strip("\"'") for word in words]


def require_dense(path: Path, line: bytes) -> None:
    """Refuse a line of values in a notation that isn't read, by what it is.

    Raises:
        DataError: It names the places of its values, as libsvm does, or has decimal commas.
    """
    if _SPARSE.fullmatch(line):
        expected = (
            "a value for each pixel; read it with sklearn.datasets.load_svmlight_file(FILE), and "
            "save the images with numpy.savez"
        )
        raise refuse(path, "the sparse text of libsvm (index:value)", expected)
    if _DECIMAL_COMMAS.fullmatch(line):
        raise refuse(path, "decimal commas, as in 0,5", "decimal points; replace the commas")


def is_header(first: Sequence[str], second: Sequence[str]) -> bool:
    """Whether the first row of a table names its columns.

    Args:
        first: The values of the first row.
        second: Those of the second; empty if there is none.
    """
    words = sum(not is_number(value) for value in first)
    numbers = [float(value) for value in first[1:] if is_number(value)]
    # Columns that are numbered from 0 or 1.
    are_counted = len(numbers) > 1 and all(b - a == 1 for a, b in pairwise(numbers))
    if words:
        # A label may be a word in every row, and a row of values may lack one.
        is_named = are_counted or 2 * words > len(first)
        return is_named and words > sum(not is_number(value) for value in second)
    if are_counted:
        return True
    # Names that were numbers, and that a library has made different: 0, 0.1, 0.2.
    dots = sum("." in value for value in first)
    return 2 * dots > len(first) and not any("." in value for value in second)


def columns_of(
    path: Path, names: Sequence[str] | None, values: Sequence[str], sample: npt.NDArray[Any] | None
) -> Columns:
    """What the columns hold.

    Args:
        path: The file, named in errors.
        names: The header; `None` if there is none.
        values: The first row of values.
        sample: The numbers of some rows; `None` if they aren't all numbers.

    Raises:
        DataError: Their number is not that of an image, with or without a label.
    """
    count = len(values)
    if names is not None and len(names) == count:
        found = _joined(names, values) or _by_name(names, values)
        if found is not None:
            return found
    plain = picture_of((count,))
    if plain is not None and all(map(is_number, values)):
        return Columns(count, 0, count, None)
    if picture_of((count - 1,)) is not None:
        return _with_one_more(names, values, sample)
    expected = (
        "785 of an image of 28 x 28 with a label (first, last or named label), 784 without, or as "
        "many as another size has"
    )
    raise refuse(path, f"{count} columns", expected)


def _with_one_more(
    names: Sequence[str] | None, values: Sequence[str], sample: npt.NDArray[Any] | None
) -> Columns:
    """A table with one column besides the pixels, first or last: a label, or the row's number."""
    count = len(values)
    numbered = _numbered(names, sample)
    if numbered is not None:
        return Columns(count, 1 if numbered == 0 else 0, count - 1, None)
    place, is_guessed = _place(names, values, sample)
    label = 0 if place == 0 else count - 1
    name = f"column {label + 1}" if names is None else safe_text(names[label])
    has_words = not is_number(values[label])
    first = 1 if label == 0 else 0
    return Columns(count, first, count - 1, label, name, is_guessed=is_guessed, has_words=has_words)


def _numbered(names: Sequence[str] | None, sample: npt.NDArray[Any] | None) -> int | None:
    """The column, first (0) or last (-1), that only numbers the rows; `None` without one."""
    for place in (0, -1):
        if names is not None and names[place].lower() in IDS:
            return place
        if sample is not None and len(sample) > 2 and (np.diff(sample[:, place]) == 1).all():  # noqa: PLR2004
            return place
    return None


def _joined(names: Sequence[str], values: Sequence[str]) -> Columns | None:
    """A table in which one column has all pixels of an image."""
    for index, name in enumerate(names):
        if name.lower() in _PIXELS and " " in values[index]:
            pixels = len(values[index].split())
            if picture_of((pixels,)) is not None:
                label = _label(names)
                shown = "" if label is None else safe_text(names[label])
                return Columns(
                    len(names), index, pixels, label, shown, are_joined=True, has_words=True
                )
    return None


def _by_name(names: Sequence[str], values: Sequence[str]) -> Columns | None:
    """A table whose pixels are together, beside a label and whatever else that its header names."""
    label = _label(names)
    if label is None:
        return None
    # The longest stretch of columns without the label.
    before, after = label, len(names) - label - 1
    first, length = (0, before) if before > after else (label + 1, after)
    for skipped in range(min(3, length)):
        for begin in {first, first + skipped}:
            pixels = length - skipped
            inside = values[begin : begin + pixels]
            if picture_of((pixels,)) is not None and all(map(is_number, inside)):
                others = [*values[:begin], *values[begin + pixels :]]
                has_words = not all(map(is_number, others))
                name = safe_text(names[label])
                return Columns(len(names), begin, pixels, label, name, has_words=has_words)
    return None


def _label(names: Sequence[str]) -> int | None:
    lowered = [name.lower() for name in names]
    return next((lowered.index(name) for name in LABELS if name in lowered), None)


def _place(
    names: Sequence[str] | None, values: Sequence[str], sample: npt.NDArray[Any] | None
) -> tuple[int, bool]:
    """Whether the label is first (0) or last (-1), and whether only the values told."""
    for place in (0, -1):
        if not is_number(values[place]):
            return place, False
    if names is not None:
        stems = [match[1] if (match := _NUMBERED.fullmatch(n)) else n for n in names]
        if stems[0] != stems[1]:
            return 0, False
        if stems[-1] != stems[-2]:
            return -1, False
    return (0 if sample is None else label_column(sample)), True


def is_number(value: str) -> bool:
    """Whether a value is one number."""
    try:
        float(value)
    except ValueError:
        return False
    return True
