"""`gan-tui evaluate`: its options, its table, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gan.config import RunConfig
from gan.quality.measure import Quality
from gan.run.config_file import write_config
from gan.run.creation import create_numbered_run
from gan.session.on_demand import EvaluatedCheckpoint
from tests.fakes import floats
from tui.cli import main
from tui.commands import evaluate

if TYPE_CHECKING:
    from pathlib import Path

    from gan.run.directory import RunDirectory

QUALITY = Quality(
    features="mnist-1",
    images=10_000,
    fd=8.214,
    fd_real=0.321,
    kid=0.01234,
    density=0.912,
    coverage=0.876,
    census=floats(*[0.1] * 9, 0.05, 0.05),
    confident=0.931,
    copies=0.0,
)
FOUND = EvaluatedCheckpoint(
    step=12_000, quality=QUALITY, classes=tuple(range(11)), limits=("they are few",), seconds=3.2
)


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    run = create_numbered_run(tmp_path / "runs", "mlp-mnist")
    write_config(run, RunConfig.resolve({}), environment={}, command_line=[])
    return run


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What is to be evaluated."""
    found: dict[str, Any] = {}

    def stand_in(run: RunDirectory, at: Any, **given: Any) -> EvaluatedCheckpoint:
        found.update(given, run=run, at=at)
        return FOUND

    monkeypatch.setattr("gan.session.on_demand.evaluate_checkpoint", stand_in)
    return found


@pytest.mark.parametrize(
    ("word", "at"), [("1", None), ("1@12000", 12_000), ("1@best", "best"), (None, None)]
)
def test_a_run_and_one_of_its_checkpoints_are_named(
    run: RunDirectory, asked: dict[str, Any], word: str | None, at: object
) -> None:
    words = [] if word is None else [word]
    assert main(["evaluate", *words, "--runs", str(run.path.parent)]) == 0
    assert (asked["run"], asked["at"]) == (run, at)
    assert (asked["count"], asked["or_fewer"]) == (10_000, True)


def test_the_number_of_images_has_a_letter(run: RunDirectory, asked: dict[str, Any]) -> None:
    assert main(["evaluate", str(run.path), "-n", "50000", "--data", "elsewhere"]) == 0
    assert (asked["count"], asked["data"], asked["device"]) == (50_000, "elsewhere", "auto")
    assert not asked["or_fewer"]


def test_the_table_fits_in_eighty_columns(run: RunDirectory) -> None:
    lines = evaluate.table(run, FOUND)
    assert max(map(len, lines)) <= 80
    assert lines[0] == "00001-mlp-mnist at step 12,000: 10,000 generated images"
    assert [line.split()[:2] for line in lines[2:5]] == [
        ["FD", "8.21"],
        ["KID", "0.01234"],
        ["density", "0.912"],
    ]
    assert lines[8].split() == ["class", "0", "10.0%", "#" * 8]
    assert "note: they are few" in lines


def test_a_figure_that_the_data_do_not_allow_is_left_out(run: RunDirectory) -> None:
    unknown = replace(QUALITY, density=np.nan, confident=np.nan, census=floats())
    table = "\n".join(evaluate.table(run, replace(FOUND, quality=unknown, classes=())))
    assert "density" not in table
    assert "confident" not in table
    assert "class" not in table
    assert "nan" not in table


def test_json_is_one_object_on_stdout(
    run: RunDirectory, asked: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(run.path), "--json"]) == 0
    assert asked
    record = json.loads(capsys.readouterr().out)
    assert (record["step"], record["fd"], record["images"]) == (12_000, 8.214, 10_000)
    assert record["census"][0] == pytest.approx(0.1)
    assert record["limits"] == ["they are few"]


def test_what_is_unknown_is_null_in_json(run: RunDirectory) -> None:
    record = evaluate.to_json(run, replace(FOUND, quality=replace(QUALITY, fd=np.nan)))
    assert record["fd"] is None
    json.dumps(record, allow_nan=False)


@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        (["-n", "0"], 2, "--images: received 0, expected a whole number"),
        (["-n", "many"], 2, "--images: received 'many'"),
        (["--device", "tpu"], 2, "--device: received 'tpu'"),
        (["1", "2"], 2, "unrecognized arguments: 2"),
        (["17"], 4, "no run '17'"),
        (["1"], 4, "has no checkpoint yet"),
        (["1@5"], 4, "Steps with a checkpoint: none"),
        (["1@best"], 4, "has not been evaluated"),
    ],
)
def test_what_it_cannot_do_is_an_error_in_one_line(
    run: RunDirectory, words: list[str], code: int, complaint: str, capsys: Any
) -> None:
    assert main(["evaluate", *words, "--runs", str(run.path.parent)]) == code
    read = capsys.readouterr().err
    assert complaint in read
    assert len(read.splitlines()) == 1
