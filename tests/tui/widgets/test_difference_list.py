"""Every setting that differs, and the runs in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gan.run_facts.comparison import Description
from tui.model.compared_run import ComparedRun
from tui.model.comparison import ComparisonScene
from tui.widgets.difference_list import difference_rows

if TYPE_CHECKING:
    from collections.abc import Sequence


def rows(names: Sequence[str], width: int = 40) -> list[str]:
    about = [Description(name=name, path="", config={}, environment={}) for name in names]
    scene = ComparisonScene(runs=tuple(ComparedRun(description=one) for one in about))
    return [strip.text.rstrip() for strip in difference_rows(scene, width)]


def test_a_long_name_is_there_in_full() -> None:
    long = "00002-dcgan-a-name-that-is-longer-than-a-row-of-the-list"

    shown = rows(["1", long])

    assert " A 1" in shown
    assert shown[-2:] == [f" B {long[:37]}", f"   {long[37:]}"]


def test_short_names_stand_above_the_figures_only() -> None:
    assert " Runs" not in rows(["00001-mlp-mnist", "2"])
