"""The machine in one row of any width, and those of several workers in some."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from gan.progress import RunProgress
from gan.readings import MachineReading, WorkerReading
from tests.gan.machine.test_monitor import H100
from tui.render.numbers import UNKNOWN
from tui.widgets.machine_strip import machine_pieces, wanted_rows, worker_rows
from tui.widgets.rows import length, row

READING = MachineReading(process_cpu=187.4, machine_cpu=96.0, memory=int(1.24 * 2**30))
WITH_GPU = replace(READING, gpus=(H100,))
WITH_EIGHT = replace(READING, gpus=tuple(replace(H100, index=index) for index in range(8)))
PROGRESS = replace(
    RunProgress(), train_seconds=90.0, sampling_seconds=6.0, saving_seconds=1.0, paused_seconds=3.0
)
WITH_TWO = replace(READING, gpus=WITH_EIGHT.gpus[:2])
SHARING = replace(PROGRESS, reduction_share=0.123)
PROGRESS_OF_TRAINING = replace(RunProgress(), train_seconds=90.0, paused_seconds=10.0)


def shown(reading: MachineReading | None, progress: RunProgress = PROGRESS, width: int = 88) -> str:
    return "".join(text for text, _ in machine_pieces(reading, progress, width))


def test_processor_memory_and_where_the_time_goes() -> None:
    assert shown(READING) == (
        " CPU  187%, all  96%  mem 1.2G  train  90%  sample   6%  save   1%  paused   3% "
    )


def test_a_gpu_comes_first_with_all_that_it_reports() -> None:
    assert shown(WITH_GPU, width=130).startswith(" GPU0  87% 12.0/80G 61C 240W  CPU  187%")


@pytest.mark.parametrize(
    ("width", "words"),
    [
        (12, " GPU0  87% "),
        (24, " GPU0  87%  CPU  187% "),
        (40, " GPU0  87%  CPU  187%  mem 1.2G "),
        (44, " GPU0  87%  CPU  187%  mem 1.2G  train  90% "),
        (56, " GPU0  87% 12.0/80G  CPU  187%  mem 1.2G  train  90% "),
    ],
)
def test_the_most_important_stays_longest(width: int, words: str) -> None:
    assert shown(WITH_GPU, PROGRESS_OF_TRAINING, width) == words


def test_each_of_many_gpus_shows_its_load_before_one_shows_more() -> None:
    assert shown(WITH_EIGHT, width=88).count("GPU") == 8
    assert "80G" not in shown(WITH_EIGHT, width=88)


def test_what_it_does_not_report_is_left_out() -> None:
    silent = replace(H100, temperature=None, power=None, memory_used=None)

    assert shown(replace(READING, gpus=(silent,)), width=130).startswith(" GPU0  87%  CPU")


def test_a_gpu_that_reports_nothing_is_still_listed() -> None:
    silent = replace(H100, utilisation=None, temperature=None, power=None, memory_used=None)

    assert shown(replace(READING, gpus=(silent,)), width=130).startswith(f" GPU0 {UNKNOWN}  CPU")


def test_before_the_first_reading_there_is_the_time() -> None:
    assert shown(None).startswith(" train  90%")


def test_before_the_first_step_there_is_no_time() -> None:
    assert shown(READING, RunProgress()) == " CPU  187%, all  96%  mem 1.2G "


def test_figures_that_move_leave_the_others_where_they_are() -> None:
    gpu = replace(H100, utilisation=100.0, memory_used=2**30, power=61.0)
    busy = MachineReading(process_cpu=5.0, machine_cpu=100.0, memory=READING.memory, gpus=(gpu,))

    for width in range(1, 130):
        assert len(shown(busy, width=width)) == len(shown(WITH_GPU, width=width))


@pytest.mark.parametrize("reading", [READING, WITH_GPU, WITH_EIGHT], ids=["none", "one", "eight"])
def test_only_whole_groups_are_shown_and_none_is_cut(reading: MachineReading) -> None:
    for width in range(1, 250):
        pieces = machine_pieces(reading, PROGRESS, width)

        assert length(pieces) <= width
        assert len(pieces) % 2 == 0


def test_more_room_shows_no_less() -> None:
    lengths = [len(shown(WITH_GPU, width=width)) for width in range(1, 130)]

    assert all(longer >= shorter for shorter, longer in itertools.pairwise(lengths))


def of_workers(*machines: MachineReading) -> tuple[WorkerReading, ...]:
    return tuple(
        WorkerReading(worker=number, host=f"gpu{number + 1}", machine=machine)
        for number, machine in enumerate(machines)
    )


def rows_of(
    machines: tuple[WorkerReading, ...], width: int, height: int, progress: RunProgress = SHARING
) -> list[str]:
    found = worker_rows(machines, progress, width, height)
    return ["".join(text for text, _ in pieces) for pieces in found]


def test_the_reduction_has_its_share_among_those_of_the_time() -> None:
    assert " reduce  12%  train  90%" in shown(READING, SHARING)
    assert "reduce" not in shown(READING)


def test_without_gpus_a_workers_row_has_its_host_processor_and_memory() -> None:
    assert rows_of(of_workers(READING, READING), 48, 3) == [
        " workers 2  reduce  12%  CPU  375%  train  90% ",
        " 0 gpu1 CPU  187%, all  96%  mem 1.2G ",
        " 1 gpu2 CPU  187%, all  96%  mem 1.2G ",
    ]


def test_each_gpu_of_each_worker_has_a_row() -> None:
    assert rows_of(of_workers(WITH_TWO, WITH_GPU), 49, 9) == [
        " workers 2  reduce  12%  GPUs 3  87%  train  90% ",
        " 0 gpu1 GPU0  87% 12.0/80G 61C 240W ",
        " 0 gpu1 GPU1  87% 12.0/80G 61C 240W ",
        " 1 gpu2 GPU0  87% 12.0/80G 61C 240W ",
    ]


def test_in_one_row_there_is_a_count() -> None:
    assert rows_of(of_workers(WITH_EIGHT, WITH_EIGHT), 40, 1) == [
        " workers 2  reduce  12%  GPUs 16  87% ",
    ]


@pytest.mark.parametrize(("height", "left"), [(2, 16), (3, 15), (16, 2)])
def test_what_has_no_row_is_counted(height: int, left: int) -> None:
    rows = rows_of(of_workers(WITH_EIGHT, WITH_EIGHT), 60, height)
    assert len(rows) == height
    assert rows[-1] == f" and {left} more"
    assert len(rows_of(of_workers(WITH_EIGHT, WITH_EIGHT), 60, 17)) == 17


def test_one_replica_asks_for_no_row_and_several_for_one_each() -> None:
    two = replace(RunProgress(), replicas=2)
    assert wanted_rows((), RunProgress()) == 0
    assert wanted_rows((), two) == 1
    assert wanted_rows(of_workers(READING, WITH_EIGHT), two) == 10


def test_no_row_of_any_width_is_wider_than_the_strip() -> None:
    named = WorkerReading(worker=1023, host="a-very-long-name.of.some.cluster", machine=WITH_GPU)
    odd = WorkerReading(worker=1, host="\x1b[31mdiscs 円盤", machine=READING)
    for width in range(20, 130):
        for pieces in worker_rows((named, odd), SHARING, width, 4):
            assert row(pieces, 200).text.rstrip() == "".join(t for t, _ in pieces).rstrip()
            assert length(pieces) <= width
