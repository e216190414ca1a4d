"""The table of data sources: what each row reads, and its words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan.config import RunConfig
from gan.data.loader import load
from gan.data.sources import DATA_NAMES, EXPECTED, FORMATS
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


def test_every_source_is_named_in_the_help_and_in_errors(tmp_path: Path) -> None:
    for words in (*DATA_NAMES, *(row.name for row in FORMATS.values())):
        assert words in EXPECTED

    assert EXPECTED in options_of(RunConfig)["data"].help_line
    with pytest.raises(DataError, match=EXPECTED):
        load(str(tmp_path / "missing"), progress=ignore)
