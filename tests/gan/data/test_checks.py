from __future__ import annotations

from pathlib import Path

import pytest

from gan.data.checks import (
    MAX_BYTES,
    MAX_IMAGES,
    reading,
    refuse,
    require_count,
    require_no_name,
    require_plausible,
)
from gan.errors import DataError

HERE = Path("some.file")


def test_a_name_in_a_file_that_has_none_is_refused() -> None:
    require_no_name(HERE, "")

    with pytest.raises(
        DataError, match="the name x of something in it, expected a file of several"
    ):
        require_no_name(HERE, "x")


@pytest.mark.parametrize("count", [-1, 0, MAX_IMAGES + 1])
def test_no_images_and_too_many_are_refused(count: int) -> None:
    with pytest.raises(DataError, match=f"received {count} images, expected 1 to {MAX_IMAGES}"):
        require_count(HERE, count)


def test_the_minimum_and_the_maximum_are_accepted() -> None:
    require_count(HERE, 1)
    require_count(HERE, MAX_IMAGES)


def test_a_small_file_may_unpack_into_a_little(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x")

    require_plausible(path, 64 * 2**20)


def test_a_small_file_may_not_unpack_into_a_lot(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * 400_000)

    require_plausible(path, 80_000_000)
    with pytest.raises(DataError, match="a file of 400000 bytes that claims to unpack to 80000001"):
        require_plausible(path, 80_000_001)


def test_no_file_may_unpack_past_the_bound() -> None:
    with pytest.raises(DataError, match=f"expected at most {MAX_BYTES}"):
        require_plausible(HERE, MAX_BYTES + 1)


def test_a_refusal_names_the_file_what_it_has_and_what_was_expected() -> None:
    assert (
        str(refuse(Path("a/b.npz"), "3 labels", "4")) == "a/b.npz: received 3 labels, expected 4."
    )


def test_control_characters_do_not_reach_the_message() -> None:
    message = str(refuse(Path("\x1b[31mred\n"), "two\nlines", "a\u202eb"))

    assert message.isprintable()
    assert r"\x1b[31mred" in message


def test_a_path_is_never_cut() -> None:
    path = Path("x" * 4000, "digits.npz")

    assert str(refuse(path, "3 labels", "4")).startswith(f"{path}: ")


def test_an_error_of_the_system_becomes_a_refusal_that_says_it() -> None:
    gone = Path("gone")
    expected = pytest.raises(DataError, match=r"^gone: .*No such file or directory")

    with expected as caught, reading(gone):
        gone.read_bytes()

    assert isinstance(caught.value.__cause__, FileNotFoundError)
