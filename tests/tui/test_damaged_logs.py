"""Logs with damaged lines: a warning in the place of each, in every reader, and nothing worse."""

from __future__ import annotations

import json
import os
import time
import tracemalloc
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from gan import events
from gan.errors import StorageError
from gan.run import event_json
from gan.run.creation import create_run
from gan.run.follower import Follower, read_evaluations, read_events
from tests import fakes
from tests.damage import RAW, damaged_line, genuine_lines
from tests.tui.reading import read_everywhere

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gan.run.directory import RunDirectory

CASES = sorted((Path(__file__).parents[1] / "cases" / "events").glob("*.jsonl"))


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return create_run(tmp_path / "run")


@pytest.fixture
def bounded() -> Iterator[None]:
    """At most a few times the memory of the longest line."""
    tracemalloc.start()
    yield
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10e6


def warnings(found: list[events.Event]) -> list[str]:
    noted = [event for event in found if isinstance(event, events.Noted) and event.warning]
    return [event.text for event in noted]


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_a_case_has_a_warning_for_each_line_that_is_no_event(run: RunDirectory, case: Path) -> None:
    run.log_path.write_bytes(case.read_bytes())

    found = read_everywhere(run)

    assert len(found) == len(case.read_bytes().splitlines())
    told = [text for text in warnings(found) if text.startswith("events.jsonl line ")]
    damaged = [number for number, line in enumerate(case.read_bytes().splitlines(), 1) if bad(line)]
    assert [f"line {number}:" in text for number, text in zip(damaged, told, strict=True)] == [
        True
    ] * len(damaged)


def bad(line: bytes) -> bool:
    try:
        event_json.from_line(line)
    except ValueError:
        return True
    return False


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_in_a_log_every_reader_reads_it(run: RunDirectory, seed: int) -> None:
    random = Random(seed)
    lines = [damaged_line(line, random) for line in random.choices(genuine_lines(), k=20)]
    run.log_path.write_bytes(b"\n".join(lines) + b"\n")

    read_everywhere(run)


STEPS = fakes.steps(41, 7)
SAVED = events.CheckpointSaved(
    time=1.0, step=1, path="checkpoints/step-00000001", size=9, seconds=1.0, requested=False
)


@pytest.mark.parametrize(
    ("event", "field", "value", "said"),
    [
        (SAVED, "time", 1e300, "time: received 1e+300, expected seconds since 1970, before"),
        (SAVED, "time", "NaN", "time: received 'NaN', expected seconds since 1970"),
        (SAVED, "time", -1.0, "time: received -1.0, expected seconds since 1970"),
        (SAVED, "time", True, "time: received True, expected seconds since 1970"),
        (SAVED, "seconds", "Infinity", "seconds: received 'Infinity', expected seconds from 0"),
        (SAVED, "seconds", -0.5, "seconds: received -0.5, expected seconds from 0"),
        (SAVED, "seconds", 1e13, "expected seconds from 0 to 1e12"),
        (SAVED, "size", 10**400, "size: received 1000000"),
        (SAVED, "size", -1, "size: received -1, expected a whole number from 0 to"),
        (SAVED, "size", 2.0, "size: received 2.0, expected int"),
        (SAVED, "size", True, "size: received True, expected int"),
        (SAVED, "step", 2**53 + 1, "expected a whole number from 0 to 9007199254740992"),
        (STEPS, "first_step", -5, "first_step: received -5, expected a whole number"),
        (STEPS, "d_loss", [10**400] * 7, "d_loss: received a number beyond any float"),
        (fakes.quality(5, 8.0), "classes", [10**30], "classes: received a label beyond 64 bits"),
        (
            fakes.quality(5, 8.0),
            "census",
            [0.0] * 70_000,
            "received 70,000 classes, expected at most",
        ),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_value_out_of_range_is_a_warning_that_says_what_was_expected(
    run: RunDirectory, event: events.Event, field: str, value: Any, said: str
) -> None:
    good = event_json.to_line(STEPS)
    line = json.dumps({**json.loads(event_json.to_line(event)), field: value})
    run.log_path.write_text(f"{good}\n{line}\n{good}\n")

    first, warning, last = read_everywhere(run)

    assert isinstance(first, events.StepsCompleted)
    assert isinstance(last, events.StepsCompleted)
    (text,) = warnings([warning])
    assert text.startswith("events.jsonl line 2: the line at byte ")
    assert said in text


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'{"event":"Noted","time":1,"time":2,"text":"x"}', "the key 'time' more than once"),
        (b'{"event":"Noted","time":1,"text":"\xff"}', "can't decode byte 0xff"),
        (b"[" * 100_000, "nested too deeply: expected at most 32 levels"),
        (b"[" * 40 + b"]" * 40, "nested too deeply: expected at most 32 levels"),
        (b'{"event":"Noted","time":' + b"9" * 5000 + b"}", "Exceeds the limit"),
        (b"\0" * 100, "Expecting value"),
        (b'{\0"\0e\0', "Expecting property name"),
        (b"\xef\xbb\xbf{}", "BOM"),
    ],
    ids=range(8),
)
def test_a_line_that_is_no_json_is_a_warning_too(run: RunDirectory, line: bytes, said: str) -> None:
    run.log_path.write_bytes(line + b"\n")

    (text,) = warnings(read_everywhere(run))

    assert said in text


def test_a_line_that_is_too_long_is_one_warning_and_the_log_goes_on(
    run: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_json, "MAX_LINE", 1 << 16)
    monkeypatch.setattr("gan.run.follower._PIECE", 1 << 14)
    good = event_json.to_line(STEPS).encode() + b"\n"
    run.log_path.write_bytes(good + b"x" * (1 << 20) + b"\n" + good)

    first, warning, last = read_events(run)

    assert isinstance(first, events.StepsCompleted)
    assert isinstance(last, events.StepsCompleted)
    assert "line 2: " in warnings([warning])[0]
    assert "it has more than 65,536 bytes" in warnings([warning])[0]


@pytest.mark.usefixtures("bounded")
def test_a_file_without_a_line_break_costs_little_memory(
    run: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_json, "MAX_LINE", 1 << 20)
    with run.log_path.open("wb") as log:
        log.truncate(1 << 26)

    assert len(warnings(read_events(run))) == 1
    assert read_evaluations(run) == []


def test_many_damaged_lines_are_few_warnings(run: RunDirectory) -> None:
    good = event_json.to_line(STEPS).encode() + b"\n"
    run.log_path.write_bytes(good + b"\n" * 30_000 + good)

    found = read_events(run)

    assert len(found) == 13
    assert "line 12: " in warnings(found)[-1]
    assert "and 29,989 more after it are not events either" in warnings(found)[-1]


def test_a_follower_goes_on_after_damage_as_after_anything_else(run: RunDirectory) -> None:
    good = event_json.to_line(STEPS).encode() + b"\n"
    run.log_path.write_bytes(good + b"\n" * 30)
    follower = Follower(run)
    follower.poll()
    with run.log_path.open("ab") as log:
        log.write(good)

    assert [type(event) for event in follower.poll()] == [events.StepsCompleted]
    os.truncate(run.log_path, len(good))
    assert follower.poll() == []
    assert follower.offset == len(good)


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_a_log_that_is_no_file_is_refused_at_once(run: RunDirectory, kind: str) -> None:
    if kind == "pipe":
        os.mkfifo(run.log_path)
    elif kind == "device":
        run.log_path.symlink_to("/dev/zero")
    else:
        run.log_path.mkdir()
    begun = time.monotonic()

    for read in (read_events, read_evaluations):
        with pytest.raises(StorageError, match="it is not a regular file"):
            read(run)

    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("line", RAW, ids=range(len(RAW)))
def test_no_such_line_is_an_event(line: bytes) -> None:
    assert bad(line)
