"""Damage to files that a program reads: values out of range, flipped bytes, and worse, by seed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from gan.events import KINDS
from gan.run import event_json
from tests import fakes

if TYPE_CHECKING:
    from random import Random

VALUES: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, -1, 1, -0.0, 0.5, 1e-300, 5e-324, 1e300, -1e300, 1e12, 1e13),
    *(2**31, 2**53, 2**53 + 1, 2**63, -(2**63), 10**400, -(10**400), 300_000_000, 41_000_000_000),
    *("", "NaN", "Infinity", "-Infinity", "\0", "\x1b]0;x\x07", "\ud800", "\udcff", "é" * 3000),
    *("samples/000020.png", "../../../../etc/passwd", "StepsCompleted", "training", "x" * 100_000),
    *(
        [],
        {},
        [[]],
        [1],
        [None],
        ["NaN"],
        [10**400],
        [1e300, -1e300],
        [0.1] * 1000,
        [*range(300)],
    ),
    *({"step": 1}, {"preset": [[["mlp"]]]}, {"preset": 10**400, "loss": {}}, float("nan")),
    float("inf"),
)
"""Values that belong in no field, or in few."""

RAW: Final[tuple[bytes, ...]] = (
    *(b"", b"\0" * 64, b"\xff\xfe", b"\xef\xbb\xbf{}", b"[" * 5000, b'{"a":' * 5000, b"1" * 5000),
    *(
        b'{"event":"Noted","event":"Noted"}',
        b"null",
        b"{}",
        b"[]",
        b'"Noted"',
        b"1e999",
        b"-",
        b"{",
    ),
    *(b'{"event":"Noted","time":' + b"9" * 5000 + b',"text":"x"}', b"\r", b"\x1b[2J", b"}\0{"),
    b'{"event":"Noted","time":1,"text":' + b"[" * 900 + b"]" * 900 + b"}",
    b'{"event":"RunStarted","time":1,"name":"a","run_dir":"/a","resumed_from":null,'
    b'"train_seconds":0,"config":{"preset":' + b"[" * 900 + b"]" * 900 + b"}}",
)
"""Lines that no program wrote as an event."""


def genuine_lines() -> list[bytes]:
    """A log with every kind of event, as a run writes it."""
    story = [*fakes.training(), *fakes.measured(), *fakes.diverged(), *fakes.failed()]
    story += [*fakes.paused(), *fakes.raw(), *fakes.finished()]
    story += [fakes.steps(first, 7) for first in range(41, 200, 7)]
    return [event_json.to_line(event).encode() for event in story]


def damaged_line(line: bytes, random: Random) -> bytes:
    """One line with one thing wrong, which may be another line altogether."""
    how = random.randrange(10)
    if how < 6:
        return _with_other_value(line, random)
    if how == 6:
        return random.choice(RAW)
    return damaged_bytes(line, random)


def damaged_bytes(data: bytes, random: Random) -> bytes:
    """The data with a few bytes changed, left out or repeated."""
    changed = bytearray(data)
    for _ in range(random.randint(1, 4)):
        place = random.randrange(len(changed) + 1)
        end = min(place + random.randint(1, 20), len(changed))
        part = [
            bytes(random.randrange(256) for _ in range(end - place)),
            b"",
            bytes(changed[place:end]) * 2,
            random.choice((b"9" * 30, b"-", b"e999", b"[", b"}", b'"', b"\0", b"\xff", b"NaN")),
        ]
        changed[place:end] = random.choice(part)
    return bytes(changed)


def damaged_record(record: dict[str, Any], random: Random) -> bytes:
    """A JSON object with one value exchanged, wherever it is, or an entry left out or added."""
    place = record
    names = list(place)
    while names:
        name = random.choice(names)
        inner = place[name]
        if isinstance(inner, dict) and inner and random.random() < 0.7:
            place, names = inner, list(inner)
            continue
        if random.random() < 0.1:
            del place[name]
        else:
            place[name] = random.choice(VALUES)
        break
    return json.dumps(record).encode("utf-8", "surrogatepass")


def _with_other_value(line: bytes, random: Random) -> bytes:
    record = json.loads(line)
    if random.random() < 0.1:
        record["event"] = random.choice(list(KINDS))
        return json.dumps(record).encode()
    return damaged_record(record, random)
