from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan.data.tables.numbers import parse

ROWS: dict[bytes, Any] = {
    b"1,2\n30,255\n": [[1, 2], [30, 255]],
    b"0,0\n": [[0, 0]],
    b"007,256\n": [[7, 256]],
    b"999,1\n": [[999, 1]],
    b"1000,1\n": [[1000, 1]],
    b"-1,0.5\n1e2,.5\n": [[-1, 0.5], [100, 0.5]],
}


@pytest.mark.parametrize("text", ROWS)
def test_rows_are_parsed(text: bytes) -> None:
    found = parse(text, 2)

    assert found is not None
    assert found.tolist() == ROWS[text]


def test_small_whole_numbers_take_a_byte() -> None:
    found = parse(b"0,255\n", 2)

    assert found is not None
    assert found.dtype == np.uint8


@pytest.mark.parametrize(
    "text", [b"1\n", b"1,2,3\n", b"1,2\n3\n", b"1,2,3\n4\n", b",1\n", b"1,\n", b"a,1\n", b"1,,2\n"]
)
def test_rows_that_are_not_alike_are_not_parsed(text: bytes) -> None:
    assert parse(text, 2) is None


@given(st.lists(st.lists(st.integers(0, 1200), min_size=3, max_size=3), min_size=1, max_size=20))
def test_any_whole_numbers_are_parsed_as_python_does(rows: list[list[int]]) -> None:
    text = "".join(f"{','.join(map(str, row))}\n" for row in rows)

    found = parse(text.encode(), 3)

    assert found is not None
    assert found.tolist() == rows


@given(
    st.lists(
        st.from_regex(r"-?([0-9]{1,16}\.?[0-9]{0,8}|\.[0-9]{1,8})", fullmatch=True),
        min_size=2,
        max_size=2,
    )
)
def test_decimals_are_rounded_as_python_does(numbers: list[str]) -> None:
    found = parse(f"{','.join(numbers)}\n".encode(), 2)

    assert found is not None
    assert found.tolist() == [[float(number) for number in numbers]]


@given(st.text("0123456789,\n.-e", max_size=40))
def test_no_text_is_parsed_otherwise_than_by_python(text: str) -> None:
    lines = [line.split(",") for line in text.split("\n")[:-1]]
    try:
        expected = [[float(a), float(b)] for a, b in lines]
    except ValueError:
        expected = None

    found = parse(text.encode(), 2) if text.endswith("\n") and lines else None

    if text.endswith("\n") and lines:
        assert (None if found is None else found.tolist()) == expected
