"""Reads Parquet files as the hubs of data sets keep them: a column of images and one of labels.

An image is an encoded picture, alone or in a record with `bytes`, or a list of numbers; or each
number has a column of its own. Needs pyarrow.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Final, Literal, NamedTuple, NoReturn

import numpy as np

from gan.data.arrays.conforming import conform
from gan.data.arrays.labels import ReadLabels, left_out, read_labels
from gan.data.arrays.raw import BlockArray, Gathered, narrowed
from gan.data.arrays.reading import guessed_column, only_classes, with_labels
from gan.data.arrays.shapes import EXPECTED, layout_of
from gan.data.checks import largest_unpacked, refuse, require_count
from gan.data.emnist import is_emnist
from gan.data.extras.packages import package
from gan.data.pictures.reading import read_pictures
from gan.data.reading_options import DEFAULT_READING, ReadingOptions
from gan.data.tables.columns import IDS, LABELS, columns_of
from gan.text.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

    from gan.data.data_file import DataFile
    from gan.data.image_set import Arrays, Progress

_IMAGES: Final = ("image", "img", "images", "pixels", "pixel_values", "x", "data", "digit")
"""What columns of images are called, the most usual first."""

_INDEX: Final = "__index_level_0__"
"""The column that holds the numbers of the rows where pandas has written them."""

_ROWS: Final = 256
"""Rows that are read at once."""

_WHAT: Final = "a Parquet file"
_COLUMNS: Final = "a column of images and perhaps one of labels"


class _Roles(NamedTuple):
    """Which columns are read."""

    images: list[str]
    """One, or the columns of all pixels."""

    label: str
    """Empty if there is none."""

    is_guessed: bool = False
    """Whether nothing calls it a label."""

    guessed_place: int | None = None
    """Where it is in a table of pixels if only the values told: 0 for first, -1 for last."""


@dataclass(frozen=True, slots=True)
class _Encoded:
    """A picture in a row, as readers of pictures take them: a path to a file."""

    file: Path
    row: int
    data: bytes

    def __str__(self) -> str:
        return f"{self.file}: row {self.row:,}"

    @property
    def name(self) -> str:
        """Which row it is in."""
        return f"row {self.row:,}"

    @property
    def suffix(self) -> str:
        """Its content says what it is."""
        return ""

    @property
    def parent(self) -> Path:
        """The file that it is in."""
        return self.file

    @property
    def st_size(self) -> int:
        """Its size."""
        return len(self.data)

    def stat(self) -> _Encoded:
        """Itself, for its size."""
        return self

    def is_file(self) -> bool:
        """It has bytes."""
        return True

    def is_dir(self) -> bool:
        """It is none."""
        return False

    def iterdir(self) -> NoReturn:
        """Fail: it is no folder."""
        raise NotADirectoryError(str(self))

    def open(self, mode: Literal["rb"], /) -> IO[bytes]:
        """Its bytes."""
        del mode
        return io.BytesIO(self.data)

    def with_name(self, name: str, /) -> Path:
        """A path beside the file that it is in."""
        return self.file.with_name(name)

    def __truediv__(self, name: str, /) -> Path:
        return self.file / name


def read_parquet(
    file: DataFile, progress: Progress, options: ReadingOptions = DEFAULT_READING
) -> Arrays:
    """Read images, and labels if there are any.

    Args:
        file: The file.
        progress: Called as rows are read, and as pictures are decoded; counts images.
        options: How it is read; `array` names the column of the images.

    Raises:
        DataError: pyarrow is missing, the file is damaged, or its columns hold no images.
    """
    arrow = package(file.path, _WHAT, "pyarrow", "parquet")
    parquet = package(file.path, _WHAT, "pyarrow.parquet", "parquet")
    damage = (arrow.ArrowException, OSError, ValueError, KeyError, OverflowError, MemoryError)
    with file.opened() as stream:
        try:
            reader = _Reader(file, parquet.ParquetFile(stream), arrow, options)
            reader.read(progress)
        except damage as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise
            reason = str(error).partition("\n")[0]
            received = f"a damaged Parquet file ({reason})"
            raise refuse(file.path, received, "an intact one") from error
    return reader.arrays(progress)


class _Reader:
    """The rows of a file."""

    def __init__(self, file: DataFile, opened: Any, arrow: Any, options: ReadingOptions) -> None:
        self._path = file.path
        self._is_emnist = is_emnist(file.name)
        self._limit = largest_unpacked(file.stored_size)
        self._opened = opened
        self._arrow = arrow
        self._options = options
        self._schema = opened.schema_arrow
        self._roles = _roles(self._path, opened, arrow, options.array)
        self._encoded: list[_Encoded] = []
        self._numbers = Gathered()
        self._shape: tuple[int, ...] = ()
        """Of an image that is numbers."""

        self._labels: list[Any] = []
        self._count = 0
        self._bytes = 0

    def read(self, progress: Progress) -> None:
        """Read all rows into memory, pictures as they are encoded."""
        total = self._opened.metadata.num_rows
        require_count(self._path, total)
        what = f"reading {safe_text(self._path.name)}"
        names = [*self._roles.images, *([self._roles.label] if self._roles.label else [])]
        for batch in self._opened.iter_batches(_ROWS, columns=names, use_threads=False):
            self._bytes += batch.nbytes
            if self._bytes > self._limit:
                received = "rows that unpack to more than is plausible for the file's size"
                raise refuse(self._path, received, f"at most {self._limit} bytes")
            self._add(batch)
            self._count += batch.num_rows
            progress(what, min(self._count, total), total, "images")

    def arrays(self, progress: Progress) -> Arrays:
        """The images and the labels of all rows."""
        require_count(self._path, self._count)
        labels = self._read_labels()
        if self._encoded:
            what = f"decoding {safe_text(self._path.name)}"
            read = read_pictures(self._encoded, what, progress, self._options)
            kept = None if labels.labels is None else labels.labels[read.is_kept]
            return with_labels(read.arrays(), labels._replace(labels=kept))
        name = self._roles.images[0] if len(self._roles.images) == 1 else ""
        conformed = conform(
            self._path,
            BlockArray(name, self._numbers.pieces()),
            progress,
            self._options,
            is_transposed=self._is_emnist,
        )
        place = self._roles.guessed_place
        before = () if place is None else (guessed_column(place),)
        return with_labels(conformed.arrays(*before), labels)

    def _add(self, batch: Any) -> None:
        names = self._roles.images
        if len(names) > 1:
            columns = [self._flat(batch.column(name)) for name in names]
            self._numbers.add(narrowed(np.stack(columns, axis=1)))
        else:
            column = batch.column(names[0])
            types = self._arrow.types
            if types.is_struct(column.type):
                column = column.field("bytes")
            if types.is_binary(column.type) or types.is_large_binary(column.type):
                self._add_encoded(column)
            else:
                self._numbers.add(narrowed(self._nested(column)))
        if self._roles.label:
            self._labels.extend(batch.column(self._roles.label).to_pylist())

    def _add_encoded(self, column: Any) -> None:
        for row, data in enumerate(column.to_pylist(), self._count):
            if data is None:
                received = f"no picture in row {row:,}, but perhaps the path of one"
                raise refuse(self._path, received, "encoded pictures in the file")
            self._encoded.append(_Encoded(self._path, row, data))

    def _nested(self, column: Any) -> npt.NDArray[Any]:
        """Lists of numbers, perhaps of lists, all of one length: n x length, or n x rows x ..."""
        shape = [len(column)]
        while _is_list(column.type, self._arrow):
            if column.null_count:
                raise refuse(self._path, "a row without an image", _COLUMNS)
            inside = column.flatten()
            rows = len(column)
            lengths = np.diff(np.asarray(_offsets(column, inside)))
            if not rows or (lengths != lengths[0]).any():
                raise refuse(self._path, "images of different sizes in lists", "one size")
            shape.append(int(lengths[0]))
            column = inside
        values = self._flat(column).reshape(shape)
        self._shape = self._shape or values.shape[1:]
        if self._shape != values.shape[1:]:
            raise refuse(self._path, "images of different sizes in lists", "one size")
        return values

    def _flat(self, column: Any) -> npt.NDArray[Any]:
        if column.null_count:
            raise refuse(self._path, "rows without a value", "numbers in each row")
        return np.asarray(column.to_numpy(zero_copy_only=False))

    def _read_labels(self) -> ReadLabels:
        name = f"in column {self._roles.label}"
        if not self._labels:
            return ReadLabels(None)
        if any(label is None for label in self._labels):
            return ReadLabels(None, (left_out(name, "some rows have none"),))
        values = np.array(self._labels)
        if values.dtype.hasobject or values.ndim > 2:  # noqa: PLR2004
            return ReadLabels(None, (left_out(name, "they are no numbers and no text"),))
        read = read_labels(values, self._count, name)
        names = _class_names(self._schema, self._roles.label)
        if not read.class_names and read.labels is not None and int(read.labels.max()) < len(names):
            read = read._replace(class_names=names)
        is_named = read.class_names and names
        return only_classes(read, name) if self._roles.is_guessed and not is_named else read


def _offsets(column: Any, inside: Any) -> Sequence[int]:
    """Where each list begins in the values of all, and where the last one ends."""
    if hasattr(column, "offsets"):
        begin = np.asarray(column.offsets)
        return list(begin - begin[0])
    size = column.type.list_size
    return range(0, len(inside) + 1, size) if size else [0] * (len(column) + 1)


def _is_list(kind: Any, arrow: Any) -> bool:
    types = arrow.types
    return bool(types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind))


def _is_image(kind: Any, arrow: Any) -> bool:
    types = arrow.types
    if types.is_struct(kind):
        found = [kind.field(i) for i in range(kind.num_fields) if kind.field(i).name == "bytes"]
        return len(found) == 1 and _is_image(found[0].type, arrow)
    if _is_list(kind, arrow):
        inner = kind.value_type
        return _is_list(inner, arrow) or bool(types.is_integer(inner) or types.is_floating(inner))
    return bool(types.is_binary(kind) or types.is_large_binary(kind))


def _is_label(kind: Any, arrow: Any) -> bool:
    types = arrow.types
    return bool(
        types.is_integer(kind)
        or types.is_boolean(kind)
        or types.is_string(kind)
        or types.is_large_string(kind)
        or types.is_dictionary(kind)
        or types.is_floating(kind)
    )


def _roles(path: Path, opened: Any, arrow: Any, wanted: str) -> _Roles:
    """Which columns hold the images and the labels.

    Raises:
        DataError: None holds images, several may, or none has the wanted name.
    """
    schema = opened.schema_arrow
    names = list(schema.names)
    kinds = dict(zip(names, schema.types, strict=True))
    listed = ", ".join(f"{name} ({kind})" for name, kind in list(kinds.items())[:12])
    if wanted and wanted not in kinds:
        raise refuse(path, f"no column {wanted}, but {listed}", "the name of one of them")
    found = [wanted] if wanted else [name for name in names if _is_image(kinds[name], arrow)]
    usual = [name for known in _IMAGES for name in found if name.lower() == known]
    if not found:
        plain = [n for n in names if _is_label(kinds[n], arrow) and n != _INDEX]
        return _of_pixels(path, opened, plain, listed)
    if len(found) > 1 and not usual:
        received = f"several columns that may be images: {listed}"
        raise refuse(path, received, f"the name of one, as in --data {path.name}:NAME")
    images = (usual or found)[0]
    if not _is_image(kinds[images], arrow):
        raise refuse(path, f"column {images} of {kinds[images]}", _COLUMNS)
    labels = [name for name in names if name != images and _is_label(kinds[name], arrow)]
    named = [name for known in LABELS for name in labels if name.lower() == known]
    if named:
        return _Roles([images], named[0])
    others = [name for name in labels if name.lower() not in IDS]
    return _Roles([images], others[0] if len(others) == 1 else "", is_guessed=True)


def _of_pixels(path: Path, opened: Any, names: list[str], listed: str) -> _Roles:
    """The columns of a table with one for each pixel."""
    if layout_of((2, max(1, len(names)))) is None and layout_of((2, len(names) - 1)) is None:
        raise refuse(path, f"columns {listed}" if listed else "no columns", EXPECTED)
    values, sample = _sample(opened, names)
    columns = columns_of(path, names, values, sample)
    pixels = names[columns.first : columns.last]
    if columns.label is None:
        return _Roles(pixels, "")
    place = (0 if columns.label == 0 else -1) if columns.is_guessed else None
    return _Roles(pixels, names[columns.label], guessed_place=place)


def _sample(opened: Any, names: list[str]) -> tuple[list[str], npt.NDArray[Any] | None]:
    """The first row as text, and some rows as numbers; `None` if they aren't all numbers."""
    batch = next(opened.iter_batches(_ROWS, columns=names, use_threads=False), None)
    if batch is None or not batch.num_rows:
        return ["0"] * len(names), None
    values = [str(batch.column(name)[0].as_py()) for name in names]
    try:
        columns = [np.asarray(batch.column(name).to_pylist(), np.float64) for name in names]
    except (TypeError, ValueError):
        return values, None
    return values, np.column_stack(columns)


def _class_names(schema: Any, label: str) -> tuple[str, ...]:
    """The names of classes that Hugging Face keeps with a schema; empty without any."""
    text = (schema.metadata or {}).get(b"huggingface", b"")
    try:
        names = json.loads(text)["info"]["features"][label]["names"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ()
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return ()
    is_said = names != [str(number) for number in range(len(names))]
    return tuple(safe_text(name, 60) for name in names) if is_said else ()
