from __future__ import annotations

import pytest

from gan.data.layouts.names import (
    Meaning,
    Part,
    Role,
    is_idx_name,
    is_junk,
    meaning,
    part_of_folder,
)


@pytest.mark.parametrize(
    ("name", "family", "part", "role"),
    [
        ("train-images-idx3-ubyte.gz", "", Part.TRAIN, Role.IMAGES),
        ("t10k-labels.idx1-ubyte", "", Part.TEST, Role.LABELS),
        ("emnist-letters-train-images-idx3-ubyte", "emnist letters", Part.TRAIN, Role.IMAGES),
        ("qmnist-test-labels-idx2-int.gz", "qmnist", Part.TEST, Role.LABELS),
        ("xnist-images-idx3-ubyte.xz", "xnist", Part.WHOLE, Role.IMAGES),
        ("train-00000-of-00002.parquet", "", Part.TRAIN, Role.UNKNOWN),
        ("train-00001-of-00002-b42f6a1eab12.parquet", "", Part.TRAIN, Role.UNKNOWN),
        ("0000.parquet", "", Part.WHOLE, Role.UNKNOWN),
        ("fashion-mnist_train.csv", "fashion mnist", Part.TRAIN, Role.UNKNOWN),
        ("kmnist-train-imgs.npz", "kmnist", Part.TRAIN, Role.IMAGES),
        ("kmnist-train-labels.npz", "kmnist", Part.TRAIN, Role.LABELS),
        ("x_train.npy", "", Part.TRAIN, Role.IMAGES),
        ("Y_test.npy", "", Part.TEST, Role.LABELS),
        ("trainImages.npy", "", Part.TRAIN, Role.IMAGES),
        ("Xtrain.npy", "", Part.TRAIN, Role.IMAGES),
        ("train_32x32.mat", "32x32", Part.TRAIN, Role.UNKNOWN),
        ("zip.train.gz", "zip", Part.TRAIN, Role.UNKNOWN),
        ("optdigits.tes", "optdigits", Part.TEST, Role.UNKNOWN),
        ("cat.npy", "cat", Part.WHOLE, Role.UNKNOWN),
    ],
)
def test_a_name_tells_what_a_file_is_for(name: str, family: str, part: Part, role: Role) -> None:
    assert meaning(name) == Meaning(tuple(family.split()), part, role)


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("train", Part.TRAIN),
        ("Training", Part.TRAIN),
        ("trainingSet", Part.TRAIN),
        ("train_images", Part.TRAIN),
        ("test", Part.TEST),
        ("val", Part.VALIDATION),
        ("trainingSample", Part.SAMPLE),
        ("samples", Part.WHOLE),
        ("trainer", Part.WHOLE),
        ("train_station", Part.WHOLE),
        ("train_test", Part.WHOLE),
        ("images", Part.WHOLE),
        ("0", Part.WHOLE),
    ],
)
def test_a_folder_is_a_part_if_its_name_says_nothing_else(name: str, part: Part) -> None:
    assert part_of_folder(name) is part


@pytest.mark.parametrize(
    ("name", "is_idx"),
    [
        ("train-images-idx3-ubyte", True),
        ("train-images.idx3-ubyte.xz", True),
        ("train-labels-idx1-int", True),
        ("train-images.png", False),
        ("idx3-ubyte", False),
    ],
)
def test_idx_files_are_known_by_name(name: str, is_idx: bool) -> None:
    assert is_idx_name(name) is is_idx


@pytest.mark.parametrize(
    ("name", "expected"),
    [(".DS_Store", True), ("__MACOSX", True), ("@eaDir", True), ("0", False), ("_", False)],
)
def test_junk_is_known_by_name(name: str, expected: bool) -> None:
    assert is_junk(name) is expected
