"""Reads a table of text in which each row is an image, perhaps with its label."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gan.data.arrays.conforming import conform
from gan.data.arrays.labels import ReadLabels, read_labels, read_words
from gan.data.arrays.raw import BlockArray, Gathered, narrowed
from gan.data.arrays.reading import guessed_column, with_labels
from gan.data.arrays.shapes import label_column
from gan.data.checks import MAX_IMAGES, refuse, require_no_name
from gan.data.emnist import is_emnist
from gan.data.reading_options import DEFAULT_READING, ReadingOptions
from gan.data.tables.columns import (
    Columns,
    columns_of,
    is_header,
    is_number,
    require_dense,
    separator_of,
    split,
)
from gan.data.tables.lines import pieces
from gan.data.tables.numbers import parse
from gan.hints.quoting import brief

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from gan.data.data_file import DataFile
    from gan.data.image_set import Arrays, Note, Progress

_COMMENTS: Final = (b"#", b"%", b"@")
"""What lines begin with that hold no values; the last two are those of ARFF."""
_ENOUGH: Final = 2
"""Lines of values that tell a header from a row."""

_EXPECTED: Final = "a table with an image in each row"


def read_table(
    file: DataFile, progress: Progress, options: ReadingOptions = DEFAULT_READING
) -> Arrays:
    """Read a table: 784 numbers a row, or those of another size, with or without a label.

    Values are apart by commas, tabs, semicolons, bars or spaces. There may be a header. The label
    is first, last, or in a column that the header names.

    Args:
        file: The table.
        progress: Called after every piece; counts bytes.
        options: How it is read.

    Raises:
        DataError: It can't be read, has other columns, or a row that differs from the others; the
            message names the line.
    """
    require_no_name(file.path, options.array)
    table = _Table(file.path)
    with file.opened() as stream:
        for piece in pieces(file, stream, progress):
            table.add(piece)
    table.finish()
    if not table.count:
        raise refuse(file.path, "a table without rows", _EXPECTED)
    raw = table.images()
    conformed = conform(file.path, raw, progress, options, is_transposed=is_emnist(file.name))
    return with_labels(conformed.arrays(*table.notes()), table.labels())


@dataclass
class _Table:
    """The rows read so far."""

    path: Path
    pixels: Gathered = field(default_factory=Gathered)
    count: int = 0
    _columns: Columns | None = None
    _separator: bytes = b","
    _ends_in_separator: bool = False
    """Whether each line does."""

    _labels: list[npt.NDArray[Any]] = field(default_factory=list)
    _words: list[str] = field(default_factory=list)
    _begun_with: bytes = b""
    """The beginning, until it has two lines of values."""

    _line: int = 0
    """Lines before the piece that is added."""

    def add(self, piece: bytes) -> None:
        """Read some lines; the first only once a row is there too, as a header may be very long."""
        if self._columns is None:
            piece = self._begun_with + piece
            if sum(map(_has_values, piece.split(b"\n"))) < _ENOUGH:
                self._begun_with = piece
                return
        self._add(piece)

    def finish(self) -> None:
        """Read what `add` has kept."""
        if self._columns is None and self._begun_with:
            self._add(self._begun_with)

    def _add(self, piece: bytes) -> None:
        lines = piece.count(b"\n")
        text = self._begun(piece) if self._columns is None else piece
        if self._columns is not None and text:
            if self._ends_in_separator:
                text = text.replace(self._separator + b"\n", b"\n")
            self._read(text, self._columns)
        self._line += lines

    def images(self) -> BlockArray:
        """The pixels of all rows.

        If the first rows, perhaps of one class, told wrongly where the labels are, all rows decide.
        """
        raw = BlockArray("", self.pixels.pieces())
        columns = self._columns
        if columns is None or not columns.is_guessed or columns.has_words:
            return raw
        was_first = columns.label == 0
        labels = np.concatenate(self._labels)
        ends = [0, -2, -1] if was_first else [0, 1, -1]
        corners = np.concatenate([block[:, ends] for block in raw.blocks(_ignore)])
        known = [labels, corners] if was_first else [corners, labels]
        if (label_column(np.column_stack(known)) == 0) == was_first:
            return raw
        pixels = raw.whole(_ignore)
        if was_first:
            self._labels = [corners[:, -1]]
            label, rows = columns.count - 1, np.insert(pixels[:, :-1], 0, labels, axis=1)
        else:
            self._labels = [corners[:, 0]]
            label, rows = 0, np.append(pixels[:, 1:], labels[:, np.newaxis], axis=1)
        self._columns = replace(columns, label=label, label_name=f"column {label + 1}")
        return BlockArray("", [narrowed(rows)])

    def notes(self) -> list[Note]:
        """What was guessed."""
        columns = self._columns
        if columns is None or columns.label is None or not columns.is_guessed:
            return []
        return [guessed_column(0 if columns.label == 0 else -1)]

    def labels(self) -> ReadLabels:
        """The labels of all rows, if there is a column of them."""
        columns = self._columns
        if columns is None or columns.label is None:
            return ReadLabels(None)
        name = f"in {columns.label_name}" if columns.label_name else ""
        if columns.has_words:
            return read_words(self._words, self.count, name)
        return read_labels(np.concatenate(self._labels), self.count, name)

    def _begun(self, piece: bytes) -> bytes:
        """Find the columns in the first lines; the piece without what comes before the values."""
        lines = [line for line in piece.split(b"\n") if _has_values(line)]
        if not lines:
            return b""
        for line in lines[:2]:
            require_dense(self.path, line)
        self._separator = separator_of(lines[0])
        self._ends_in_separator = lines[:2][-1].endswith(self._separator)
        if self._ends_in_separator:
            lines = [line.removesuffix(self._separator) for line in lines]
        rows = [split(line, self._separator) for line in lines[:2]]
        names = rows[0] if is_header(rows[0], rows[1] if len(rows) > 1 else []) else None
        if names is not None:
            lines = lines[1:]
            if not lines:
                raise refuse(self.path, "a table with a header and no rows", _EXPECTED)
        first = split(lines[0], self._separator)
        if names is not None and len(names) == len(first) - 1:
            # R leaves the name of the first column out, that of the rows.
            names = ["", *names]
        text = b"\n".join(lines) + b"\n"
        sample = parse(self._with_commas(text), len(first))
        self._columns = columns_of(self.path, names, first, sample)
        return text

    def _read(self, text: bytes, columns: Columns) -> None:
        if columns.has_words:
            values = parse(self._cut(text, columns), columns.pixels)
            first, last = 0, columns.pixels
        else:
            text = self._with_commas(text)
            values = parse(text, columns.count)
            if values is None and b"\n\n" in text:
                text = b"\n".join(line for line in text.split(b"\n") if line) + b"\n"
                values = parse(text, columns.count) if text.strip() else None
            first, last = columns.first, columns.last
        if values is None:
            if not text.strip():
                return
            if columns.label is not None and not columns.has_words:
                self._read_with_words(text, columns)
                return
            raise self._refused(text, columns)
        self.count += len(values)
        if self.count > MAX_IMAGES:
            raise refuse(self.path, f"more than {MAX_IMAGES} images", f"1 to {MAX_IMAGES}")
        self.pixels.add(narrowed(values[:, first:last]))
        if columns.label is not None and not columns.has_words:
            self._labels.append(values[:, columns.label].copy())

    def _read_with_words(self, text: bytes, columns: Columns) -> None:
        """Read rows of which a label may be the first that is no number."""
        self._columns = replace(columns, has_words=True)
        self._words = [format(label, "g") for piece in self._labels for label in piece.tolist()]
        self._labels.clear()
        self._separator = b"," if b"," in text else self._separator
        self._read(text, self._columns)

    def _with_commas(self, text: bytes) -> bytes:
        """The text with single commas between values."""
        if b'"' in text:
            text = text.replace(b'"', b"")
        if self._separator == b" ":
            if b"\t" in text or b"  " in text or b" \n" in text or b"\n " in b"\n" + text[:1]:
                return b"".join(b",".join(line.split()) + b"\n" for line in text.split(b"\n")[:-1])
            return text.replace(b" ", b",")
        if b" " in text:
            text = text.replace(b" ", b"")
        return text if self._separator == b"," else text.replace(self._separator, b",")

    def _cut(self, text: bytes, columns: Columns) -> bytes:
        """The pixels alone, with commas between them; labels are kept as words."""
        rows = []
        for line in filter(None, text.split(b"\n")):
            words = line.split(None if self._separator == b" " else self._separator)
            if len(words) != columns.count:
                raise self._refused(text, columns)
            if columns.label is not None:
                word = words[columns.label].decode("utf-8", "replace").strip().strip("\"'")
                self._words.append(word)
            inside = words[columns.first : columns.last]
            if columns.are_joined:
                inside = inside[0].strip(b"\"' ").split()
            rows.append(b",".join(inside) + b"\n")
        return b"".join(rows).replace(b'"', b"").replace(b" ", b"")

    def _refused(self, text: bytes, columns: Columns) -> Exception:
        """The error for the first row that differs."""
        separator = b"," if b"," in text else self._separator
        number = self._line
        for line in text.split(b"\n"):
            number += 1
            words = split(line, separator) if line.strip() else []
            if words and len(words) != columns.count:
                received = f"{len(words)} values near line {number:,}"
                return refuse(self.path, received, f"{columns.count}, as in the first row")
            pixels = [] if columns.are_joined else words[columns.first : columns.last]
            for place, word in enumerate(pixels, columns.first + 1):
                if not is_number(word):
                    received = f"{brief(word)} in column {place} near line {number:,}"
                    return refuse(self.path, received, "a number")
        return refuse(self.path, f"rows near line {self._line + 1:,} that differ", "equal ones")


def _ignore(_what: str, _done: int, _total: int, _unit: str) -> None:
    """What is in memory is not read again."""


def _has_values(line: bytes) -> bool:
    return bool(line.strip()) and not line.startswith(_COMMENTS)
