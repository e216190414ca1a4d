"""Reads the images and the labels that were chosen among the arrays of a file."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gan.data.arrays.conforming import conform
from gan.data.arrays.labels import ReadLabels, are_classes, left_out, read_labels
from gan.data.arrays.raw import ColumnsArray, HeldArray
from gan.data.arrays.shapes import has_label_column, is_picture_or_rows, label_column
from gan.data.checks import refuse
from gan.data.image_set import Note
from gan.errors import DataError
from gan.text.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gan.data.arrays.naming import Candidate, Choice
    from gan.data.arrays.raw import RawArray
    from gan.data.image_set import Arrays, Progress
    from gan.data.reading_options import ReadingOptions


def read_choice(
    path: Path,
    choice: Choice,
    raw_of: Callable[[Candidate], RawArray],
    progress: Progress,
    options: ReadingOptions,
    *,
    is_transposed: bool = False,
) -> Arrays:
    """Read images and labels.

    Args:
        path: The file, named in errors.
        choice: Which arrays they are.
        raw_of: Opens an array.
        progress: Called as the values are read; counts bytes.
        options: How they are read.
        is_transposed: Whether each image lies on its side.

    Raises:
        DataError: The images can't be used, or can't be read.
    """
    images = raw_of(choice.images)
    if has_label_column(images.shape):
        return read_labelled_rows(path, images, progress, options)
    if choice.labels is None and is_picture_or_rows(images.shape):
        raise refuse(path, *_ambiguous(images))
    conformed = conform(path, images, progress, options, is_transposed=is_transposed)
    read = conformed.arrays(*((Note(choice.note),) if choice.note else ()))
    if choice.labels is None:
        return read
    labels = _labels(choice.labels, raw_of, len(read.images), progress)
    if choice.is_guessed:
        labels = only_classes(labels, f"in {choice.labels.name}")
    return with_labels(read, labels)


def _ambiguous(images: RawArray) -> tuple[str, str]:
    """What is received and expected if an array may be a picture or many images."""
    length, side = images.shape[0], math.isqrt(images.shape[0])
    received = (
        f"an array of {length} x {length}: {length} images of {side} x {side}, a row each, or one "
        f"picture of {length} x {length}"
    )
    reshaped = f"reshape(-1, {side}, {side})"
    return received, f"n x height x width; save it after {reshaped} if its rows are images"


def only_classes(labels: ReadLabels, name: str) -> ReadLabels:
    """Labels from values that nothing calls labels, unless they are numbers of rows or the like."""
    if labels.labels is None:
        return labels
    if not are_classes(labels.labels):
        return ReadLabels(None, (left_out(name, "they don't look like classes"),))
    note = Note(f"the labels are the values {safe_text(name)}, one for each image")
    return labels._replace(notes=(note, *labels.notes))


def with_labels(images: Arrays, labels: ReadLabels) -> Arrays:
    """Images, with labels that were read apart from them, and all notes."""
    return images._replace(
        labels=labels.labels,
        notes=(*images.notes, *labels.notes),
        class_names=labels.class_names,
    )


def read_labelled_rows(
    path: Path, raw: RawArray, progress: Progress, options: ReadingOptions
) -> Arrays:
    """Read a table in which each row is an image with its label, first or last.

    Raises:
        DataError: It has no rows, or they can't be read.
    """
    if not raw.shape[0]:
        raise refuse(path, "0 images", "at least 1")
    if raw.is_held:
        raw = HeldArray(raw.name, raw.whole(progress))
    ends = np.concatenate([block[:, [0, 1, -2, -1]] for block in raw.blocks(progress)])
    place = label_column(ends)
    pixels = ColumnsArray(raw, slice(1, None) if place == 0 else slice(0, -1))
    conformed = conform(path, pixels, progress, options)
    labels = read_labels(ends[:, place], len(ends), "in the column beside the pixels")
    return with_labels(conformed.arrays(guessed_column(place)), labels)


def guessed_column(place: int) -> Note:
    """The note that values alone told which column holds the labels: 0, or -1 for the last."""
    which = "first" if place == 0 else "last"
    return Note(f"by their values the labels are the {which} column, the others are pixels")


def _labels(
    chosen: Candidate, raw_of: Callable[[Candidate], RawArray], count: int, progress: Progress
) -> ReadLabels:
    name = f"in {chosen.name}"
    if chosen.dtype.hasobject:
        why = "they are Python objects, which are never opened"
        return ReadLabels(None, (left_out(name, why),))
    try:
        return read_labels(raw_of(chosen).whole(progress), count, name)
    except DataError as error:
        return ReadLabels(None, (left_out(name, str(error)),))
