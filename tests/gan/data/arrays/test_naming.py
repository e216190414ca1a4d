from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gan.data.arrays.naming import Candidate, choose
from gan.errors import DataError

IMAGE = ((9, 28, 28), np.dtype(np.uint8))
LABEL = ((9,), np.dtype(np.int64))


def arrays(names: str) -> list[Candidate]:
    """Candidates by name: images, and labels with a leading `-`."""
    return [
        Candidate(name[1:], *LABEL) if name.startswith("-") else Candidate(name, *IMAGE)
        for name in names.split()
    ]


CHOICES = {
    "x_test -y_test x_train -y_train": ("x_train", "y_train"),
    "X_train -Y_train X_test -Y_test": ("X_train", "Y_train"),
    "images -labels": ("images", "labels"),
    "test_images -test_labels train_images -train_labels val_images -val_labels": (
        "train_images",
        "train_labels",
    ),
    "data -target images": ("images", "target"),
    "data -label": ("data", "label"),
    "x -y": ("x", "y"),
    "train_x -train_y": ("train_x", "train_y"),
    "trainX -trainY testX -testY": ("trainX", "trainY"),
    "xtrain -ytrain xtest -ytest": ("xtrain", "ytrain"),
    "training_images -training_labels test_images -test_labels": (
        "training_images",
        "training_labels",
    ),
    "train -train_labels test -test_labels": ("train", "train_labels"),
    "dataset/test/images -dataset/test/labels dataset/train/images -dataset/train/labels": (
        "dataset/train/images",
        "dataset/train/labels",
    ),
    "arr_0": ("arr_0", None),
    "arr_0 -arr_1 arr_2 -arr_3": ("arr_0", "arr_1"),
    "letters": ("letters", None),
    "letters -letter_ids": ("letters", "letter_ids"),
    "x_test -y_test": ("x_test", "y_test"),
    "x_train -y_test": ("x_train", None),
    "images -ids -years": ("images", None),
}


@pytest.mark.parametrize("names", CHOICES)
def test_the_images_and_labels_among_arrays(names: str) -> None:
    choice = choose(Path("a.npz"), arrays(names))

    labels = None if choice.labels is None else choice.labels.name
    assert (choice.images.name, labels) == CHOICES[names]


def test_the_only_array_of_mnists_size_is_chosen_and_told() -> None:
    features = Candidate("embeddings", (9, 64), np.dtype(np.float32))

    choice = choose(Path("a.npz"), [features, *arrays("letters")])

    assert choice.images.name == "letters"
    assert "letters" in choice.note


def test_test_images_alone_are_told() -> None:
    assert "there are none to train with" in choose(Path("a.npz"), arrays("x_test")).note


def test_several_that_may_be_are_listed() -> None:
    with pytest.raises(DataError, match=r"one \(9 x 28 x 28, uint8\), other .*a\.npz:NAME"):
        choose(Path("a.npz"), arrays("one other -third"))
