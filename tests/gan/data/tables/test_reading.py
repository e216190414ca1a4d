from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gan.data.data_file import DiskFile
from gan.data.reading_options import ReadingOptions
from gan.data.tables.reading import read_table
from gan.errors import DataError
from tests.gan.data.making import digits, ignore, memory_at_most, write

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from gan.data.image_set import Arrays

LABELS = [5, 0, 4, 1, 9]
PIXELS = [f"pixel{n}" for n in range(784)]


def images() -> Any:
    """Digits with empty corners, as MNIST's have."""
    shades = digits()
    shades[:, 0, 0] = shades[:, -1, -1] = 0
    return shades


def rows(*, label: str = "", separator: str = ",", form: str = "d") -> list[str]:
    """A line for each image."""
    lines = [separator.join(format(v, form) for v in image.ravel().tolist()) for image in images()]
    if label == "first":
        return [f"{n}{separator}{line}" for n, line in zip(LABELS, lines, strict=True)]
    if label == "last":
        return [f"{line}{separator}{n}" for n, line in zip(LABELS, lines, strict=True)]
    return lines


def text(lines: Iterable[str], end: str = "\n") -> bytes:
    return "".join(f"{line}{end}" for line in lines).encode()


def read(tmp_path: Path, content: bytes, name: str = "a.csv", **options: Any) -> Arrays:
    path = write(tmp_path / name, content)
    return read_table(DiskFile(path), ignore, ReadingOptions(**options))


def header(names: Sequence[str], separator: str = ",") -> str:
    return separator.join(names)


WITHOUT_LABELS = {
    "plain": text(rows()),
    "with a header": text([header(PIXELS), *rows()]),
    "with numbered columns": text([header([str(n) for n in range(784)]), *rows()]),
    "without a newline at the end": text(rows())[:-1],
    "with empty lines": text(["", *rows()[:2], "", "", *rows()[2:], ""]),
    "with comments": text(["# made by hand", *rows()]),
    "by tabs": text(rows(separator="\t")),
    "by spaces": text(rows(separator=" ")),
    "by spaces, with one at the end": text(f"{row} " for row in rows(separator=" ")),
    "by several spaces": text(f"   {row}" for row in rows(separator="  ")),
    "with spaces after commas": text(rows(separator=", ")),
    "with a separator at the end": text(f"{row}," for row in rows()),
    "with a header and separators at the end": text(f"{row}," for row in [header(PIXELS), *rows()]),
    "beside an identifier": text(
        [header(["id", *PIXELS]), *(f"{7 * n % 5},{row}" for n, row in enumerate(rows()))]
    ),
    "beside the number of the row": text(f"{n},{row}" for n, row in enumerate(rows())),
    "quoted": text(f'"{row}"' for row in rows(separator='","')),
    "floats": text(rows(form=".3f")),
    "exponents": text(rows(form=".6e", separator="   ")),
}


@pytest.mark.parametrize("content", WITHOUT_LABELS.values(), ids=WITHOUT_LABELS.keys())
def test_rows_of_pixels_are_images(tmp_path: Path, content: bytes) -> None:
    found = read(tmp_path, content)

    assert np.array_equal(found.images, images())
    assert found.labels is None


WITH_LABELS = {
    "first": text(rows(label="first")),
    "last": text(rows(label="last")),
    "first, with a header": text([header(["label", *PIXELS]), *rows(label="first")]),
    "last, with a header": text([header([*PIXELS, "class"]), *rows(label="last")]),
    "of an unusual name": text([header(["which", *PIXELS]), *rows(label="first")]),
    "of an unusual name, last": text([header([*PIXELS, "which"]), *rows(label="last")]),
    "beside the number of the row": text(
        [
            header(["", "label", *PIXELS]),
            *(f"{n},{row}" for n, row in enumerate(rows(label="first"))),
        ]
    ),
    "in quotes": text(
        [
            '"label","' + '","'.join(PIXELS) + '"',
            *(f'"{r}"' for r in rows(label="first", separator='","')),
        ]
    ),
    "last, in ARFF": text(
        ["% MNIST", "@RELATION mnist", "@ATTRIBUTE class {0,1}", "@DATA", *rows(label="last")]
    ),
    "by semicolons": text(rows(label="first", separator=";")),
    "with a mark and Windows' newlines": b"\xef\xbb\xbf"
    + text([header(["label", *PIXELS]), *rows(label="first")], "\r\n"),
    "with a header that pandas has made different": text(
        [header(["0", *(f"0.{n}" for n in range(1, 785))]), *rows(label="first")]
    ),
    "floats, last": text(rows(label="last", separator="   ")).replace(b"   5\n", b"   5.0\n"),
    "gzipped": gzip.compress(text(rows(label="first"))),
}


@pytest.mark.parametrize("content", WITH_LABELS.values(), ids=WITH_LABELS.keys())
def test_a_column_of_labels_is_found(tmp_path: Path, content: bytes) -> None:
    found = read(tmp_path, content)

    assert np.array_equal(found.images, images())
    assert found.labels is not None
    assert found.labels.tolist() == LABELS


@pytest.mark.parametrize("place", ["first", "last"])
@pytest.mark.parametrize("head", [True, False])
def test_labels_may_be_words(tmp_path: Path, place: str, head: bool) -> None:
    words = ["shoe", "bag", "shoe", "coat", "bag"]
    lines = [
        f"{word},{row}" if place == "first" else f"{row},{word}"
        for word, row in zip(words, rows(), strict=True)
    ]
    names = ["label", *PIXELS] if place == "first" else [*PIXELS, "label"]

    found = read(tmp_path, text([header(names), *lines] if head else lines))

    assert np.array_equal(found.images, images())
    assert found.labels is not None
    assert [found.class_names[label] for label in found.labels] == words


def test_a_label_may_be_the_first_word_after_many_numbers(tmp_path: Path) -> None:
    """A table of several pieces, of which only the last has a word."""
    lines = [row for _ in range(60) for row in rows(label="first")]
    lines[-1] = "nine" + lines[-1][1:]

    found = read(tmp_path, text([header(["label", *PIXELS]), *lines]))

    assert found.class_names == ("0", "1", "4", "5", "9", "nine")
    assert found.labels is not None
    assert [found.class_names[label] for label in found.labels[-3:]] == ["4", "1", "nine"]


def test_labels_that_are_last_are_found_in_a_table_that_is_sorted_by_them(tmp_path: Path) -> None:
    """The first piece of it has one class, so that it doesn't tell."""
    pixels = [",".join(map(str, image.ravel())) for image in images()]
    lines = [f"{pixels[n % 5]},{n // 200}" for n in range(600)]

    found = read(tmp_path, text(lines))

    assert np.array_equal(found.images, np.resize(images(), (600, 28, 28)))
    assert found.labels is not None
    assert found.labels.tolist() == [n // 200 for n in range(600)]


def test_all_pixels_may_be_in_one_column(tmp_path: Path) -> None:
    lines = [f'{n},"{row}",Training' for n, row in zip(LABELS, rows(separator=" "), strict=True)]

    found = read(tmp_path, text(["emotion,pixels,Usage", *lines]))

    assert np.array_equal(found.images, images())
    assert found.labels is not None
    assert found.labels.tolist() == LABELS


def test_zeros_and_ones_are_black_and_white(tmp_path: Path) -> None:
    bits = (images() > 127).astype(int)
    lines = (" ".join(map(str, image.ravel())) for image in bits)

    found = read(tmp_path, text(lines), "binarized.amat")

    assert np.array_equal(found.images, bits * 255)
    assert "0 and 1" in found.notes[0].text


def test_other_sizes_are_fitted_unless_they_are_refused(tmp_path: Path) -> None:
    content = text(",".join(map(str, [label, *[16.0] * 32, *[0] * 32])) for label in LABELS)

    found = read(tmp_path, content)

    assert found.images.shape == (5, 28, 28)
    assert any("8 x 8" in note.text for note in found.notes)
    with pytest.raises(DataError, match="images of 8 x 8 pixels, expected 28 x 28"):
        read(tmp_path, content, exact_size=True)


def test_the_images_of_emnist_are_turned_upright(tmp_path: Path) -> None:
    lines = (",".join(map(str, image.T.ravel())) for image in images())

    found = read(tmp_path, text(lines), "emnist-letters-train.csv")

    assert np.array_equal(found.images, images())
    assert any("turned upright" in note.text for note in found.notes)


def test_types_may_change_between_pieces(tmp_path: Path) -> None:
    """A table of 1.2 MB, in which the last row alone has fractions."""
    shades = np.random.default_rng(0).integers(0, 256, (500, 784))
    content = text([*(",".join(map(str, row)) for row in shades), ",".join(["0.5"] * 784)])

    found = read(tmp_path, content)

    assert np.array_equal(found.images[:-1].reshape(-1, 784), shades)
    assert found.images[-1].max() == 0


BAD = {
    "empty": (b"", "a table without rows"),
    "only a header": (text([header(["label", *PIXELS])]), "a header and no rows"),
    "few columns": (b"1,2,3\n4,5,6\n", "received 3 columns, expected 785"),
    "prose": (b"Once upon a time,\nthere was a digit.\n", "received .* columns, expected 785"),
    "a short row": (
        text([*rows(), rows()[0][2:]]).replace(b"\n\n", b"\n"),
        r"received 78\d values near line 6, expected 784",
    ),
    "a long row": (text([*rows(), rows()[0] + ",1"]), "received 785 values near line 6"),
    "a word": (text([*rows(), "?" + rows()[0]]), r"received '\?.*' in column 1 near line 6"),
    "an empty value": (text([*rows(), ",".join([""] * 784)]), "received '' in column 1 near"),
    "a NaN": (text([*rows(), ",".join(["nan"] * 784)]), "nan in image 5"),
    "bytes": (text(rows()) + b"\0", "bytes that are not text"),
    "UTF-16": (b"\xff\xfe" + "1,2\n".encode("utf-16-le"), "text in UTF-16, expected UTF-8"),
    "one value": (text([",".join(["7"] * 784)]), "images of one value"),
}


@pytest.mark.parametrize(("content", "message"), BAD.values(), ids=BAD.keys())
def test_a_bad_table_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        read(tmp_path, content)

    assert str(caught.value).isprintable()


def test_a_bomb_is_not_inflated(tmp_path: Path) -> None:
    """100 MB of zeros in 100 kB."""
    bomb = gzip.compress((b"0," * 783 + b"0\n") * 64_000, compresslevel=9)

    with (
        memory_at_most(80_000_000),
        pytest.raises(DataError, match="unpacks to more than is plausible"),
    ):
        read(tmp_path, bomb)


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    with memory_at_most(60_000_000), pytest.raises(DataError, match="a line of more than"):
        read(tmp_path, b"0," * 8_000_000)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["5 153:0.0117 154:0.07", "0 128:0.2"], r"the sparse text of libsvm .*load_svmlight_file"),
        (["5 153:3 154:18 155:18 "] * 3, "the sparse text of libsvm"),
        (rows(separator=";", form=".3f"), None),
        ([line.replace(".", ",") for line in rows(separator=";", form=".3f")], "decimal commas"),
        ([line.replace(".", ",") for line in rows(separator="\t", form=".3f")], "decimal commas"),
        ([line.replace(".", ",") for line in rows(label="first", separator=";", form=".2f")],
         "decimal commas, as in 0,5, expected decimal points"),
    ],
    ids=["libsvm", "libsvm of integers", "points", "decimal commas", "with tabs", "labelled"],
)  # fmt: skip
def test_another_notation_is_refused_by_what_it_is(
    tmp_path: Path, lines: Sequence[str], message: str | None
) -> None:
    if message is None:
        assert len(read(tmp_path, text(lines)).images) == 5
        return
    with pytest.raises(DataError, match=message):
        read(tmp_path, text(lines))


@pytest.mark.parametrize("label", ["", "first"])
def test_a_header_longer_than_what_is_read_at_once_is_a_header(tmp_path: Path, label: str) -> None:
    names = [f"a very long name of a pixel of an image{'.' * 300} {n}" for n in range(784)]
    names = ["label", *names] if label else names

    found = read(tmp_path, text([header(names), *rows(label=label)]))

    assert np.array_equal(found.images, images())
    assert (found.labels is None) == (not label)
