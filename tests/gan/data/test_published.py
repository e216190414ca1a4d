"""The table of published data sets."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from gan.data.published import DATASETS, MNIST
from gan.data.sources import AUTO, DATA_NAMES, SYNTHETIC


def test_each_name_of_a_data_set_has_a_row() -> None:
    assert set(DATASETS) == set(DATA_NAMES) - {AUTO, SYNTHETIC}
    assert all(name == dataset.name for name, dataset in DATASETS.items())


def test_each_file_has_a_checksum_a_size_and_a_place_of_its_own() -> None:
    places = {}
    for dataset in DATASETS.values():
        for copy in dataset.copies:
            assert copy.mirrors
            assert all(mirror.startswith("http") and mirror[-1] == "/" for mirror in copy.mirrors)
            for file in copy.files:
                assert re.fullmatch("[0-9a-f]{64}", file.sha256)
                assert file.size > 10_000
                assert places.setdefault((copy.folder, file.name), file) == file


def test_its_name_is_fit_to_name_a_run() -> None:
    for dataset in DATASETS.values():
        assert re.fullmatch(r"[a-z_]+(-[a-z]+)?", dataset.file_name)


def test_origin_and_checksum_of_mnist_stand_in_the_installed_keras() -> None:
    spec = importlib.util.find_spec("keras")
    assert spec is not None
    assert spec.origin is not None
    source = (Path(spec.origin).parent / "src/datasets/mnist.py").read_text()
    copy = MNIST.copies[0]

    assert f'"{copy.mirrors[0]}"' in source
    assert f'"{copy.files[0].sha256}"' in source
