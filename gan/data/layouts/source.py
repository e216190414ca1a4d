"""Reads what a path holds: a file of any format, an archive, or a folder in any layout."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

import numpy as np

from gan.data.arrays.reading import with_labels
from gan.data.checks import refuse
from gan.data.data_file import DiskFile
from gan.data.image_set import Arrays, Labels, Note, Progress
from gan.data.layouts.file_sets import FileSet, find_files, holds_arrays
from gan.data.layouts.label_files import read_label_file
from gan.data.layouts.names import is_idx_name
from gan.data.layouts.picture_folders import (
    find_pictures,
    left_out_beside,
    read_picture_folder,
)
from gan.data.layouts.tree import Folder
from gan.data.opening.kinds import UNUSABLE, Kind
from gan.data.opening.recognition import is_rows_of_numbers, recognise, require_usable
from gan.data.opening.streams import without_compression
from gan.data.opening.tar_archives import opened_tar
from gan.data.opening.zip_archives import opened_zip
from gan.data.original import combined
from gan.data.pictures.decoding import SUFFIXES
from gan.data.reading_options import DEFAULT_READING, ReadingOptions
from gan.data.room import has_room
from gan.data.sources import EXPECTED, FORMATS, FileFormat
from gan.data.stored_images import joined
from gan.text.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gan.data.opening.paths import DataPath

_FORMAT_OF: Final = {
    Kind.IDX: "",
    Kind.NPZ: ".npz",
    Kind.NPY: ".npy",
    Kind.PARQUET: ".parquet",
    Kind.MATLAB: ".mat",
    Kind.HDF5: ".mat",
    Kind.TABLE: ".csv",
}
"""The row of `FORMATS` that reads a file of a kind."""

_FOLDERS_OF: Final = {
    Kind.IDX: "a folder of IDX files",
    Kind.NPZ: "a folder of NumPy archives",
    Kind.NPY: "a folder of NumPy arrays",
    Kind.PARQUET: "a folder of Parquet files",
    Kind.MATLAB: "a folder of MATLAB files",
    Kind.TABLE: "a folder of tables",
}
"""What a folder is, as the reason why its images were used."""

_EXPECTED_IN_FOLDER: Final = (
    "pictures (.png, .jpg, .tif), IDX files such as train-images-idx3-ubyte, or files such as "
    f"{', '.join(key for key in FORMATS if key)}, in it or in folders below it"
)

_MAX_NESTED: Final = 2
"""Archives in one another that are opened."""

_LOOKED_AT: Final = 32
"""Files without a telling name of which the content is looked at."""

_FEW_LOOSE: Final = 16
"""Pictures beside a file of images that are taken for previews of it."""


def read_source(
    path: DataPath, progress: Progress, options: ReadingOptions = DEFAULT_READING
) -> tuple[Arrays, str]:
    """Read a file, an archive or a folder.

    Args:
        path: Where it is.
        progress: Called as it is read; counts bytes or images.
        options: How it is read.

    Returns:
        The images, and what the source is, as the reason why they were used.

    Raises:
        DataError: There are no usable images; the message is one line.
    """
    return _Reader(progress, options).read(path)


class _Reader:
    """Reads one source, which may hold others."""

    def __init__(self, progress: Progress, options: ReadingOptions, archives: int = 0) -> None:
        self._progress = progress
        self._options = options
        self._archives = archives
        """How many archives are open, each in the one before."""

    def read(self, path: DataPath) -> tuple[Arrays, str]:
        """As `read_source`."""
        return self._folder(Folder(path)) if path.is_dir() else self._file(path)

    def _file(self, path: DataPath) -> tuple[Arrays, str]:
        suffix = PurePosixPath(without_compression(path.name)).suffix.lower()
        if suffix in SUFFIXES:
            raise refuse(path, f"a single {suffix} file", EXPECTED)
        kind = recognise(path)
        require_usable(path, kind)
        if kind.is_archive:
            return self._archive(path, kind)
        if kind is Kind.PICTURE:
            raise refuse(path, "a single picture", EXPECTED)
        file_format = _format(path, kind, suffix)
        arrays = file_format.read(DiskFile(path), self._progress, self._options)
        return arrays, file_format.description

    def _archive(self, path: DataPath, kind: Kind) -> tuple[Arrays, str]:
        is_zip = kind is Kind.ZIP
        archive = opened_zip(path) if is_zip else opened_tar(path, self._progress)
        with self._nested(path), archive as root:
            arrays, reason = self._folder(Folder(root))
        return arrays, f"{reason} in {kind.value}"

    @contextmanager
    def _nested(self, path: DataPath) -> Iterator[None]:
        self._archives += 1
        if self._archives > _MAX_NESTED:
            raise refuse(path, "an archive in an archive in an archive", "at most two")
        yield
        self._archives -= 1

    def _folder(self, root: Folder) -> tuple[Arrays, str]:
        if wanted := self._options.array:
            return self._named(root, wanted)
        has_idx = any(map(is_idx_name, root.names))
        is_shallow = any(folder.pictures for folder in (root, *root.folders))
        if not has_idx and is_shallow and not _has_previews(root):
            return self._pictures(root) or self._other(root)
        if found := find_files(root, only=Kind.IDX):
            return self._files(found)
        if not _has_previews(root) and (pictures := self._pictures(root)):
            return pictures
        return self._other(root)

    def _named(self, root: Folder, wanted: str) -> tuple[Arrays, str]:
        """What `FOLDER:NAME` names: a folder or a file in it, or one of several data sets."""
        path = root.path / wanted
        inner = _Reader(self._progress, replace(self._options, array=""), self._archives)
        if path.is_dir() or path.is_file():
            return inner.read(path)
        found = find_files(root, wanted)
        if found is None:
            raise refuse(root.path, "no files with images", f"one named {wanted}")
        return inner._files(found)

    def _pictures(self, root: Folder) -> tuple[Arrays, str] | None:
        found = find_pictures(root)
        if found is None:
            return None
        return read_picture_folder(root, found, self._progress, self._options), "a folder of images"

    def _other(self, root: Folder) -> tuple[Arrays, str]:
        """Files of any format, by their names or, if those say nothing, by their content."""
        if found := find_files(root):
            arrays, reason = self._files(found)
            if root.pictures:
                note = left_out_beside(root.pictures, safe_text(found.images[0].name))
                arrays = arrays._replace(notes=(*arrays.notes, note))
            return arrays, reason
        if labels := [name for name in root.names if is_idx_name(name)]:
            received = f"labels without images, such as {labels[0]}"
            raise refuse(root.path, received, "train-images-idx3-ubyte too")
        kinds = {path: recognise(path) for path in root.files[:_LOOKED_AT] if path.is_file()}
        known = {path: kind for path, kind in kinds.items() if _is_telling(path, kind)}
        if found := find_files(root, known=known):
            return self._files(found)
        if pictures := self._nameless_pictures(root):
            return pictures
        for path, kind in kinds.items():
            if kind in UNUSABLE and kind not in {Kind.EMPTY, Kind.JSON}:
                require_usable(path, kind)
        raise refuse(root.path, "a folder without images", _EXPECTED_IN_FOLDER)

    def _nameless_pictures(self, root: Folder) -> tuple[Arrays, str] | None:
        """Pictures whose names have no suffix, if the first such file is one."""
        nameless = Folder(root.path, suffixes=SUFFIXES | {""})
        first = next((path for one in nameless.walk() for path in one.pictures), None)
        if first is None or not first.is_file() or recognise(first) is not Kind.PICTURE:
            return None
        return self._pictures(nameless)

    def _files(self, found: FileSet) -> tuple[Arrays, str]:
        if found.is_a_class_each:
            arrays = _classes(found.images, self._parts(found.images))
            return arrays, _FOLDERS_OF[found.kind]
        first = found.images[0]
        if found.kind not in _FOLDERS_OF or recognise(first) not in _FORMAT_OF:
            # An archive, or something that its name doesn't say.
            arrays, reason = self._file(first)
            return _with_notes(found.notes, arrays), reason
        arrays = _joined(self._parts(found.images))
        if found.labels is not None and arrays.labels is None:
            count = len(arrays.images)
            labels = read_label_file(found.labels, found.kind, count, self._progress)
            arrays = with_labels(arrays, labels)
        return _with_notes(found.notes, arrays), _FOLDERS_OF[found.kind]

    def _parts(self, paths: Sequence[DataPath]) -> list[Arrays]:
        """The images of each of several files, on disk if memory would not hold all together."""
        size = sum(DiskFile(path).stored_size for path in paths)
        options = self._options
        if len(paths) > 1 and not has_room(size, options):
            options = replace(options, memory=0)
        reader = _Reader(self._progress, options, self._archives)
        return [reader._file(path)[0] for path in paths]


def _is_telling(path: DataPath, kind: Kind) -> bool:
    """Whether a file is one of images by its content, and no text about them."""
    return is_rows_of_numbers(path) if kind is Kind.TABLE else kind in _FORMAT_OF


def _has_previews(root: Folder) -> bool:
    """Whether pictures are but previews: a few beside a file of images."""
    if any(folder.pictures for folder in root.folders):
        return False
    return 0 < len(root.pictures) <= _FEW_LOOSE and holds_arrays(root)


def _format(path: DataPath, kind: Kind, suffix: str) -> FileFormat:
    """The row of `FORMATS` for a file: by its content, or by its name if that says nothing."""
    key = _FORMAT_OF.get(kind, "")
    if kind is Kind.UNKNOWN and suffix in FORMATS:
        key = suffix
    if kind is Kind.TABLE and suffix and suffix in FORMATS:
        key = suffix
    if key not in FORMATS:
        raise refuse(path, kind.value, EXPECTED)
    return FORMATS[key]


def _classes(paths: Sequence[DataPath], parts: Sequence[Arrays]) -> Arrays:
    """The images of several files as those of a class each."""
    counts = [len(part.images) for part in parts]
    numbers: Labels = np.arange(len(parts), dtype=np.uint8 if len(parts) <= 2**8 else np.int32)
    labels: Labels = np.repeat(numbers, counts)
    names = tuple(PurePosixPath(without_compression(path.name)).stem for path in paths)
    joined = _joined([part._replace(labels=None, class_names=()) for part in parts])
    note = Note(f"each of {len(parts)} files is a class, named by its file")
    return joined._replace(labels=labels, class_names=names, notes=(note, *joined.notes))


def _joined(parts: Sequence[Arrays]) -> Arrays:
    """Several parts of a set one after the other; the labels only if each has them."""
    if len(parts) == 1:
        return parts[0]
    images = joined([part.images for part in parts])
    all_labels = [part.labels for part in parts if part.labels is not None]
    names = {part.class_names for part in parts}
    has_labels = len(all_labels) == len(parts) and len(names) == 1
    notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
    labels = np.concatenate(all_labels) if has_labels else None
    original = combined(part.original for part in parts)
    return Arrays(images, labels, notes, names.pop() if has_labels else (), original)


def _with_notes(notes: Sequence[Note], arrays: Arrays) -> Arrays:
    return arrays._replace(notes=(*notes, *arrays.notes))
