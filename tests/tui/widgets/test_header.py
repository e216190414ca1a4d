"""The top row."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gan.events import Phase
from gan.progress import RunProgress
from tui.widgets.header import badge, identity

PROGRESS = RunProgress(
    phase=Phase.TRAINING,
    name="00007-mlp-mnist",
    preset="mlp",
    data="mnist",
    device="NVIDIA H100",
)

FAULTS = (("log", "cannot write: No space left on device."),)


def shown(width: int, progress: RunProgress = PROGRESS) -> str:
    return "".join(text for text, _ in identity(progress, width))


def test_with_room_everything_is_named() -> None:
    assert shown(70).split() == ["gan-tui", "00007-mlp-mnist", "mlp", "mnist", "NVIDIA", "H100"]


@pytest.mark.parametrize(
    ("width", "words"),
    [
        (45, "gan-tui 00007-mlp-mnist NVIDIA H100"),
        (36, "00007-mlp-mnist NVIDIA H100"),
        (20, "00007-mlp-mnist"),
    ],
)
def test_what_other_words_imply_gives_way_first(width: int, words: str) -> None:
    assert " ".join(shown(width).split()) == words


@pytest.mark.parametrize(
    ("width", "words"),
    [
        (100, "gan-tui 00007-mlp-mnist mlp mnist NVIDIA H100, 2 replicas on GPU 0, 2"),
        (75, "gan-tui 00007-mlp-mnist mlp mnist 2 replicas on GPU 0, 2"),
        (46, "00007-mlp-mnist 2 replicas on GPU 0, 2"),
    ],
)
def test_several_devices_say_over_what_a_batch_is_split(width: int, words: str) -> None:
    several = replace(PROGRESS, replicas=2, devices="GPU 0, 2")
    assert " ".join(shown(width, several).split()) == words


def test_several_workers_are_counted() -> None:
    several = replace(PROGRESS, replicas=4, workers=2, devices="GPU 0, 1")
    assert "NVIDIA H100, 4 replicas, 2 workers" in " ".join(shown(100, several).split())


def test_escape_codes_in_a_name_are_shown_and_not_sent() -> None:
    assert "\x1b" not in shown(70, RunProgress(name="\x1b[2J"))


@pytest.mark.parametrize("phase", Phase, ids=lambda phase: phase.name)
def test_the_badge_says_the_phase_in_words(phase: Phase) -> None:
    ((text, style),) = badge(RunProgress(phase=phase), stopping=False)

    assert text.strip().lower() == phase.value
    assert style.bgcolor is not None


def test_a_run_that_diverged_says_so_until_it_is_rolled_back() -> None:
    paused = RunProgress(phase=Phase.PAUSED, diverged_step=7)
    ((text, _),) = badge(paused, stopping=False)

    assert text.strip() == "DIVERGED"


@pytest.mark.parametrize(
    ("progress", "words"),
    [
        (RunProgress(phase=Phase.TRAINING, faults=FAULTS), "TRAINING, DISK FAILING"),
        (RunProgress(phase=Phase.PAUSED, faults=FAULTS), "PAUSED, DISK FAILING"),
        (RunProgress(phase=Phase.FINISHED, faults=FAULTS, exit_code=0), "FINISHED"),
        (RunProgress(phase=Phase.PAUSED, faults=FAULTS, diverged_step=7), "DIVERGED"),
    ],
    ids=["training", "paused", "ended", "diverged"],
)
def test_a_disk_that_refuses_is_shown_while_the_run_lives(
    progress: RunProgress, words: str
) -> None:
    ((text, style),) = badge(progress, stopping=False)

    assert text.strip() == words
    assert style.bgcolor is not None


def test_a_run_that_was_asked_to_stop_is_stopping_until_it_has_ended() -> None:
    ((running, _),) = badge(PROGRESS, stopping=True)
    ((ended, _),) = badge(RunProgress(phase=Phase.FINISHED, exit_code=75), stopping=True)

    assert running.strip() == "STOPPING"
    assert ended.strip() == "FINISHED"
