"""The names in a folder of checkpoints."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan.run.checkpoints import folder


@given(st.integers(0, 10**12))
def test_a_step_reads_back_from_its_name(step: int) -> None:
    assert folder.step_of(folder.name_of(step)) == step


@pytest.mark.parametrize(
    "name",
    [
        *("", "step-", "step-5", "step-000000005", "step-0000005x", "step-00000005\n"),
        *("step-00000005.tmp-1-a", "step-00000005.corrupt", "step-00000005.abandoned-2"),
        *("Step-00000005", "step-00000005.bak", "xstep-00000005"),
    ],
)
def test_no_other_name_is_a_checkpoint(name: str) -> None:
    assert folder.step_of(name) is None


@pytest.mark.parametrize("kind", ["tmp", "replaced"])
def test_a_temporary_name_says_which_process_made_it(kind: folder.InProgress) -> None:
    name = folder.temporary_name("step-00000005", kind)

    assert folder.read_temporary(name) == (kind, os.getpid())
    assert folder.base_of(name) == "step-00000005"
    assert name != folder.temporary_name("step-00000005", kind)


@pytest.mark.parametrize(
    "name", ["step-00000005", "step-00000005.corrupt", "step-00000005.tmp", "notes.tmp-1-a"]
)
def test_other_names_are_not_temporary(name: str) -> None:
    assert folder.read_temporary(name) is None


def test_what_is_set_aside_is_numbered_from_the_second_on() -> None:
    aside = [folder.aside_name("step-00000005", "abandoned", number) for number in (1, 2)]

    assert aside == ["step-00000005.abandoned", "step-00000005.abandoned-2"]


def test_only_a_checkpoint_is_corrupt() -> None:
    assert folder.is_corrupt(folder.aside_name("step-00000005", "corrupt", 2))
    assert not folder.is_corrupt("step-00000005.abandoned")
    assert not folder.is_corrupt("notes.corrupt")
