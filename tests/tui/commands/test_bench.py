"""The options of `gan-tui bench`, and its table."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from gan.bench.measure import Measurement, Waits
from gan.bench.turns import EAGER, GRAPH, LIMIT, standings
from gan.models.presets import PRESETS
from gan.options import either
from tui.cli import main
from tui.commands.bench import table

MEASURED = Measurement(
    device="CPU",
    preset="mlp",
    precision="float32",
    batch_size=256,
    rounds=2,
    flop_per_step=2_342_387_712,
    standings=standings([{EAGER: 8.0, GRAPH: 55.0, "gan-tui": 88.0, LIMIT: 110.0}] * 2, 256),
    waits=Waits(0.41, 6.6, 0.058, 0.043, 0.065),
)


def test_the_table_has_a_row_for_each_and_what_a_person_waits_for() -> None:
    rows = table(MEASURED)

    assert rows[0] == "mlp in float32 on CPU, batch 256, 2.34 GFLOP per step; medians of 2"
    figures = ["88.0", "88.0", "88.0", "22,528", "11.00", "1.60", "80%"]
    assert rows[4].split() == ["gan-tui", *figures]
    assert rows[-4:] == [
        "first frame  0.41 s",
        "first step   6.6 s",
        "checkpoint   58 ms without training",
        "key to pause 43 ms, 65 max",
    ]


def test_the_table_fits_in_eighty_columns() -> None:
    assert max(map(len, table(MEASURED))) <= 80


def test_it_is_plain_json() -> None:
    read = json.loads(json.dumps(asdict(MEASURED)))

    assert read["standings"]["gan-tui"]["steps_per_second"]["median"] == 88.0
    assert read["waits"]["first_step"] == 6.6


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--rounds", "0"], "--rounds: received 0, expected a whole number from 1 to 100."),
        (["--rounds", "many"], "--rounds: received 'many', expected a whole number"),
        (["--preset", "huge"], f"--preset: received 'huge', expected {either(PRESETS)}."),
        (["--colour"], "unrecognized arguments: --colour"),
    ],
)
def test_what_it_cannot_do_is_a_usage_error(
    words: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", *words]) == 2
    read = capsys.readouterr().err

    assert complaint in read
    assert len(read.splitlines()) == 1
