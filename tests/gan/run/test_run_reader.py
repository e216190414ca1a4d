"""A run read by another process: whatever its files hold is a sentence, and the rest is shown."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from gan.errors import StorageError
from gan.events import StepsCompleted
from gan.run.run_reader import RunReader
from tests import fakes
from tests.tui.comparing import log_text, make_run, status, story

if TYPE_CHECKING:
    from pathlib import Path

    from gan.run.directory import RunDirectory


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return make_run(tmp_path / "run", story(40))


def rewrite(run: RunDirectory, **changed: Any) -> None:
    record = json.loads(run.config_path.read_text())
    run.config_path.write_text(json.dumps({**record, **changed}))


def steps_in(reader: RunReader) -> int:
    events = reader.read().events
    return sum(len(one.d_loss) for one in events if isinstance(one, StepsCompleted))


def test_a_whole_run_is_read_without_a_trouble(run: RunDirectory) -> None:
    reader = RunReader(run)
    reading = reader.read()

    assert (reading.state, reading.is_live, reading.share) == ("finished", False, 1.0)
    assert (reading.troubles, reader.description.troubles) == ((), ())
    assert [type(event).__name__ for event in reading.events][-1] == "StepsCompleted"
    assert reader.read().events == []


def test_reading_writes_nothing_into_the_run(run: RunDirectory) -> None:
    before = {path: path.stat().st_mtime_ns for path in run.path.rglob("*")}

    RunReader(run).read()

    assert {path: path.stat().st_mtime_ns for path in run.path.rglob("*")} == before


def test_a_long_log_comes_in_parts_and_says_how_much_is_read(run: RunDirectory) -> None:
    noise = fakes.steps(1, 4000)
    with run.log_path.open("a") as log:
        for _ in range(20):
            log.write(log_text([noise]))
    reader = RunReader(run)

    shares = []
    while (reading := reader.read()).events:
        shares.append(reading.share)

    assert len(shares) > 1
    assert shares == sorted(shares)
    assert 0 < shares[0] < 1 == shares[-1]


def test_a_newer_configuration_names_what_is_unknown_and_shows_the_rest(run: RunDirectory) -> None:
    config = json.loads(run.config_path.read_text())["config"]
    rewrite(run, schema_version=9, config={**config, "seed": 7, "teleport": "often"})

    found = RunReader(run).description

    assert (found.config["seed"], found.config["teleport"]) == (7, "often")
    [trouble] = found.troubles
    assert "schema_version 9, newer than this program's 2" in trouble
    assert "without teleport, which it doesn't know" in trouble


def test_an_unknown_option_is_named_also_in_a_file_of_this_version(run: RunDirectory) -> None:
    config = json.loads(run.config_path.read_text())["config"]
    rewrite(run, config={**config, "teleport": "often"})

    found = RunReader(run).description

    assert found.config["teleport"] == "often"
    assert found.troubles == ("config.json: options that this version doesn't know: teleport",)


def test_a_value_that_this_version_does_not_take_is_shown_as_it_is(run: RunDirectory) -> None:
    config = json.loads(run.config_path.read_text())["config"]
    rewrite(run, config={**config, "preset": "transformer"})

    found = RunReader(run).description

    assert found.config["preset"] == "transformer"
    assert "transformer" in found.troubles[0]


def test_a_configuration_of_the_first_schema_has_todays_defaults(run: RunDirectory) -> None:
    config = json.loads(run.config_path.read_text())["config"]
    kept = {name: config[name] for name in ("data", "epochs", "batch_size", "seed")}
    rewrite(run, schema_version=1, config={**kept, "preset": "seed"})

    found = RunReader(run).description

    assert found.troubles == ()
    assert found.config["preset"] == "tutorial"
    assert "precision" in found.config


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"schema_version": true}', '{"schema_version": 2}', '"\\ud800"', "{" * 999],
)
def test_a_damaged_configuration_is_a_sentence(run: RunDirectory, text: str) -> None:
    run.config_path.write_text(text)

    reader = RunReader(run)

    assert reader.description.config == {}
    assert reader.description.troubles[0].startswith("config.json")
    assert steps_in(reader) == 40


def test_a_damaged_line_is_a_sentence_and_the_rest_is_read(run: RunDirectory) -> None:
    whole = run.log_path.read_text()
    run.log_path.write_text(f"{whole}!!\n{log_text([fakes.steps(41, 2)])}")
    reader = RunReader(run)

    reading = reader.read()

    assert sum(len(e.d_loss) for e in reading.events if isinstance(e, StepsCompleted)) == 42
    [trouble] = reading.troubles
    assert "is not an event" in trouble


def test_a_log_that_is_cut_is_read_anew(run: RunDirectory) -> None:
    reader = RunReader(run)
    reader.read()
    lines = run.log_path.read_bytes().splitlines(keepends=True)
    run.log_path.write_bytes(b"".join(lines[:2]))

    reading = reader.read()

    assert reading.restarted
    assert len(reading.events) == 2
    assert "was cut or replaced while it was read" in reading.troubles[0]
    assert reader.read().troubles == reading.troubles


@pytest.mark.parametrize("count", [3, 3000], ids=["shorter", "longer"])
def test_a_log_that_is_replaced_is_read_anew(run: RunDirectory, count: int) -> None:
    reader = RunReader(run)
    reader.read()
    run.log_path.write_text(log_text([fakes.steps(1, 3), *[fakes.steps(4, count)] * 2]))

    reading = reader.read()

    assert reading.restarted
    assert len(reading.events) == 3


def test_a_log_that_vanishes_is_a_sentence_and_what_was_read_stays(run: RunDirectory) -> None:
    reader = RunReader(run)
    reader.read()
    run.log_path.unlink()

    reading = reader.read()

    assert not reading.restarted
    [trouble] = reading.troubles
    assert trouble.startswith("cannot read events.jsonl")
    assert trouble.endswith("What was read before is shown")


def test_a_directory_that_vanishes_is_a_sentence_each_for_log_and_grid(run: RunDirectory) -> None:
    reader = RunReader(run)
    reader.read()
    shutil.rmtree(run.path)

    reading = reader.read()

    assert reading.state == "no status"
    assert len(reading.troubles) == 1
    with pytest.raises(StorageError, match="000100"):
        reader.grid("samples/000100.png")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"exit_code": 3, "phase": "failed"}, "diverged"),
        ({"exit_code": 0, "phase": "stopped"}, "stopped"),
        ({"exit_code": None, "phase": "training"}, "training"),
        ({"exit_code": None, "phase": "paused", "diverged_step": 7}, "diverged, waiting"),
        ({"exit_code": None, "phase": "training", "start_ticks": 1}, "died"),
        ({"exit_code": None, "phase": "training", "host": "elsewhere"}, "not known yet"),
    ],
)
def test_the_state_in_words(run: RunDirectory, changed: dict[str, Any], words: str) -> None:
    run.status_path.write_text(json.dumps(status(**changed)))

    assert RunReader(run).read().state == words


def test_a_silent_run_says_for_how_long(run: RunDirectory) -> None:
    now = [100.0]
    elsewhere = status(exit_code=None, phase="training", host="elsewhere")
    run.status_path.write_text(json.dumps(elsewhere))
    reader = RunReader(run, lambda: now[0])
    reader.read()
    now[0] += 42

    assert reader.read().state == "silent for 42 s"


@pytest.mark.parametrize("text", ["", "{", "[]"])
def test_a_damaged_status_is_a_sentence(run: RunDirectory, text: str) -> None:
    run.status_path.write_text(text)

    reading = RunReader(run).read()

    assert reading.state == "damaged"
    assert "status.json" in reading.troubles[0]


def test_a_newer_status_is_said_and_read(run: RunDirectory) -> None:
    run.status_path.write_text(json.dumps(status(schema_version=5)))

    reading = RunReader(run).read()

    assert reading.state == "finished"
    assert "schema_version 5" in reading.troubles[0]
