from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gan.data.arrays.labels import read_labels, read_words

DIGITS = [5, 0, 4, 1, 9]
SIGNS = np.where(np.eye(10, dtype=int)[DIGITS] == 1, 1, -1)

FORMS: dict[str, Any] = {
    **{kind: np.array(DIGITS, kind) for kind in ("u1", "i1", ">i4", "i8", "u8", "f2", "f8")},
    "a column": np.array(DIGITS)[:, None],
    "a row": np.array(DIGITS)[None],
    "one-hot": np.eye(10)[DIGITS],
    "one-hot of booleans": np.eye(10, dtype=bool)[DIGITS],
    "one-hot, by columns": np.eye(10)[DIGITS].T,
    "one-hot of -1 and 1": SIGNS,
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_labels_are_read_from_any_form(form: Any) -> None:
    read = read_labels(form, 5, "y")

    assert read.labels is not None
    assert read.labels.dtype == np.uint8
    assert read.labels.tolist() == DIGITS
    assert read.notes == ()
    assert read.class_names == ()


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ([300, 0, 300, -7, 0], ("-7", "0", "300")),
        (["b", "a", "b", "10", "2"], ("2", "10", "a", "b")),
        (np.array(["ü", "a", "ü", "b", "a"]).astype("U"), ("a", "b", "ü")),
        ([b"b", b"a", b"b", b"a", b"a"], ("a", "b")),
    ],
)
def test_other_labels_are_numbered_and_their_names_kept(
    values: Any, names: tuple[str, ...]
) -> None:
    read = read_labels(np.array(values), 5, "y")

    assert read.class_names == names
    assert read.labels is not None
    spelled = [names[label] for label in read.labels]
    assert spelled == [v.decode() if isinstance(v, bytes) else str(v) for v in values]
    assert "numbered from 0" in read.notes[0].text


def test_more_than_256_classes_are_numbered_in_wider_labels() -> None:
    read = read_labels(np.arange(1000) * 3, 1000, "y")

    assert read.labels is not None
    assert read.labels.dtype == np.int32
    assert read.labels.tolist() == list(range(1000))


def test_a_name_is_safe_to_show() -> None:
    read = read_labels(np.array(["\x1b[2J", "a"]), 2, "\x1b]0;x\x07")

    assert all(name.isprintable() for name in read.class_names)
    assert read.notes[0].text.isprintable()


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (np.arange(70_000), "70,000 different values"),
        (np.arange(4), "there are 4"),
        (np.array(7), "there are 1"),
        (np.full(70_000, 1e300), "too large"),
        (np.full(70_000, np.inf), "not whole"),
        (np.zeros(70_000, "M8[s]"), r"of type datetime64"),
        (np.eye(70_000, 3), "more than one value for an image"),
        (np.zeros((70_000, 10)), "more than one value for an image"),
    ],
)
def test_labels_without_use_are_left_out(values: Any, why: str) -> None:
    read = read_labels(values, 70_000, "y")

    assert read.labels is None
    assert read.notes[0].is_warning
    assert why in read.notes[0].text


@pytest.mark.parametrize(
    ("words", "labels", "names"),
    [
        (["5", "0", "4.0"], [5, 0, 4], ()),
        (["cat", "dog", "cat"], [0, 1, 0], ("cat", "dog")),
        (["A", "7", "A"], [1, 0, 1], ("7", "A")),
    ],
)
def test_words_may_be_numbers(words: list[str], labels: list[int], names: tuple[str, ...]) -> None:
    read = read_words(words, 3, "in column label")

    assert read.labels is not None
    assert read.labels.tolist() == labels
    assert read.class_names == names
