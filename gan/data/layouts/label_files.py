"""Reads the labels of images that are in a file of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gan.data.arrays.labels import ReadLabels, left_out, read_labels
from gan.data.data_file import DiskFile
from gan.data.idx import read_idx_labels
from gan.data.npz import read_npy_values, read_npz_values
from gan.data.opening.kinds import Kind
from gan.errors import DataError

if TYPE_CHECKING:
    from gan.data.image_set import Progress
    from gan.data.opening.paths import DataPath

_READERS: Final = {
    Kind.IDX: read_idx_labels,
    Kind.NPY: read_npy_values,
    Kind.NPZ: read_npz_values,
}
"""What reads the values of a file of labels, by its format."""


def read_label_file(path: DataPath, kind: Kind, count: int, progress: Progress) -> ReadLabels:
    """The labels in a file, as far as they can be used.

    Args:
        path: The file.
        kind: Its format; without a reader for it, the labels are left out.
        count: The number of images.
        progress: Called as it is read; counts bytes.
    """
    name = f"in {path.name}"
    reader = _READERS.get(kind)
    if reader is None:
        return ReadLabels(None, (left_out(name, f"in {kind.value} of their own"),))
    try:
        return read_labels(reader(DiskFile(path), progress), count, name)
    except DataError as error:
        return ReadLabels(None, (left_out(name, str(error)),))
