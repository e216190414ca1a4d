"""Reads MATLAB's `.mat` files of version 5 and later, except those of 7.3, which are HDF5.

Needs SciPy.
"""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gan.data.arrays.conforming import conform
from gan.data.arrays.labels import read_labels
from gan.data.arrays.naming import Candidate, Choice, choose
from gan.data.arrays.raw import HeldArray
from gan.data.arrays.reading import read_choice, with_labels
from gan.data.arrays.shapes import layout_of, picture_of
from gan.data.checks import refuse
from gan.data.emnist import is_emnist
from gan.data.extras.matlab_elements import HEADER, require_sound
from gan.data.extras.packages import package
from gan.data.image_set import Note
from gan.data.reading_options import DEFAULT_READING, ReadingOptions
from gan.text.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy.typing as npt

    from gan.data.data_file import DataFile
    from gan.data.image_set import Arrays, Progress

_WHAT: Final = "a MATLAB file"
_HDF5: Final = b"\x89HDF\r\n\x1a\n"
_MAX_DEPTH: Final = 8
_MAX_CELLS: Final = 1_000_000

_EMNIST: Final = "dataset/train/images"
"""Where EMNIST has its images, which lie on their side."""

_OF_CLASS: Final = re.compile(r"(train|test)_?([0-9])")
"""Arrays of one class each, as in `mnist_all.mat`."""


def read_matlab(
    file: DataFile, progress: Progress, options: ReadingOptions = DEFAULT_READING
) -> Arrays:
    """Read images, and labels if there are any, as from an `.npz` archive.

    Arrays in structures are called by their paths: `dataset/train/images`.

    Args:
        file: The file.
        progress: Not called: SciPy reads at once.
        options: How it is read; `array` names the array of the images.

    Raises:
        DataError: SciPy is missing, the file is damaged or of version 7.3, or it isn't clear which
            array holds the images.
    """
    with file.opened() as stream:
        head = stream.read(HEADER)
    _require_version_5(file.path, head)
    scipy_io = package(file.path, _WHAT, "scipy.io", "mat")
    with file.opened() as stream:
        require_sound(file.path, stream, file.stored_size)
    found = dict(_flattened(_loaded(file, scipy_io)))
    if not options.array and (by_class := _by_class(found)):
        return _read_classes(file.path, by_class, progress, options)
    if len(found) == 1 and not options.array and _is_by_class(next(iter(found.values()))):
        return _read_slices(file.path, *found.popitem(), progress, options)
    candidates = [Candidate(name, a.shape, a.dtype) for name, a in found.items()]
    choice = choose(file.path, candidates, options.array)
    is_transposed = choice.images.name == _EMNIST or is_emnist(file.name)
    return _read(file.path, choice, found, progress, options, is_transposed)


def _read(
    path: Path,
    choice: Choice,
    found: dict[str, npt.NDArray[Any]],
    progress: Progress,
    options: ReadingOptions,
    is_transposed: bool,
) -> Arrays:
    return read_choice(
        path,
        choice,
        lambda chosen: HeldArray(chosen.name, found[chosen.name]),
        progress,
        options,
        is_transposed=is_transposed,
    )


def _require_version_5(path: Path, head: bytes) -> None:
    if head.startswith((_HDF5, b"MATLAB 7.3")):
        what = "a MATLAB file of version 7.3, which is HDF5" if head[:1] == b"M" else "an HDF5 file"
        expected = "version 5 to 7 (in MATLAB, `save FILE -v7`), or an .npz file made with h5py"
        raise refuse(path, what, expected)
    if len(head) < HEADER or head[126:128] not in {b"IM", b"MI"}:
        received = "something that is no MATLAB file of version 5 or later"
        raise refuse(path, received, "one saved with `save FILE -v7`")


def _loaded(file: DataFile, scipy_io: Any) -> dict[str, Any]:
    try:
        with file.opened() as stream, warnings.catch_warnings():
            # Two variables of one name, and the like.
            warnings.simplefilter("ignore")
            loaded: dict[str, Any] = scipy_io.loadmat(stream)
    except MemoryError:
        raise
    except Exception as error:
        # SciPy's reader lets any exception through that damaged data may cause.
        if isinstance(error, OSError) and error.errno is not None:
            raise
        received = f"a damaged MATLAB file ({str(error) or type(error).__name__})"
        raise refuse(file.path, received, "an intact one") from error
    return loaded


def _flattened(
    value: Any, name: str = "", depth: int = 0
) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """The arrays in variables, structures and cells, by their paths."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, dict):
        inside = {key: inner for key, inner in value.items() if not key.startswith("__")}
        for key, inner in inside.items():
            yield from _flattened(inner, f"{name}/{key}" if name else key, depth + 1)
    elif isinstance(value, np.ndarray) and value.dtype.names:
        if value.size == 1:
            record = value.reshape(-1)[0]
            fields = {key: record[key] for key in value.dtype.names}
            yield from _flattened(fields, name, depth + 1)
    elif isinstance(value, np.ndarray) and value.dtype.hasobject and value.size == 1:
        yield from _flattened(value.reshape(-1)[0], name, depth + 1)
    elif isinstance(value, np.ndarray):
        plain = _stacked(value) if value.dtype.hasobject else value
        if plain is not None:
            yield name, plain


def _stacked(cells: npt.NDArray[Any]) -> npt.NDArray[Any] | None:
    """Cells of equal images, or of words, as one array; `None` if they are anything else."""
    inside = [cell for cell in cells.reshape(-1) if isinstance(cell, np.ndarray)]
    if len(inside) != cells.size or not 0 < len(inside) <= _MAX_CELLS:
        return None
    if len({(cell.shape, cell.dtype.kind) for cell in inside}) != 1:
        is_text = all(cell.dtype.kind == "U" and cell.size == 1 for cell in inside)
        return np.array([str(cell.reshape(-1)[0]) for cell in inside]) if is_text else None
    if inside[0].dtype.hasobject or not inside[0].size:
        return None
    return np.stack(inside)


def _by_class(found: dict[str, npt.NDArray[Any]]) -> dict[int, npt.NDArray[Any]]:
    """The training images of each class, if they are in arrays of their own."""
    classes = {
        int(match[2]): values
        for name, values in sorted(found.items())
        if (match := _OF_CLASS.fullmatch(name)) and match[1] == "train" and values.ndim > 1
    }
    alike = {(values.shape[1:], values.dtype) for values in classes.values()}
    return classes if len(classes) > 1 and len(alike) == 1 else {}


def _is_by_class(values: npt.NDArray[Any]) -> bool:
    """Whether an array is of pixels x images x classes, as that of `usps_all.mat`."""
    if values.ndim != 3 or values.dtype.kind not in "biuf" or layout_of(values.shape) is not None:  # noqa: PLR2004
        return False
    pixels, images, classes = values.shape
    picture = picture_of((pixels,))
    return picture is not None and picture.channels == 1 and images > classes > 1


def _read_slices(
    path: Path,
    name: str,
    values: npt.NDArray[Any],
    progress: Progress,
    options: ReadingOptions,
) -> Arrays:
    """Read an array of pixels x images x classes."""
    pixels, images, classes = values.shape
    rows = values.transpose(2, 1, 0).reshape(-1, pixels)
    conformed = conform(path, HeldArray(name, rows), progress, options)
    note = Note(
        f"{safe_text(name)} is of {pixels} pixels x {images:,} images x {classes} classes, which "
        "are numbered from 0 in its order"
    )
    labels = read_labels(np.repeat(np.arange(classes), images), len(rows), "by place")
    return with_labels(conformed.arrays(note), labels)


def _read_classes(
    path: Path,
    classes: dict[int, npt.NDArray[Any]],
    progress: Progress,
    options: ReadingOptions,
) -> Arrays:
    joined = np.concatenate(list(classes.values()))
    labels = np.repeat(list(classes), [len(values) for values in classes.values()])
    conformed = conform(path, HeldArray("", joined), progress, options)
    names = ", ".join(f"train{label}" for label in classes)
    note = Note(f"the arrays {names} are a class each")
    found = read_labels(labels, len(conformed.images), "by array")
    return with_labels(conformed.arrays(note), found)
