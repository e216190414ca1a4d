"""Reads labels in any form: integers, one-hot rows, columns, text, floats that are whole.

Training needs no labels, so those that can't be used are left out with a warning.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from gan.data.image_set import Labels, Note
from gan.text.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAX_BYTE: Final = 255
MAX_CLASSES: Final = 65_536
"""Labels with more different values are no classes."""

_MISSING: Final = frozenset({"", "na", "n/a", "nan", "null", "none", "?"})
"""What stands for a label that is not there."""

_QMNIST_COLUMNS: Final = 8
_NAME_LIMIT: Final = 60
_NAMES_SHOWN: Final = 5


class ReadLabels(NamedTuple):
    """Labels as far as they can be used."""

    labels: Labels | None
    """n, from 0; `None` if they can't be used."""

    notes: tuple[Note, ...] = ()
    class_names: tuple[str, ...] = ()
    """What each number stands for, if the labels had to be numbered."""


class _UnusableError(Exception):
    """The labels can't be used. The message says what they are."""


def read_labels(values: npt.NDArray[Any], count: int, name: str) -> ReadLabels:
    """Labels from an array of any form.

    Whole numbers from 0 to 255 stay as they are. Others, and text, are numbered in their order:
    numbers by value, then text.

    Args:
        values: Without Python objects.
        count: The number of images.
        name: What they are called, for the notes.
    """
    try:
        return _numbered(_one_each(values, count), safe_text(name))
    except _UnusableError as error:
        return ReadLabels(None, (left_out(name, str(error)),))


def left_out(name: str, why: str) -> Note:
    """The warning that labels aren't used."""
    return Note(f"the labels {safe_text(name)} were left out: {safe_text(why)}", is_warning=True)


def read_words(words: Sequence[str], count: int, name: str) -> ReadLabels:
    """Labels from text, in which numbers may be written as such."""
    if missing := sum(word.strip().lower() in _MISSING for word in words):
        return ReadLabels(None, (left_out(name, f"{missing:,} rows have none"),))
    try:
        return read_labels(np.array(list(map(float, words))), count, name)
    except ValueError:
        return read_labels(np.array(words, dtype=np.str_), count, name)


def are_classes(labels: Labels) -> bool:
    """Whether values that nothing calls labels are such: some repeat, and not all are one."""
    different = len(np.unique(labels))
    return 1 < different <= len(labels) // 2


def _one_each(values: npt.NDArray[Any], count: int) -> npt.NDArray[Any]:
    """One value for each image: from a column, from a row of each, or from QMNIST's table."""
    if values.dtype.hasobject:
        raise _UnusableError("they are Python objects, which are never opened")
    sides = [length for length in values.shape if length != 1] or [1]
    flat = values.reshape(sides)
    if len(sides) == 2 and sides[0] != count and sides[1] == count:  # noqa: PLR2004
        # As MATLAB has them.
        flat = flat.T
    if len(flat) != count:
        shape = " x ".join(map(str, values.shape)) or "one value"
        raise _UnusableError(f"there are {len(flat):,} ({shape}) for {count:,} images")
    if flat.ndim == 1:
        return flat
    if flat.ndim == 2 and flat.dtype.kind in "biuf":  # noqa: PLR2004
        if _is_one_hot(flat):
            return np.asarray(np.argmax(flat, axis=1))
        if flat.shape[1] == _QMNIST_COLUMNS and flat.dtype.kind in "iu":
            # The class, then who wrote it and where it is from.
            return flat[:, 0]
    shape = " x ".join(map(str, values.shape))
    raise _UnusableError(f"an array of {shape} has more than one value for an image")


def _is_one_hot(rows: npt.NDArray[Any]) -> bool:
    """Whether each row is one value throughout but for a greater one, the same in all rows."""
    low, high = rows.min(), rows.max()
    if not low < high:
        return False
    return bool(((rows == high).sum(axis=1) == 1).all() and ((rows == low) | (rows == high)).all())


def _numbered(values: npt.NDArray[Any], name: str) -> ReadLabels:
    if values.dtype.kind in "US":
        return _by_name(_words(values), name)
    if values.dtype.kind not in "biuf":
        raise _UnusableError(f"they are of type {values.dtype}")
    if values.dtype.kind == "f":
        values = values.astype(np.float64)
        if not np.isfinite(values).all() or (values != np.rint(values)).any():
            raise _UnusableError("they are not whole numbers")
        if values.size and np.abs(values).max() > 2**53:
            raise _UnusableError("they are too large")
        values = values.astype(np.int64)
    if values.size == 0 or (values.min() >= 0 and values.max() <= _MAX_BYTE):
        return ReadLabels(np.asarray(values, np.uint8))
    classes, labels = np.unique(values, return_inverse=True)
    return _renumbered(labels.reshape(-1), [str(one) for one in classes.tolist()], name)


def _words(values: npt.NDArray[Any]) -> npt.NDArray[np.str_]:
    if values.dtype.kind == "S":
        return np.asarray(np.char.decode(values, "utf-8", "backslashreplace"), np.str_)
    return values


def _by_name(words: npt.NDArray[np.str_], name: str) -> ReadLabels:
    classes, labels = np.unique(words, return_inverse=True)
    order = sorted(range(len(classes)), key=lambda index: _natural(str(classes[index])))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    names = [str(classes[index]) for index in order]
    return _renumbered(rank[labels.reshape(-1)], names, name)


def _natural(word: str) -> tuple[bool, int, str]:
    is_number = re.fullmatch("[0-9]{1,18}", word) is not None
    return (not is_number, int(word) if is_number else 0, word)


def _renumbered(labels: npt.NDArray[Any], classes: list[str], name: str) -> ReadLabels:
    if len(classes) > MAX_CLASSES:
        raise _UnusableError(f"they have {len(classes):,} different values")
    small = len(classes) <= _MAX_BYTE + 1
    numbered: Labels = labels.astype(np.uint8 if small else np.int32)
    names = tuple(safe_text(one, _NAME_LIMIT) for one in classes)
    shown = ", ".join(names[:_NAMES_SHOWN]) + (", ..." if len(names) > _NAMES_SHOWN else "")
    last = len(names) - 1
    note = Note(f"the labels {name} were numbered from 0 to {last:,}, in the order {shown}")
    return ReadLabels(numbered, (note,), names)
