"""Latents from a file: what is read, and what is refused in a sentence."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gan.errors import UsageError
from gan.session.latents_file import read_latents

if TYPE_CHECKING:
    from pathlib import Path

LATENTS = np.random.default_rng(0).standard_normal((5, 3), np.float32)


@pytest.mark.parametrize("dtype", ["<f2", "<f4", "<f8", ">f4"])
def test_an_array_of_any_floats_is_read(tmp_path: Path, dtype: str) -> None:
    np.save(tmp_path / "a.npy", LATENTS.astype(dtype))
    np.testing.assert_array_equal(read_latents(tmp_path / "a.npy", 3), LATENTS.astype(dtype))


def test_an_array_stays_in_its_file(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", LATENTS)
    assert isinstance(read_latents(tmp_path / "a.npy", 3), np.memmap)


def test_those_of_an_archive_are_found_by_their_name(tmp_path: Path) -> None:
    """As a run's samples are kept."""
    np.savez(tmp_path / "a.npz", images=np.zeros((5, 28, 28), np.uint8), latents=LATENTS)
    np.testing.assert_array_equal(read_latents(tmp_path / "a.npz", 3), LATENTS)


def test_the_only_array_of_an_archive_needs_no_name(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", z=LATENTS)
    np.testing.assert_array_equal(read_latents(tmp_path / "a.npz", 3), LATENTS)


@pytest.mark.parametrize(
    ("array", "complaint"),
    [
        (np.zeros((5, 4), np.float32), r"received 5 x 4, expected n x 3 floats"),
        (np.zeros(4, np.float32), r"received 4, expected n x 3"),
        (np.zeros((0, 3), np.float32), r"received 0 x 3"),
        (np.zeros((5, 3), np.int64), r"received int64"),
        (np.array([["a", "b", "c"]]), r"received <U1"),
        (np.float32(1), r"received one number"),
    ],
)
def test_another_array_is_refused(tmp_path: Path, array: Any, complaint: str) -> None:
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(UsageError, match=complaint):
        read_latents(tmp_path / "a.npy", 3)


def test_arrays_of_other_names_are_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", one=LATENTS, two=LATENTS)
    with pytest.raises(UsageError, match=r"received one, two, expected one array or one named"):
        read_latents(tmp_path / "a.npz", 3)


def test_one_vector_is_a_row(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", LATENTS[0])
    np.testing.assert_array_equal(read_latents(tmp_path / "a.npy", 3), LATENTS[:1])


@pytest.mark.parametrize("broken", [np.nan, np.inf, 1e300])
def test_numbers_that_float32_does_not_have_are_refused_by_their_row(
    tmp_path: Path, broken: float
) -> None:
    latents = np.zeros((20_600, 3))
    latents[20_550, 1] = broken
    np.save(tmp_path / "a.npy", latents)
    with pytest.raises(UsageError, match=r"a\.npy: row 20,550 is not finite in float32"):
        read_latents(tmp_path / "a.npy", 3)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "an empty file"),
        (b"1,2,3", "a file of another format"),
        (b"\x93NUMPY", "a .npy file that is damaged or cut short"),
        (b"PK\x03\x04 and no more", "a damaged or incomplete archive"),
        (pickle.dumps([1, 2]), "a file of another format"),
    ],
    ids=["empty", "text", "header", "zip", "pickle"],
)
def test_a_damaged_file_is_refused_and_nothing_is_unpickled(
    tmp_path: Path, content: bytes, fault: str
) -> None:
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(UsageError, match=f"received {fault}.*, expected a .npy file") as refused:
        read_latents(tmp_path / "a.npy", 3)
    # NumPy's own words name a keyword that would run what is in the file.
    assert "pickle" not in str(refused.value)


def test_a_file_that_claims_more_than_it_holds_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((10_000, 3), np.float32))
    with (tmp_path / "a.npy").open("r+b") as file:
        file.truncate(2000)
    with pytest.raises(UsageError, match="damaged or cut short"):
        read_latents(tmp_path / "a.npy", 3)


def test_a_missing_file_and_a_folder_are_bad_options(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.npy: there is no such file, expected a .npy"):
        read_latents(tmp_path / "none.npy", 3)
    with pytest.raises(UsageError, match="received no regular file"):
        read_latents(tmp_path, 3)
