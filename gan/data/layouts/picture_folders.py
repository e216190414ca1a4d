"""Finds the pictures in a folder, and the class of each by the folder that it is in.

The folders below the one that was given are the classes, unless they are the parts of a data set
(`train`, `test`), of which the training images are taken, or there is but one with folders in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from gan.data.image_set import Arrays, Labels, Note, Progress
from gan.data.layouts.names import Part, part_of_folder
from gan.data.opening.path_list import PathList
from gan.data.pictures.cache import read_pictures_once
from gan.text.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gan.data.layouts.tree import Folder
    from gan.data.reading_options import ReadingOptions


@dataclass(slots=True)
class PictureFolder:
    """The pictures that a folder holds."""

    files: PathList
    """At least one, in the order of their classes and names."""

    labels: list[int] | None = None
    """The number of the class of each; `None` without classes."""

    class_names: tuple[str, ...] = ()
    """What each number stands for, if the names aren't these numbers."""

    notes: list[Note] = field(default_factory=list)
    """Which pictures were left out."""


def find_pictures(root: Folder) -> PictureFolder | None:
    """The pictures of a data set; `None` if there are none.

    Raises:
        DataError: A folder can't be listed.
    """
    notes: list[Note] = []
    folder = _data_set(root, notes)
    classes = folder.folders
    found, deeper = [one.pictures for one in classes], [_pictures_below(one) for one in classes]
    is_deep = not any(found)
    left = 0 if is_deep else sum(map(len, deeper)) - sum(map(len, found))
    found = deeper if is_deep else found
    directly, below = folder.pictures, sum(map(len, found))
    if len(directly) > below:
        if below:
            text = f"{_images(below)} left out, in folders beside {len(directly):,} others"
            notes.append(Note(text, is_warning=True))
        return PictureFolder(directly, notes=notes)
    if not below:
        return None
    notes += _notes_on_classes(folder, left, is_deep=is_deep)
    names = tuple(one.name for one in classes)
    return PictureFolder(
        PathList.joined(found),
        [label for label, paths in enumerate(found) for _ in paths],
        () if names == tuple(map(str, range(len(names)))) else names,
        notes,
    )


def read_picture_folder(
    root: Folder, pictures: PictureFolder, progress: Progress, options: ReadingOptions
) -> Arrays:
    """Read the pictures that were found in a folder.

    Raises:
        DataError: As `gan.data.pictures.reading.read_pictures`.
    """
    what = f"reading {safe_text(root.name)}"
    read = read_pictures_once(pictures.files, what, progress, options)
    labels = None
    if pictures.labels is not None:
        labels = _as_labels(pictures.labels)[read.is_kept]
    arrays = read.arrays(*pictures.notes)
    return arrays._replace(labels=labels, class_names=pictures.class_names)


def _data_set(root: Folder, notes: list[Note]) -> Folder:
    """The folder that holds classes or pictures: of a part, or the only one in another."""
    folder = root
    while True:
        filled = [one for one in folder.folders if _has_pictures(one)]
        parts = {one.name: part_of_folder(one.name) for one in filled}
        if filled and _are_parts(filled, parts):
            chosen = min(filled, key=lambda one: parts[one.name])
            notes.extend(_part_notes(folder, chosen, filled, parts[chosen.name]))
            folder = chosen
        elif len(filled) == 1 and not folder.pictures and _holds_folders(filled[0]):
            folder = filled[0]
        else:
            return folder


def _are_parts(filled: list[Folder], parts: Mapping[str, Part]) -> bool:
    """Whether folders with pictures are the parts of a data set, perhaps with another beside them.

    A class may have the name of a part: one that is alone among others, and holds no folders.
    """
    named = [one for one in filled if parts[one.name] is not Part.WHOLE]
    if len(named) in {0, len(filled)}:
        return bool(named)
    train = [one for one in named if parts[one.name] is Part.TRAIN]
    return bool(train) and (len(named) > 1 or _holds_folders(train[0]))


def _holds_folders(folder: Folder) -> bool:
    """Whether there are pictures in the folders of a folder."""
    return any(_has_pictures(one) for one in folder.folders)


def _part_notes(folder: Folder, chosen: Folder, filled: list[Folder], part: Part) -> list[Note]:
    notes = []
    name, others = safe_text(chosen.name), [safe_text(f.name) for f in filled if f is not chosen]
    if part is not Part.TRAIN:
        notes.append(
            Note(f"there are no training images; those of {name} are used", is_warning=True)
        )
    elif others:
        notes.append(Note(f"the images of {name} are used, not those of {', '.join(others)}"))
    if beside := folder.pictures:
        notes.append(left_out_beside(beside, f"the folder {name}"))
    return notes


def _notes_on_classes(folder: Folder, left: int, *, is_deep: bool) -> list[Note]:
    notes = []
    if folder.pictures:
        notes.append(left_out_beside(folder.pictures, "the folders of classes"))
    if is_deep:
        text = f"the classes are the {len(folder.folders):,} folders in {safe_text(folder.name)}"
        notes.append(Note(f"{text}, each with all images below it"))
    if left:
        text = f"{_images(left)} left out, in folders below those of classes"
        notes.append(Note(text, is_warning=True))
    return notes


def left_out_beside(paths: PathList, what: str) -> Note:
    """The warning that pictures are not of the data set."""
    text = f"{_images(len(paths))} left out, beside {what}: {safe_text(paths[0].name)}"
    return Note(text + (", ..." if len(paths) > 1 else ""), is_warning=True)


def _images(count: int) -> str:
    return "1 image was" if count == 1 else f"{count:,} images were"


def _pictures_below(folder: Folder) -> PathList:
    return PathList.joined(one.pictures for one in folder.walk())


def _has_pictures(folder: Folder) -> bool:
    return any(one.pictures for one in folder.walk())


def _as_labels(labels: list[int]) -> Labels:
    is_small = max(labels) <= np.iinfo(np.uint8).max
    return np.array(labels, np.uint8 if is_small else np.int32)
