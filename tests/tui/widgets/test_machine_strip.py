"""The machine in one row of any width."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gan.progress import RunProgress
from tests.tui.test_machine import H100
from tui.machine import MachineReading
from tui.widgets.machine_strip import machine_pieces
from tui.widgets.rows import length

READING = MachineReading(process_cpu=187.4, machine_cpu=96.0, memory=int(1.24 * 2**30))
WITH_GPU = replace(READING, gpus=(H100,))
PROGRESS = replace(
    RunProgress(), train_seconds=90.0, sampling_seconds=6.0, saving_seconds=1.0, paused_seconds=3.0
)


def told(reading: MachineReading | None, progress: RunProgress = PROGRESS, width: int = 88) -> str:
    return "".join(text for text, _ in machine_pieces(reading, progress, width))


def test_processor_memory_and_where_the_time_goes() -> None:
    assert told(READING) == " CPU 187%  mem 1.2G  train 90%  sample 6%  save 1%  paused 3% "


def test_a_gpu_comes_first_with_all_that_it_tells() -> None:
    assert told(WITH_GPU, width=120).startswith(" GPU0 87% 12.0/80G 61C 240W  CPU 187% ")


def test_what_it_does_not_tell_is_not_there() -> None:
    silent = replace(H100, temperature=None, power=None, memory_used=None)

    assert told(replace(READING, gpus=(silent,))).startswith(" GPU0 87%  CPU")


def test_before_the_first_reading_there_is_the_time() -> None:
    assert told(None).startswith(" train 90%")


def test_before_the_first_step_there_is_no_time() -> None:
    assert told(READING, RunProgress()) == " CPU 187%  mem 1.2G "


@pytest.mark.parametrize("width", range(1, 130))
def test_only_whole_groups_are_shown_and_none_is_cut(width: int) -> None:
    pieces = machine_pieces(WITH_GPU, PROGRESS, width)

    assert length(pieces) <= width
    assert len(pieces) % 2 == 0
