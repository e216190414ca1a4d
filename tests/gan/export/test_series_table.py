"""What a recorded loop has logged as CSV, however it came into the log."""

from __future__ import annotations

import csv
import io
import tracemalloc
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan.errors import StorageError
from gan.export import series_table
from gan.export.series_table import series_csv
from tests import recorded_runs
from tests.fakes import floats
from tests.recorded_runs import begun, gan_steps, logged, write_run

if TYPE_CHECKING:
    from pathlib import Path

    from gan.events import Event


def table(path: Path, story: list[Event], last_step: int | None = None) -> list[list[str]]:
    run = write_run(path / "run", [*begun(), *story], ended=False)
    return list(csv.reader(io.StringIO("".join(series_csv(run, last_step)))))


def test_every_series_has_a_column_and_every_step_a_line(tmp_path: Path) -> None:
    found = table(tmp_path, [logged(1, {"loss": floats(0.5, 0.25), "lr": floats(1, 2)})])

    assert found == [["step", "loss", "lr"], ["1", "0.5", "1"], ["2", "0.25", "2"]]


def test_a_gans_losses_come_first_and_scores_only_if_they_were_logged(tmp_path: Path) -> None:
    found = table(tmp_path, [logged(1, {"a": floats(1)}), *gan_steps(1, 1)])

    assert found[0] == ["step", "d_loss", "g_loss", "a", "gradient_penalty", "wasserstein"]
    assert len(found) == 2
    assert "" not in found[1]


def test_what_was_not_logged_at_a_step_is_empty(tmp_path: Path) -> None:
    found = table(
        tmp_path,
        [logged(1, {"loss": floats(1, np.inf)}), logged(2, {"val_loss": floats(7)})],
    )

    assert found[1:] == [["1", "1", ""], ["2", "inf", "7"]]


def test_a_value_that_comes_late_takes_no_other_away(tmp_path: Path) -> None:
    found = table(
        tmp_path,
        [logged(1, {"a": floats(1, 2)}), logged(1, {"a": floats(np.nan, 7), "b": floats(3, 4)})],
    )

    assert found[1:] == [["1", "1", "3"], ["2", "7", "4"]]


def test_a_step_without_any_value_has_no_line(tmp_path: Path) -> None:
    found = table(tmp_path, [logged(1, {"a": floats(1)}), logged(900, {"a": floats(2)})])

    assert found[1:] == [["1", "1"], ["900", "2"]]


def test_any_name_is_one_safe_cell(tmp_path: Path) -> None:
    found = table(tmp_path, [logged(1, {'a,"b"\n\x1b[2J': floats(1), "名前": floats(2)})])

    assert found[0] == ["step", 'a,"b"\\n\\x1b[2J', "名前"]


def test_it_ends_at_the_step_that_was_asked_for(tmp_path: Path) -> None:
    found = table(tmp_path, gan_steps(1, 50), last_step=20)

    assert [row[0] for row in found[1:]] == [str(step) for step in range(1, 21)]


def test_values_come_back_bit_for_bit(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=5000).astype(np.float32)
    story: list[Event] = [
        logged(first + 1, {"a": values[first : first + 7]}) for first in range(0, 5000, 7)
    ]

    found = table(tmp_path, story)

    assert np.array_equal(np.array([row[1] for row in found[1:]], np.float32), values)


def test_a_long_log_is_converted_in_little_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(series_table, "_HELD_STEPS", 500)
    block = np.zeros(1000, np.float32)
    story: list[Event] = [logged(first, {"a": block}) for first in range(1, 100_000, 1000)]
    run = write_run(tmp_path / "run", [*begun(), *story], ended=False)

    tracemalloc.start()
    lines = sum(piece.count("\n") for piece in series_csv(run))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert lines == 100_001
    assert peak < 16 << 20


def test_steps_that_go_back_further_than_rows_wait_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(series_table, "_HELD_STEPS", 5)
    story: list[Event] = [logged(first, {"a": floats(1)}) for first in (1, 100, 2)]

    with pytest.raises(StorageError, match="step 2 follows"):
        table(tmp_path, story)


def test_a_run_without_steps_has_the_first_line_alone(tmp_path: Path) -> None:
    assert table(tmp_path, []) == [["step"]]


def test_the_stories_of_the_other_tests_have_no_step_twice(tmp_path: Path) -> None:
    for name, story in recorded_runs.STORIES.items():
        run = write_run(tmp_path / name, story())
        lines = "".join(series_csv(run)).splitlines()

        assert [line.split(",")[0] for line in lines[1:]] == [str(n) for n in range(1, 1201)]
