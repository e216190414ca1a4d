"""What the images of a source were before: in words, and of several parts together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gan.data.original import Original, Size, combined

BYTES = Original(smallest=Size(28, 28), largest=Size(28, 28), element="uint8", low=0, high=255)


@pytest.mark.parametrize(
    ("original", "words"),
    [
        (BYTES, "28 x 28 of uint8, 0 to 255"),
        (
            Original(smallest=Size(32, 32), largest=Size(32, 32), channels=3, element="float32",
                     low=-1, high=1),
            "32 x 32 in 3 channels of float32, -1 to 1",
        ),
        (replace(BYTES, low=None, high=None), "28 x 28 of uint8"),
        (Original.of_pictures([Size(28, 28)]), "pictures of 28 x 28"),
        (
            Original.of_pictures([Size(30, 40), Size(8, 9), Size(30, 40), Size(9, 9)]),
            "pictures of 3 sizes, 8 x 9 to 30 x 40",
        ),
    ],
    ids=["bytes", "colours", "on disk", "pictures", "pictures of several sizes"],
)  # fmt: skip
def test_it_is_said_in_words(original: Original, words: str) -> None:
    assert original.described() == words


def test_parts_of_one_type_have_the_values_of_all() -> None:
    other = Original(smallest=Size(28, 28), largest=Size(28, 28), element="uint8", low=3, high=7)

    assert combined([other, BYTES]) == BYTES
    assert combined([BYTES, None]) == BYTES


def test_parts_of_several_sizes_are_as_many_sizes() -> None:
    large = Original(smallest=Size(32, 32), largest=Size(32, 32), element="uint8", low=0, high=9)

    found = combined([large, BYTES])

    assert found is not None
    assert (found.smallest, found.largest, found.sizes) == (Size(28, 28), Size(32, 32), 2)


def test_of_parts_of_different_types_nothing_is_said() -> None:
    assert combined([BYTES, Original.of_pictures([Size(28, 28)])]) is None
    assert combined([None]) is None
