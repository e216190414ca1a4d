"""What the names of checkpoints say."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan.run.checkpoints import names


@given(st.integers(0, 10**12))
def test_a_step_reads_back_from_its_name(step: int) -> None:
    assert names.step_of(names.name_of(step)) == step


@pytest.mark.parametrize(
    "name",
    [
        *("", "step-", "step-5", "step-000000005", "step-0000005x", "step-00000005\n"),
        *("step-00000005.tmp-1-a", "step-00000005.corrupt", "step-00000005.abandoned-2"),
        *("Step-00000005", "step-00000005.bak", "xstep-00000005"),
    ],
)
def test_no_other_name_is_a_checkpoint(name: str) -> None:
    assert names.step_of(name) is None


@pytest.mark.parametrize("kind", ["tmp", "replaced"])
def test_a_name_for_a_moment_tells_whose_it_is(kind: names.AtWork) -> None:
    name = names.name_at_work("step-00000005", kind)

    assert names.read_at_work(name) == (kind, os.getpid())
    assert names.base_of(name) == "step-00000005"
    assert name != names.name_at_work("step-00000005", kind)


@pytest.mark.parametrize(
    "name", ["step-00000005", "step-00000005.corrupt", "step-00000005.tmp", "notes.tmp-1-a"]
)
def test_nobody_is_at_work_on_other_names(name: str) -> None:
    assert names.read_at_work(name) is None


def test_what_is_set_aside_is_numbered_from_the_second_on() -> None:
    aside = [names.name_aside("step-00000005", "abandoned", number) for number in (1, 2)]

    assert aside == ["step-00000005.abandoned", "step-00000005.abandoned-2"]


def test_only_a_checkpoint_is_corrupt() -> None:
    assert names.is_corrupt(names.name_aside("step-00000005", "corrupt", 2))
    assert not names.is_corrupt("step-00000005.abandoned")
    assert not names.is_corrupt("notes.corrupt")
