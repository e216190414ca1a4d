"""Which forms of a row's parts fit into its cells."""

from __future__ import annotations

import itertools

import pytest
from rich.cells import cell_len

from tui.render.fitting import clipped, fit, shortened

PARTS = [["", "step 9"], ["", "ETA 1:00", "ETA 1:00:00"], ["", "x1"]]


def shown(width: int, *, skip: bool = False) -> list[str]:
    return fit(PARTS, width, len, skip=skip)


@pytest.mark.parametrize(
    ("width", "forms"),
    [
        (99, ["step 9", "ETA 1:00:00", "x1"]),
        (18, ["step 9", "ETA 1:00", "x1"]),
        (14, ["step 9", "ETA 1:00", ""]),
        (13, ["step 9", "", ""]),
        (5, ["", "", ""]),
        (0, ["", "", ""]),
    ],
)
def test_the_most_important_parts_stay_longest(width: int, forms: list[str]) -> None:
    assert shown(width) == forms


def test_a_part_that_does_not_fit_keeps_less_important_ones_out() -> None:
    assert shown(8) == ["step 9", "", ""]


def test_if_parts_may_be_skipped_a_less_important_one_takes_the_room() -> None:
    assert shown(8, skip=True) == ["step 9", "", "x1"]


def test_every_part_is_shown_briefly_before_any_is_shown_in_full() -> None:
    parts = [["", "a", "a in full"], ["", "b", "b in full"]]

    assert fit(parts, 3, len) == ["a", "b"]
    assert fit(parts, 10, len) == ["a in full", "b"]


def test_the_first_form_is_shown_even_without_room_for_it() -> None:
    assert fit([["needed", "needed, and more"]], 3, len) == ["needed"]
    assert fit([["needed"], ["", "more"]], 9, len) == ["needed", ""]


def test_no_parts_are_no_forms() -> None:
    assert fit([], 9, len) == []


@pytest.mark.parametrize("skip", [False, True])
def test_what_is_chosen_always_fits(skip: bool) -> None:
    for width in range(40):
        assert sum(map(len, shown(width, skip=skip))) <= width


@pytest.mark.parametrize("skip", [False, True])
def test_more_room_never_shows_less(skip: bool) -> None:
    sizes = [sum(map(len, shown(width, skip=skip))) for width in range(40)]

    assert all(larger >= smaller for smaller, larger in itertools.pairwise(sizes))


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("digits", 6, "digits"),
        ("digits", 5, "digi…"),
        ("two words", 5, "two…"),
        ("数字生成", 5, "数字…"),
        ("digits", 1, "…"),
        ("digits", 0, ""),
    ],
)
def test_what_is_cut_ends_in_an_ellipsis(text: str, width: int, shown: str) -> None:
    assert clipped(text, width) == shown


@pytest.mark.parametrize(
    ("names", "width", "cut"),
    [
        (["00001-mlp-mnist"], 15, ["00001-mlp-mnist"]),
        (["00001-mlp-fashion_mnist"], 16, ["00001-m…on_mnist"]),
        (["00001-dcgan-mnist", "2"], 9, ["0000…nist", "2"]),
        (["sweep-lr-0.1-of-mnist", "sweep-lr-0.2-of-mnist"], 14, None),
        (["手書き数字の学習その一", "手書き数字の学習その二"], 10, ["手書…の一", "手書…の二"]),
        (["00001-mlp-mnist"], 0, ["…"]),
    ],
    ids=["whole", "cut", "short", "middle", "wide", "no-room"],
)
def test_names_are_cut_in_the_middle(names: list[str], width: int, cut: list[str] | None) -> None:
    found = shortened(names, width)

    assert cut is None or found == cut
    assert len(set(found)) == len(names)
    assert all(cell_len(text) <= max(width, 1) for text in found)
