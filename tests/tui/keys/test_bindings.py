"""The list of keys: complete, described, and offered only when they can be used."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from gan.commands import COMMANDS
from gan.events import Phase
from gan.progress import RunProgress
from tui.keys.bindings import BINDINGS, is_offered
from tui.keys.keymap import remapped

TRAINING = RunProgress(phase=Phase.TRAINING, step=10, total_steps=100)
PAUSED = replace(TRAINING, phase=Phase.PAUSED)
DIVERGED = replace(PAUSED, diverged_step=10)
RAW = replace(TRAINING, shows_raw=True)
ENDED = replace(TRAINING, phase=Phase.FINISHED, exit_code=0)

USUAL = {"save", "resample", "restore_latents", "interpolate", "evaluate"}
"""What can be asked of every run that is well."""


def offered(progress: RunProgress, *, stopping: bool = False) -> set[str]:
    return {name for name in COMMANDS if is_offered(name, progress, stopping=stopping)}


@pytest.mark.parametrize(
    ("progress", "names"),
    [
        (TRAINING, {"pause", "show_raw", *USUAL}),
        (PAUSED, {"unpause", "show_raw", *USUAL}),
        (DIVERGED, {"resample", "restore_latents", "roll_back", "show_raw"}),
        (RAW, {"pause", "show_averaged", *USUAL}),
        (ENDED, set()),
    ],
    ids=["training", "paused", "diverged", "raw", "ended"],
)
def test_what_can_be_asked_of_a_run_is_offered(progress: RunProgress, names: set[str]) -> None:
    assert offered(progress) == names


def test_a_run_that_is_ending_is_not_paused() -> None:
    assert "pause" not in offered(TRAINING, stopping=True)


def test_every_binding_has_one_sentence_and_a_name_that_only_a_switch_shares() -> None:
    names = Counter(binding.id for binding in BINDINGS)

    assert [name for name, count in names.items() if count > 1] == ["pause", "raw-generator"]
    for binding in BINDINGS:
        assert binding.tooltip.endswith("."), binding
        assert binding.tooltip.count(".") == 1, binding
        assert binding.group is not None


def test_only_two_positions_of_a_switch_share_a_key() -> None:
    keys = Counter(key for binding in remapped(BINDINGS, {}) for key in binding.key.split(","))

    assert {key for key, count in keys.items() if count > 1} == {"space", "p", "w"}
