from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from gan.data.data_file import DiskFile
from gan.data.extras.parquet import read_parquet
from gan.data.reading_options import ReadingOptions
from gan.errors import DataError
from tests.gan.data.making import digits, ignore, write

if TYPE_CHECKING:
    from pathlib import Path

    from gan.data.image_set import Arrays

LABELS = [5, 0, 4, 1, 9]


def images() -> Any:
    """Digits on black."""
    shades = digits()
    shades[:, :6] = shades[:, -6:] = 0
    return shades


def pictures() -> list[bytes]:
    encoded = []
    for image in images():
        buffer = io.BytesIO()
        Image.fromarray(image).save(buffer, "png")
        encoded.append(buffer.getvalue())
    return encoded


def parquet_bytes(columns: dict[str, Any], metadata: dict[str, Any] | None = None) -> bytes:
    arrow = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    table = arrow.table(columns)
    if metadata is not None:
        table = table.replace_schema_metadata({"huggingface": json.dumps(metadata)})
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return buffer.getvalue()


def read(path: Path, columns: dict[str, Any], **options: Any) -> Arrays:
    write(path / "a.parquet", parquet_bytes(columns, options.pop("metadata", None)))
    return read_parquet(DiskFile(path / "a.parquet"), ignore, ReadingOptions(**options))


FORMS: dict[str, Any] = {
    "a record": lambda: {"image": [{"bytes": data, "path": None} for data in pictures()]},
    "bytes": lambda: {"img": pictures()},
    "rows of numbers": lambda: {"pixels": images().reshape(5, 784).tolist()},
    "lists of rows": lambda: {"image": images().tolist()},
    "columns of pixels": lambda: {
        f"pixel{n}": column for n, column in enumerate(images().reshape(5, 784).T.tolist())
    },
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
@pytest.mark.parametrize("label", ["label", "class", ""])
def test_images_are_read_in_each_form(tmp_path: Path, form: Any, label: str) -> None:
    columns = {**({label: LABELS} if label else {}), **form()}

    found = read(tmp_path, columns)

    assert np.array_equal(found.images, images())
    assert (None if found.labels is None else found.labels.tolist()) == (LABELS if label else None)


def test_labels_may_be_words(tmp_path: Path) -> None:
    words = ["shoe", "bag", "shoe", "coat", "bag"]

    found = read(tmp_path, {"image": pictures(), "label": words})

    assert found.labels is not None
    assert [found.class_names[label] for label in found.labels] == words


def test_the_names_of_classes_are_those_of_the_hub(tmp_path: Path) -> None:
    names = [f"garment {n}" for n in range(10)]
    metadata = {"info": {"features": {"label": {"names": names}}}}

    found = read(tmp_path, {"image": pictures(), "label": LABELS}, metadata=metadata)

    assert found.class_names == tuple(names)


def test_a_picture_that_cannot_be_decoded_is_passed_over_by_its_row(tmp_path: Path) -> None:
    encoded = pictures() * 40
    encoded[7] = b"broken"

    found = read(tmp_path, {"image": encoded, "label": LABELS * 40})

    assert len(found.images) == 199
    assert found.labels is not None
    assert found.labels.tolist() == (LABELS * 40)[:7] + (LABELS * 40)[8:]
    assert any("row 7" in note.text for note in found.notes)


def test_the_column_that_was_named_is_read(tmp_path: Path) -> None:
    columns = {"image": pictures(), "other": list(reversed(pictures()))}

    found = read(tmp_path, columns, array="other")

    assert np.array_equal(found.images, images()[::-1])


BAD: dict[str, tuple[Any, str]] = {
    "no images": (lambda: {"text": ["a"], "label": [1]}, "received columns text .*, expected n x"),
    "several": (lambda: {"a": pictures(), "b": pictures()}, "the name of one, as in --data"),
    "no rows": (lambda: {"image": [b"a"][:0], "label": [1][:0]}, "expected"),
    "paths": (
        lambda: {"image": [{"bytes": data, "path": "a.png"} for data in (*pictures()[:2], None)]},
        "no picture in row 2",
    ),
    "ragged": (lambda: {"image": [[1] * 784, [1] * 783]}, "images of different sizes"),
    "a hole": (lambda: {"image": [[1] * 784, None]}, "a row without an image"),
}


@pytest.mark.parametrize(("columns", "message"), BAD.values(), ids=BAD.keys())
def test_a_bad_file_is_refused(tmp_path: Path, columns: Any, message: str) -> None:
    pytest.importorskip("pyarrow")

    with pytest.raises(DataError, match=message) as caught:
        read(tmp_path, columns())

    assert str(caught.value).isprintable()


def test_labels_that_some_rows_lack_are_left_out(tmp_path: Path) -> None:
    found = read(tmp_path, {"image": pictures(), "label": [1, 2, None, 4, 5]})

    assert found.labels is None
    assert "some rows have none" in found.notes[-1].text


def test_a_cut_file_is_refused(tmp_path: Path) -> None:
    content = parquet_bytes({"image": pictures()})
    path = write(tmp_path / "a.parquet", content[:-200])

    with pytest.raises(DataError, match="a damaged Parquet file"):
        read_parquet(DiskFile(path), ignore)


def test_rows_that_unpack_to_too_much_are_refused(tmp_path: Path) -> None:
    content = parquet_bytes({"image": [bytes(2**20)] * 300})
    path = write(tmp_path / "a.parquet", content)

    with pytest.raises(DataError, match="more than is plausible"):
        read_parquet(DiskFile(path), ignore)


def test_without_pyarrow_the_line_that_installs_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    path = write(tmp_path / "a.parquet", b"PAR1")

    with pytest.raises(DataError, match=r"pip install 'gan-tui\[parquet\]'"):
        read_parquet(DiskFile(path), ignore)


@pytest.mark.parametrize("place", ["first", "last"])
def test_labels_of_columns_that_are_numbered_are_found_by_their_values(
    place: str, tmp_path: Path
) -> None:
    rows = images().reshape(5, -1)
    both = [np.array(LABELS)[:, np.newaxis], rows]
    values = np.hstack(both if place == "first" else both[::-1])
    content = parquet_bytes({str(n): values[:, n] for n in range(values.shape[1])})

    found = read_parquet(DiskFile(write(tmp_path / "a.parquet", content)), ignore)

    assert np.array_equal(found.images, images())
    assert found.labels is not None
    assert found.labels.tolist() == LABELS
    assert any(f"the labels are the {place} column" in note.text for note in found.notes)


def test_numbers_of_rows_are_no_labels(tmp_path: Path) -> None:
    content = parquet_bytes(
        {"image": [{"bytes": one} for one in pictures()], "__index_level_0__": [4, 8, 2, 3, 9]}
    )

    assert read_parquet(DiskFile(write(tmp_path / "a.parquet", content)), ignore).labels is None
