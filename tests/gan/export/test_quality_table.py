"""The evaluations in a log as CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gan.errors import StorageError
from gan.export.quality_table import quality_csv
from gan.run.config_file import write_recorded_config
from gan.run.event_log import EventLog
from tests.fakes import floats, quality, steps

if TYPE_CHECKING:
    from gan.events import Event
    from gan.run.directory import RunDirectory


def table(run: RunDirectory, *happened: Event) -> list[dict[str, str]]:
    log = EventLog(run)
    for event in happened:
        log.append(event)
    log.close()
    return list(csv.DictReader(io.StringIO("".join(quality_csv(run)))))


def test_every_evaluation_is_a_line(run: RunDirectory) -> None:
    rows = table(run, quality(100, 40.5), steps(101, 50), quality(150, 41.0, is_best=False))
    assert [(row["step"], row["fd"], row["best"]) for row in rows] == [
        ("100", "40.5", "1"),
        ("150", "41", "0"),
    ]
    assert {row["features"] for row in rows} == {"mnist-1"}
    assert rows[0]["class_9"] == "0.100000001"


def test_one_without_classes_has_none(run: RunDirectory) -> None:
    first, second = table(run, quality(100, 40.5), quality(150, 41.0, census=floats()))
    assert (first["class_0"], second["class_0"]) == ("0.100000001", "")


def test_the_columns_of_the_census_have_the_labels(run: RunDirectory) -> None:
    (row,) = table(run, replace(quality(100, 40.5, census=floats(0.75, 0.25)), classes=(3, 18)))
    assert (row["class_3"], row["class_18"]) == ("0.75", "0.25")


@pytest.mark.parametrize(
    ("features", "written"),
    [
        ("a,b", "a b"),
        ('say "x"', "say  x "),
        ("two\nlines", r"two\nlines"),
        ("\x1b[31m", r"\x1b[31m"),
        ("caf\udce9", r"caf\udce9"),
        ("数字", "数字"),
    ],
)
def test_a_name_of_features_breaks_no_line(run: RunDirectory, features: str, written: str) -> None:
    """A log that somebody has edited may hold any."""
    (row,) = table(run, replace(quality(100, 40.5), features=features))
    assert row["features"] == written
    assert row["fd"] == "40.5"


def test_a_figure_that_is_unknown_is_written_as_such(run: RunDirectory) -> None:
    (row,) = table(run, quality(100, float("nan")))
    assert row["fd"] == "nan"


def test_one_that_was_carried_over_a_cut_is_in_its_place(run: RunDirectory) -> None:
    rows = table(run, quality(200, 30.0), quality(150, 41.0))
    assert [row["step"] for row in rows] == ["150", "200"]


def test_without_evaluations_the_option_is_named(run: RunDirectory) -> None:
    with pytest.raises(StorageError, match="--evaluate-every"):
        table(run)


def test_of_a_recorded_loop_no_option_is_named_that_would_evaluate_it(run: RunDirectory) -> None:
    write_recorded_config(run, "train.py", {}, environment={}, command_line=[])

    with pytest.raises(StorageError, match=r"the loop of train\.py is not evaluated by gan-tui\.$"):
        table(run, steps(1, 5))
