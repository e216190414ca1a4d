"""Events as lines of JSON: exact in both directions, and nothing but events is read back."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from gan import events
from gan.events import Event, Phase
from gan.run import event_json

TIMES = st.floats(0, 4e9)
SECONDS = st.floats(0, 1e9)
STEPS = st.integers(0, 10**12)
# Any text that Python can hold: a path may hold undecodable bytes, as lone surrogates.
TEXTS = st.text(st.characters(), max_size=40)
FLOATS = arrays.arrays(np.float32, 3, elements=st.floats(width=32))
CONFIGS = st.dictionaries(TEXTS, st.none() | st.booleans() | STEPS | TEXTS | SECONDS, max_size=4)

BY_ANNOTATION: dict[str, st.SearchStrategy[Any]] = {
    "str": TEXTS,
    "int": STEPS,
    "bool": st.booleans(),
    "float": st.floats(allow_nan=False),
    "Time": TIMES,
    "Seconds": SECONDS,
    "str | None": st.none() | TEXTS,
    "int | None": st.none() | STEPS,
    "dict[str, Any]": CONFIGS,
    "Phase": st.sampled_from(Phase),
    "Floats": FLOATS,
    "Shares": FLOATS,
    "Names": st.lists(TEXTS, max_size=8).map(tuple),
    "Series": st.dictionaries(
        st.text(st.characters(), min_size=1, max_size=40), FLOATS, min_size=1, max_size=4
    ),
    "Labels": st.lists(st.integers(0, 255)).map(tuple),
    "Images": st.just(events.no_images()),
    "Frames": st.just(np.zeros((0, 16, 28, 28), np.uint8)),
}


def any_of(kind: type[Event]) -> st.SearchStrategy[Event]:
    fields = {field.name: BY_ANNOTATION[str(field.type)] for field in dataclasses.fields(kind)}
    return st.builds(kind, **fields)


KINDS = [kind for kind in vars(events).values() if isinstance(kind, type)]
KINDS = [kind for kind in KINDS if issubclass(kind, Event) and kind is not Event]
EVENTS = st.one_of([any_of(kind) for kind in KINDS])


def same(left: Event, right: Event) -> bool:
    """Whether two events are equal to the last bit, NaN included."""
    return type(left) is type(right) and all(
        _same_value(getattr(left, field.name), getattr(right, field.name))
        for field in dataclasses.fields(left)
    )


def _same_value(left: object, right: object) -> bool:
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same_value(left[k], right[k]) for k in left)
    if isinstance(left, np.ndarray) and isinstance(right, np.ndarray):
        return left.dtype == right.dtype and np.array_equal(left, right, equal_nan=True)
    return left == right


@given(EVENTS)
def test_every_event_reads_back_as_it_was(event: Event) -> None:
    assert same(event_json.from_line(event_json.to_line(event)), event)


@given(EVENTS)
def test_a_line_is_plain_ascii_without_a_line_break(event: Event) -> None:
    """So that no byte of a path or a message can break the log, or a terminal."""
    line = event_json.to_line(event)

    assert line.isascii()
    assert "\n" not in line
    assert "\x1b" not in line


@given(st.integers(0, 2**32 - 1))
@example(bits=2**31)
def test_every_float32_keeps_its_bits(bits: int) -> None:
    value = np.array([bits], np.uint32).view(np.float32)

    read = event_json.from_line(event_json.to_line(steps(value)))

    assert isinstance(read, events.StepsCompleted)
    if not np.isnan(value[0]):
        assert read.d_loss.view(np.uint32)[0] == bits
    assert np.isnan(read.d_loss[0]) == np.isnan(value[0])


def test_values_that_are_not_finite_are_written_as_words() -> None:
    line = event_json.to_line(steps(np.array([np.nan, np.inf, -np.inf], np.float32)))

    assert json.loads(line, parse_constant=pytest.fail)["d_loss"] == [
        "NaN",
        "Infinity",
        "-Infinity",
    ]


def test_arrays_read_back_are_read_only() -> None:
    read = event_json.from_line(event_json.to_line(steps(np.zeros(2, np.float32))))

    assert isinstance(read, events.StepsCompleted)
    assert not read.d_loss.flags.writeable


IMAGES = np.full((16, 28, 28), 9, np.uint8)
WITH_IMAGES = [
    (events.SamplesDrawn(time=1.0, step=5, images=IMAGES, path="samples/000005.png"), "images"),
    (
        events.DataLoaded(
            time=1.0, name="a", images=9, fingerprint="f", reason="", examples=IMAGES
        ),
        "examples",
    ),
    (events.LatentsInterpolated(time=1.0, step=5, frames=np.stack([IMAGES] * 3)), "frames"),
]


@pytest.mark.parametrize(("event", "field"), WITH_IMAGES, ids=[field for _, field in WITH_IMAGES])
def test_images_are_left_out_and_nothing_else(event: Event, field: str) -> None:
    record = json.loads(event_json.to_line(event))
    read = event_json.from_json(record)

    others = {other.name for other in dataclasses.fields(event)} - {field}
    assert set(record) == {"event", *others}
    assert all(getattr(read, name) == getattr(event, name) for name in others)
    was = getattr(event, field)
    assert (getattr(read, field).shape, getattr(read, field).dtype) == ((0, *was.shape[1:]), "u1")


def test_images_that_a_line_claims_to_hold_are_not_read() -> None:
    record = {"event": "SamplesDrawn", "time": 1.0, "step": 5, "path": None, "images": [[["x"]]]}

    read = event_json.from_json(record)

    assert isinstance(read, events.SamplesDrawn)
    assert read.images.shape == (0, 28, 28)


def test_steps_without_sampling_saving_and_paused_seconds_can_be_read() -> None:
    record = event_json.to_json(steps(np.ones(2, np.float32)))
    for name in ("sampling_seconds", "saving_seconds", "paused_seconds"):
        del record[name]

    read = event_json.from_json(record)

    assert isinstance(read, events.StepsCompleted)
    assert (read.sampling_seconds, read.saving_seconds, read.paused_seconds) == (0.0, 0.0, 0.0)
    assert read.last_step == 2


def test_a_field_that_a_newer_version_added_is_passed_over() -> None:
    record = {"event": "Paused", "time": 1.0, "step": 3, "mood": "calm"}

    assert event_json.from_json(record) == events.Paused(time=1.0, step=3)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"not json",
        b"\xff\xfe\x00",
        b"3",
        b"null",
        b"[]",
        b"{}",
        b'{"event":"Melted","time":1}',
        b'{"event":["Paused"],"time":1,"step":1}',
        b'{"event":"Paused","time":1}',
        b'{"event":"Paused","time":1,"step":"3"}',
        b'{"event":"Paused","time":1,"step":true}',
        b'{"event":"Paused","time":null,"step":3}',
        b'{"event":"Paused","time":"soon","step":3}',
        b'{"event":"Paused","time":1' + b"0" * 400 + b',"step":3}',
        b'{"event":"PhaseEntered","time":1,"phase":"dreaming"}',
        b'{"event":"PhaseEntered","time":1,"phase":[]}',
        b'{"event":"Noted","time":1,"text":null}',
        b"[" * 100_000,
    ],
    ids=lambda line: repr(line[:40]),
)
def test_what_is_not_an_event_is_a_value_error(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        event_json.from_line(line)


@pytest.mark.parametrize(
    "change",
    [
        {"d_loss": []},
        {"g_loss": [1.0, 2.0]},
        {"d_loss": None},
        {"d_loss": 0.5},
        {"real_score": ["high"]},
        {"fake_score": [[1.0]]},
    ],
    ids=str,
)
def test_steps_without_one_value_a_step_are_refused(change: dict[str, Any]) -> None:
    record = {**event_json.to_json(steps(np.zeros(1, np.float32))), **change}

    with pytest.raises(ValueError, match=r"."):
        event_json.from_json(record)


@pytest.mark.parametrize(
    "series",
    [
        {},
        [],
        {"loss": []},
        {"loss": [1.0], "accuracy": [1.0, 2.0]},
        {"loss": "NaN"},
        {"": [1.0]},
        {"l" * 101: [1.0]},
        {f"loss {n}": [1.0] for n in range(257)},
    ],
)
def test_series_without_one_value_a_step_and_a_name_are_refused(series: object) -> None:
    record = {
        "event": "SeriesLogged",
        "time": 1.0,
        "first_step": 1,
        "series": series,
        "train_seconds": 1.0,
    }
    with pytest.raises(ValueError, match=r"series|name"):
        event_json.from_json(record)


@pytest.mark.parametrize("name", ["loss", 'a":b', "名前", "a,\n", "NaN"])
def test_a_line_of_series_comes_back_as_it_was(name: str) -> None:
    values = np.array([1.5, np.nan, np.inf, -np.inf, 2.0, -0.0], np.float32)
    event = events.SeriesLogged(
        time=1.0, first_step=1, series={name: values, "b": values}, train_seconds=1.0
    )

    read = event_json.from_line(event_json.to_line(event))

    assert isinstance(read, events.SeriesLogged)
    assert read.series.keys() == event.series.keys()
    assert np.array_equal(read.series[name], values, equal_nan=True)


@pytest.mark.parametrize(
    "rest",
    [
        '"first_step":1,"series":{"a":[1.0],"a":[2.0]},"train_seconds":1.0}',
        '"time":2.0,"first_step":1,"series":{"a":[1.0]},"train_seconds":1.0}',
        '"first_step":1,"series":[],"train_seconds":1.0}',
        '"first_step":1,"series":5,"train_seconds":1.0}',
    ],
)
def test_a_line_of_series_that_no_other_reader_takes_is_not_taken(rest: str) -> None:
    with pytest.raises(ValueError, match=r"series|twice|once|duplicate"):
        event_json.from_line('{"event":"SeriesLogged","time":1.0,' + rest)


@pytest.mark.parametrize("obeys", ["pause", [1], [["pause"]], ["x"] * 65])
def test_names_of_commands_that_are_none_are_refused(obeys: object) -> None:
    record = {
        "event": "RecordingStarted",
        "time": 1.0,
        "program": "train.py",
        "total_steps": 0,
        "batch_size": 0,
        "obeys": obeys,
    }
    with pytest.raises(ValueError, match="obeys"):
        event_json.from_json(record)


def test_a_number_beyond_float32_reads_as_infinite() -> None:
    record = {**event_json.to_json(steps(np.zeros(1, np.float32))), "d_loss": [1e300]}

    read = event_json.from_json(record)

    assert isinstance(read, events.StepsCompleted)
    assert np.isposinf(read.d_loss[0])


FLOATS = st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1)


@given(FLOATS)
def test_a_usual_line_of_steps_is_read_as_any_record_is(values: list[float]) -> None:
    line = event_json.to_line(steps(np.array(values, np.float32)))

    fast, slow = event_json.from_line(line), event_json.from_json(json.loads(line))

    assert isinstance(fast, events.StepsCompleted)
    assert isinstance(slow, events.StepsCompleted)
    for name in ("d_loss", "g_loss", "real_score", "fake_score"):
        mine, others = getattr(fast, name), getattr(slow, name)
        assert mine.tobytes() == others.tobytes()
        assert mine.dtype == others.dtype
        assert not mine.flags.writeable
    assert event_json.to_line(fast) == event_json.to_line(slow)


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ('"d_loss":[0.5', '"d_loss":[true', "d_loss: received True"),
        ('"d_loss":[0.5', '"d_loss":[null', "d_loss: received None"),
        ('"d_loss":[0.5', '"d_loss":["0.5"', "d_loss: received '0.5'"),
        ('"d_loss":[0.5', '"d_loss":[[0.5]', r"d_loss: received \[0.5\]"),
        ('"d_loss":[0.5,', '"d_loss":[', "received .* values, expected one per step"),
        ('"d_loss":[0.5,', '"d_loss":[0.5,,', "."),
        ('"d_loss":[0.5', '"d_loss":[0.5.5', "."),
        ('"d_loss"', '"d_loss1"', "not a complete StepsCompleted"),
        ('"first_step":1', '"first_step":-1', "first_step: received -1"),
        ('"first_step":1', '"first_step":1.5', "first_step: received 1.5"),
        ('"first_step":1', '"first_step":1,"first_step":1', "."),
        ('"time":1.0', '"time":-1.0', "time: received -1.0"),
        ('"train_seconds":0.5', '"train_seconds":-0.5', "train_seconds: received -0.5"),
    ],
)
def test_a_line_of_steps_that_is_damaged_is_refused(before: str, after: str, what: str) -> None:
    line = event_json.to_line(steps(np.array([0.5, 0.25], np.float32)))
    assert before in line

    with pytest.raises(ValueError, match=what):
        event_json.from_line(line.replace(before, after, 1))


def test_a_whole_number_or_one_beyond_float32_may_be_a_loss() -> None:
    line = event_json.to_line(steps(np.array([0.5, 0.25], np.float32)))

    read = event_json.from_line(line.replace("[0.5,0.25]", "[2,1e300]"))

    assert isinstance(read, events.StepsCompleted)
    assert read.d_loss.tolist() == [2.0, float("inf")]


def steps(d_loss: np.ndarray) -> events.StepsCompleted:
    zeros = np.zeros(len(d_loss), np.float32)
    return events.StepsCompleted(
        time=1.0,
        first_step=1,
        d_loss=d_loss,
        g_loss=zeros,
        real_score=zeros,
        fake_score=zeros,
        train_seconds=0.5,
        steps_per_execution=1,
    )


def test_the_end_of_a_pause_in_an_older_log_is_read_by_its_former_name() -> None:
    assert event_json.from_line('{"event":"Resumed","time":1.0,"step":7}') == events.Unpaused(
        time=1.0, step=7
    )
