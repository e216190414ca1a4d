from __future__ import annotations

from pathlib import Path

import pytest

from gan.data.refusal import reading, refuse
from gan.errors import DataError


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
