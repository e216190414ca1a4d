"""Files by their names."""

from __future__ import annotations

from pathlib import Path

import pytest

from gan.data.opening.path_list import PathList

A, B = Path("/a"), Path("/b")
LIST = PathList((A, ["1", "2"]), (A / "none", []), (B, ["3"]))
PATHS = [A / "1", A / "2", B / "3"]


def test_it_is_like_a_list_of_paths() -> None:
    assert list(LIST) == PATHS
    assert [LIST[index] for index in range(3)] == PATHS
    assert LIST[-1] == B / "3"
    assert LIST[1:] == PATHS[1:]
    assert len(LIST) == 3
    assert LIST
    assert not PathList((A, []))


def test_there_is_nothing_beyond_its_end() -> None:
    with pytest.raises(IndexError):
        LIST[3]


def test_several_are_joined_in_their_order() -> None:
    assert list(PathList.joined([PathList((B, ["3"])), LIST])) == [B / "3", *PATHS]
