"""Events as JSON objects, one per line, and back.

Standard JSON has no NaN, so a non-finite value is the string `NaN`, `Infinity` or `-Infinity`. A
float32 is written with nine significant digits, which read back to the same bits. Lines are ASCII,
so that undecodable bytes and escape codes in a path do no harm. Every field is checked when it is
read back, its type and its range, so a damaged log can't put a string where a step belongs, or a
time that no clock can show.
"""

from __future__ import annotations

import dataclasses
import json
import math
import struct
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import orjson

from gan import events
from gan.disk.json_text import read_json
from gan.events import Event, Floats, Labels, Names, Phase, Series

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_FORMER_KINDS: Final = {"Resumed": "Unpaused"}
"""Names that events had in the logs of older versions."""

_PLAIN: Final[dict[str, tuple[type, ...]]] = {
    "str": (str,),
    "int": (int,),
    "bool": (bool,),
    "str | None": (str, type(None)),
    "int | None": (int, type(None)),
    "dict[str, Any]": (dict,),
}
"""Types of the fields that JSON holds unchanged, by annotation."""

MAX_LINE: Final = 16 << 20
"""The longest line that is read, in bytes: some 300,000 steps, far more than one event holds."""

MAX_INTEGER: Final = 2**53
"""The largest step, count or size: JSON readers in other languages read no larger one exactly."""

MAX_LABEL: Final = 2**63 - 1
"""The largest label, and minus the smallest."""

MAX_CLASSES: Final = 65_536
"""The most classes of a census."""

MAX_SERIES: Final = 256
"""The most series that a recorded loop logs."""

MAX_NAME: Final = 100
"""The longest name of a series, in characters."""

MAX_NAMES: Final = 64
"""The most names in a list of them."""

_FLOAT_RANGES: Final[dict[str, tuple[float, float, str]]] = {
    "float": (-math.inf, math.inf, "a number"),
    "Time": (0, 253_402_300_799, "seconds since 1970, before the year 10000"),
    "Seconds": (0, 1e12, "seconds from 0 to 1e12"),
}
"""The range of a number by annotation, and its description. NaN is only in the first."""

_STEPS: Final = b'{"event":"StepsCompleted",'
"""How a line of steps begins."""

_SERIES: Final = b'{"event":"SeriesLogged",'
"""How a line of a recorded loop's series begins."""

_IN_NUMBERS: Final = b"0123456789.,-+eE"
"""What is left out of a line to see what stands between its numbers."""

_STEPS_FIELDS: Final = dataclasses.fields(events.StepsCompleted)
_STEPS_KEYS: Final = {"event", *(field.name for field in _STEPS_FIELDS)}
_STEPS_LISTS: Final = [field.name for field in _STEPS_FIELDS if field.type == "Floats"]
_STEPS_OTHERS: Final = [
    (field, *_FLOAT_RANGES.get(str(field.type), (math.inf, -math.inf))[:2])
    for field in _STEPS_FIELDS
    if field.type != "Floats"
]
"""The other fields, each with the range of its floats, which is empty where none belong."""

_USUAL_STEPS: Final = (
    _STEPS
    + b"".join(
        f'"{field.name}":{"[]" if field.type == "Floats" else ""}'.encode()
        for field in _STEPS_FIELDS
    )
    + b"}"
).translate(None, _IN_NUMBERS)
"""A line of steps as it is written, without its numbers."""

_NOT_FINITE: Final = ("NaN", "Infinity", "-Infinity")
_LEFT_OUT: Final = {
    "Images": events.no_images(),
    "Frames": np.zeros((0, events.SAMPLES, events.IMAGE_SIDE, events.IMAGE_SIDE), np.uint8),
}
"""Fields that no line holds, by annotation, and their value when a line is read back."""


def to_line(event: Event) -> str:
    """The event as one line of JSON, without the newline."""
    members = [f'"event":"{type(event).__name__}"']
    members += [f'"{name}":{_text(value)}' for name, value in _kept(event)]
    return f"{{{','.join(members)}}}"


def to_json(event: Event) -> dict[str, Any]:
    """The event as a dictionary of plain JSON values, without images."""
    return {
        "event": type(event).__name__,
        **{name: _encode(value) for name, value in _kept(event)},
    }


def from_line(line: str | bytes) -> Event:
    """Read an event back.

    Raises:
        ValueError: The line is not an event: too long, not JSON, an unknown kind, or a field
            missing, of the wrong type or out of range.
    """
    if len(line) > MAX_LINE:
        raise ValueError(f"received {len(line):,} bytes, expected at most {MAX_LINE:,}")
    data = line.encode() if isinstance(line, str) else line
    if data.startswith(_STEPS):
        return _usual_steps(data) or from_json(_fast_record(data) or read_json(line))
    if data.startswith(_SERIES):
        return from_json(_fast_record(data) or read_json(line))
    return from_json(read_json(line))


def _fast_record(data: bytes) -> dict[str, Any] | None:
    """A line of steps or series, read by the faster reader; `None` if it is unusual.

    Nearly all of a log is these. What the faster reader takes and `read_json` refuses is a key that
    stands twice: then there are more keys in the text than in the record.
    """
    try:
        record = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    series = record.get("series")
    keys = len(record) + (len(series) if isinstance(series, dict) else 0)
    return record if keys == data.count(b'":') else None


def _usual_steps(data: bytes) -> events.StepsCompleted | None:
    """The event of a line as `to_line` writes it with finite numbers; `None` for any other.

    A log of ten million steps is read in seconds, so no list is looked through: where nothing but
    what numbers are made of stands between the names, the lists hold nothing else.
    """
    if data.translate(None, _IN_NUMBERS) != _USUAL_STEPS:
        return None
    try:
        record = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    # A digit or a sign may still be in a name.
    if record.keys() != _STEPS_KEYS:
        return None
    lists = [record[name] for name in _STEPS_LISTS]
    count = len(lists[0])
    if not count or set(map(len, lists)) != {count}:
        return None
    try:
        numbers = b"".join([struct.pack(f"{count}d", *values) for values in lists])
    except OverflowError:
        return None
    with np.errstate(over="ignore"):
        arrays = np.frombuffer(numbers, np.float64).astype(np.float32).reshape(len(lists), count)
    arrays.setflags(write=False)
    values: dict[str, Any] = dict(zip(_STEPS_LISTS, arrays, strict=True))
    for field, minimum, maximum in _STEPS_OTHERS:
        value = record[field.name]
        is_plain = type(value) is float and minimum <= value <= maximum
        values[field.name] = value if is_plain else _decode(field, value)
    return events.StepsCompleted(**values)


def from_json(record: dict[str, Any]) -> Event:
    """Read an event back from its dictionary.

    Raises:
        ValueError: The record is not an event.
    """
    kind = record.get("event") if isinstance(record, dict) else record
    kind_class = events.KINDS.get(_FORMER_KINDS.get(kind, kind)) if isinstance(kind, str) else None
    if kind_class is None:
        raise ValueError(f"not an event: {kind!r:.80}. Expected one of {', '.join(events.KINDS)}.")
    values = {
        field.name: _decode(field, record.get(field.name))
        for field in dataclasses.fields(kind_class)
        if field.name in record or field.type in _LEFT_OUT
    }
    try:
        event = kind_class(**values)
    except TypeError as error:
        raise ValueError(f"not a complete {kind_class.__name__}: {error}") from None
    if isinstance(event, events.StepsCompleted):
        _require_one_value_a_step(event)
    if isinstance(event, events.QualityMeasured):
        _require_few_classes(event)
    if isinstance(event, events.SeriesLogged):
        _require_series_of_one_length(event)
    return event


def _kept(event: Event) -> Iterator[tuple[str, Any]]:
    """The names and values of the fields that a line holds."""
    for field in dataclasses.fields(event):
        if field.type not in _LEFT_OUT:
            yield field.name, getattr(event, field.name)


def _text(value: Any) -> str:
    """A value as JSON text."""
    if isinstance(value, np.ndarray) and not _has_minus_zero(value):
        # All at once: one by one, a tiny network's losses take longer to write than to compute.
        text = f"[{(len(value) * '%.9g,')[:-1] % tuple(value.tolist())}]"
        return text if np.isfinite(value).all() else _with_quotes(text)
    if isinstance(value, dict) and any(isinstance(member, np.ndarray) for member in value.values()):
        return f"{{{','.join(f'{json.dumps(key)}:{_text(one)}' for key, one in value.items())}}}"
    return json.dumps(_encode(value), allow_nan=False, separators=(",", ":"))


def _with_quotes(text: str) -> str:
    """A list of numbers with those that JSON doesn't have as strings."""
    quoted = text.replace("nan", '"NaN"').replace("inf", '"Infinity"')
    return quoted.replace('-"Infinity"', '"-Infinity"')


def _has_minus_zero(array: Floats) -> bool:
    """Whether there is a -0.0, which JSON's `-0` would turn into the integer 0."""
    return bool(np.signbit(array[array == 0]).any())


def _encode(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _encode(member) for name, member in value.items()}
    if isinstance(value, np.ndarray):
        return [_encode_float(float(f"{number:.9g}")) for number in value.tolist()]
    if isinstance(value, float):
        return _encode_float(value)
    if isinstance(value, Phase):
        return value.value
    return value


def _encode_float(value: float) -> float | str:
    if math.isfinite(value):
        return value
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _decode(field: dataclasses.Field[Any], value: Any) -> Any:
    annotation = str(field.type)
    if annotation in _FLOAT_RANGES:
        return _decode_float(field.name, value, *_FLOAT_RANGES[annotation])
    if annotation in _LEFT_OUT:
        return _LEFT_OUT[annotation]
    if annotation in _READERS:
        return _READERS[annotation](field.name, value)
    if annotation == "Phase":
        return Phase(value)
    if type(value) not in _PLAIN.get(annotation, ()):
        raise ValueError(f"{field.name}: received {value!r:.80}, expected {annotation}")
    if type(value) is int and not 0 <= value <= MAX_INTEGER:
        raise ValueError(
            f"{field.name}: received {value!r:.80}, expected a whole number from 0 to {MAX_INTEGER}"
        )
    return value


def _decode_floats(name: str, value: Any) -> Floats:
    if not isinstance(value, list):
        raise ValueError(  # noqa: TRY004 - the value comes from a file
            f"{name}: received {value!r:.80}, expected a list of numbers"
        )
    # Most lists hold nothing but floats, and there may be millions of them; others hold little but
    # NaN, such as the scores of a loop that logs none.
    is_plain = set(map(type, value)) <= {float}
    numbers = (
        value
        if is_plain
        else [math.nan if one == "NaN" else _decode_float(name, one) for one in value]
    )
    # A number beyond float32 becomes infinite; no warning is needed.
    with np.errstate(over="ignore"):
        array = np.array(numbers, np.float64).astype(np.float32)
    array.setflags(write=False)
    return array


def _decode_labels(name: str, value: Any) -> Labels:
    if not isinstance(value, list) or any(type(label) is not int for label in value):
        raise ValueError(f"{name}: received {value!r:.80}, expected a list of whole numbers")
    if any(abs(label) > MAX_LABEL for label in value):
        raise ValueError(f"{name}: received a label beyond 64 bits, expected labels of the data")
    return tuple(value)


def _decode_names(name: str, value: Any) -> Names:
    if not isinstance(value, list) or any(type(member) is not str for member in value):
        raise ValueError(f"{name}: received {value!r:.80}, expected a list of names")
    if len(value) > MAX_NAMES:
        raise ValueError(f"{name}: received {len(value):,} names, expected at most {MAX_NAMES}")
    return tuple(value)


def _decode_series(name: str, value: Any) -> Series:
    if not isinstance(value, dict) or not 1 <= len(value) <= MAX_SERIES:
        raise ValueError(
            f"{name}: received {value!r:.80}, expected an object of 1 to {MAX_SERIES} series"
        )
    for key in value:
        if not 1 <= len(key) <= MAX_NAME:
            raise ValueError(
                f"{name}: received the name {key!r:.80}, expected 1 to {MAX_NAME} characters"
            )
    return {key: _decode_floats(f"{name}.{key}", values) for key, values in value.items()}


_READERS: Final[dict[str, Callable[[str, Any], Any]]] = {
    "Floats": _decode_floats,
    "Shares": _decode_floats,
    "Labels": _decode_labels,
    "Names": _decode_names,
    "Series": _decode_series,
}
"""What reads a field of several values, by annotation."""


def _decode_float(
    name: str,
    value: Any,
    minimum: float = -math.inf,
    maximum: float = math.inf,
    expected: str = "a number",
) -> float:
    if type(value) not in (int, float) and value not in _NOT_FINITE:
        raise ValueError(f"{name}: received {value!r:.80}, expected {expected}")
    try:
        number = float(value)
    except OverflowError:
        msg = f"{name}: received a number beyond any float, expected {expected}"
        raise ValueError(msg) from None
    # A range without limits is that of a figure, which may be NaN.
    if math.isfinite(minimum) and not minimum <= number <= maximum:
        raise ValueError(f"{name}: received {value!r:.80}, expected {expected}")
    return number


def _require_one_value_a_step(event: events.StepsCompleted) -> None:
    lengths = [len(a) for a in (event.d_loss, event.g_loss, event.real_score, event.fake_score)]
    if lengths != [max(lengths[0], 1)] * len(lengths):
        raise ValueError(
            f"StepsCompleted: received {lengths} values, expected one per step in each"
        )


def _require_series_of_one_length(event: events.SeriesLogged) -> None:
    lengths = {len(values) for values in event.series.values()}
    if len(lengths) != 1 or not min(lengths):
        raise ValueError(
            f"SeriesLogged: received {sorted(lengths)} values, expected one per step in each series"
        )


def _require_few_classes(event: events.QualityMeasured) -> None:
    count = max(len(event.census), len(event.classes))
    if count > MAX_CLASSES:
        raise ValueError(
            f"QualityMeasured: received {count:,} classes, expected at most {MAX_CLASSES:,}"
        )
