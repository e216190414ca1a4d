"""The table of data sources: what each row reads, and its words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan.config import RunConfig
from gan.data.loader import load
from gan.data.sources import DATA_NAMES, EXPECTED, FORMATS, absolute_source, name_meant
from gan.errors import DataError
from gan.options import options_of
from tests.gan.data.extras.test_matlab import mat_bytes
from tests.gan.data.extras.test_parquet import parquet_bytes
from tests.gan.data.making import digits, idx_bytes, ignore, npy_bytes, npz_bytes, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TABLE = "".join(f"{','.join(map(str, row))}\n" for row in digits(5).reshape(5, 784)).encode()

FILES: dict[str, Callable[[], bytes]] = {
    **dict.fromkeys((".csv", ".tsv", ".txt", ".amat"), lambda: TABLE),
    "": lambda: idx_bytes(digits(5)),
    ".npy": lambda: npy_bytes(digits(5)),
    ".npz": lambda: npz_bytes(images=digits(5)),
    ".parquet": lambda: parquet_bytes({"image": digits(5).tolist()}),
    ".mat": lambda: mat_bytes({"images": digits(5)}),
}


@pytest.mark.parametrize("suffix", FORMATS)
def test_each_row_reads_files_of_its_format(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"digits{suffix}", FILES[suffix]())

    loaded = load(str(path), progress=ignore)

    assert np.array_equal(loaded.images.images, digits(5))
    assert loaded.reason == FORMATS[suffix].description


def test_any_other_suffix_is_read_as_idx(tmp_path: Path) -> None:
    path = write(tmp_path / "digits.other", FILES[""]())

    assert load(str(path), progress=ignore).reason == "an IDX file"


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("mnist", "mnist"),
        ("MNIST", "mnist"),
        ("fashion-mnist", "fashion_mnist"),
        ("FashionMNIST", "fashion_mnist"),
        ("KMNIST", "kmnist"),
        ("K-MNIST", "kmnist"),
        ("EMNIST/Letters", "emnist/letters"),
        ("emnist-letters", "emnist/letters"),
        ("AUTO", "auto"),
        ("mnits", None),
        ("./mnist", None),
        ("", None),
    ],
)
def test_a_name_is_known_in_any_spelling(
    word: str, name: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert name_meant(word) == name
    if name is not None:
        assert absolute_source(word) == name


def test_a_folder_is_found_by_another_spelling_of_a_name_and_not_by_the_name_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """torchvision leaves a folder called MNIST."""
    monkeypatch.chdir(tmp_path)
    for name in ("MNIST", "kmnist"):
        (tmp_path / name).mkdir()

    assert absolute_source("MNIST") == str(tmp_path / "MNIST")
    assert absolute_source("kmnist") == "kmnist"


def test_every_source_is_named_in_the_help_and_in_errors(tmp_path: Path) -> None:
    for words in (
        *(name.split("/")[-1] for name in DATA_NAMES),
        *(row.name for row in FORMATS.values()),
    ):
        assert words in EXPECTED

    assert EXPECTED in options_of(RunConfig)["data"].help_line
    with pytest.raises(DataError, match=EXPECTED):
        load(str(tmp_path / "missing"), progress=ignore)
