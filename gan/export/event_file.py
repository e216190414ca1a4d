"""TensorBoard's event files: records with their checksums, those of many steps made at once.

A record is a protocol buffer, framed by its length and two CRC-32C. tensorboardX makes both one
by one in Python, which takes longer than a step of a small network. The records of steps differ in
numbers alone, so here NumPy fills them in and sums their checksums up.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gan.events import Floats

    Bytes = npt.NDArray[np.uint8]
    Words = npt.NDArray[np.uint32]

    Record = Any
    """TensorBoard's own `Event`, a protocol buffer; tensorboardX publishes no types."""

VERSION: Final = "brain.Event:2"
"""What the first record of an event file says."""

_LENGTH: Final = struct.Struct("<Q")
_CHECKSUM: Final = struct.Struct("<I")
_BEFORE: Final = _LENGTH.size + _CHECKSUM.size
"""Bytes of a frame before the record."""

_POLYNOMIAL: Final = 0x82F63B78
"""That of CRC-32C, with its lowest power first."""

_MASK: Final = 0xA282EAD8
_TIME: Final = slice(1, 9)
"""Where a record has its time: behind the tag of its first field."""

_STEP: Final = 10
"""Where its step begins."""

_FLOAT: Final = 4


def first_record(time: float) -> Record:
    """What an event file begins with.

    Args:
        time: Seconds since the Unix epoch.
    """
    from tensorboardX.proto import event_pb2

    return event_pb2.Event(wall_time=time, file_version=VERSION)


def purging_record(time: float, step: int) -> Record:
    """What has TensorBoard forget all that it has read of this step and of later ones."""
    from tensorboardX.proto import event_pb2

    start = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
    return event_pb2.Event(wall_time=time, step=step, session_log=start)


def framed(record: Record) -> bytes:
    """One record as it stands in an event file."""
    data = record.SerializeToString()
    length = _LENGTH.pack(len(data))
    return b"".join([length, _packed_checksum(length), data, _packed_checksum(data)])


def framed_steps(first_step: int, times: Sequence[float], columns: Mapping[str, Floats]) -> bytes:
    """A record for each of some steps, with a scalar of every tag, as they stand in an event file.

    Args:
        first_step: The first of these steps, at least 1.
        times: When each was made, in seconds since the Unix epoch; none is 0.
        columns: The values by tag, each one as long as `times`.
    """
    count, parts, begin = len(times), [], 0
    while begin < count:
        # A step takes one byte for every seven bits.
        width = _varint_width(first_step + begin)
        end = min(count, (1 << 7 * width) - first_step)
        part = {tag: values[begin:end] for tag, values in columns.items()}
        layout = _layout(width, tuple(columns))
        parts.append(_filled(layout, first_step + begin, times[begin:end], part))
        begin = end
    return b"".join(parts)


@dataclass(frozen=True, slots=True)
class _Layout:
    """The frame of a record of a step, and where in the record its numbers go."""

    frame: Bytes
    """With the checksum of the length; any numbers, and no checksum of the record."""

    width: int
    """Bytes of the step."""

    values: tuple[slice, ...]
    """Where each value is."""

    places: npt.NDArray[np.intp]
    """Every byte that a number is in."""

    added: Words
    """What each byte adds to the checksum at each of these places, places x 256."""

    constant: np.uint32
    """What all other bytes make of it."""

    def checksums(self, records: Bytes) -> Words:
        """The CRC-32C of each row, n x length.

        It is linear: by `xor` what each place adds to it.
        """
        each = self.added[np.arange(len(self.places)), records[:, self.places]]
        sums: Words = np.bitwise_xor.reduce(each, axis=1) ^ self.constant
        return sums


def _filled(
    layout: _Layout, first_step: int, times: Sequence[float], columns: Mapping[str, Floats]
) -> bytes:
    """As `framed_steps`, for steps that take equally many bytes."""
    frames = np.tile(layout.frame, (len(times), 1))
    records, width = frames[:, _BEFORE : -_CHECKSUM.size], layout.width
    records[:, _TIME] = np.asarray(times, "<f8").view(np.uint8).reshape(-1, 8)
    steps = np.arange(first_step, first_step + len(times))[:, None] >> 7 * np.arange(width)
    records[:, _STEP : _STEP + width] = (steps & 0x7F) | ([0x80] * (width - 1) + [0])
    for place, values in zip(layout.values, columns.values(), strict=True):
        records[:, place] = np.ascontiguousarray(values, "<f4").view(np.uint8).reshape(-1, _FLOAT)
    sums = _masked(layout.checksums(records)).astype("<u4")
    frames[:, -_CHECKSUM.size :] = sums.view(np.uint8).reshape(-1, _CHECKSUM.size)
    return frames.tobytes()


@lru_cache(maxsize=16)
def _layout(width: int, tags: tuple[str, ...]) -> _Layout:
    """The layout of records with steps of so many bytes, and these tags."""
    from tensorboardX.crc32c import crc32c
    from tensorboardX.proto import event_pb2, summary_pb2

    step = 1 << 7 * (width - 1)
    summary = summary_pb2.Summary(value=[_value(tag) for tag in tags])
    record = event_pb2.Event(wall_time=1.0, step=step, summary=summary).SerializeToString()
    length = _LENGTH.pack(len(record))
    frame = b"".join([length, _packed_checksum(length), record, bytes(_CHECKSUM.size)])
    ends = [len(record)]
    for tag in reversed(tags):
        # Each is framed by a tag and a length of a byte.
        ends.append(ends[-1] - len(_value(tag).SerializeToString()) - 2)
    values = tuple(slice(end - _FLOAT, end) for end in reversed(ends[:-1]))
    numbers = [_TIME, slice(_STEP, _STEP + width), *values]
    places = np.concatenate([np.arange(one.start, one.stop) for one in numbers])
    added = _sums_of_places(len(record))[places]
    data = np.frombuffer(record, np.uint8)
    those = np.bitwise_xor.reduce(added[np.arange(len(places)), data[places]])
    constant = np.uint32(crc32c(record)) ^ those
    return _Layout(np.frombuffer(frame, np.uint8), width, values, places, added, constant)


def _value(tag: str) -> Record:
    from tensorboardX.proto import summary_pb2

    return summary_pb2.Summary.Value(tag=tag, simple_value=1.0)


def _varint_width(number: int) -> int:
    return max(1, -(-number.bit_length() // 7))


def _packed_checksum(data: bytes) -> bytes:
    from tensorboardX.crc32c import crc32c

    return _CHECKSUM.pack(int(_masked(np.array([crc32c(data)], np.uint32))[0]))


def _masked(sums: Words) -> Words:
    """Checksums as event files have them, for data that may hold checksums themselves."""
    turned = (sums >> np.uint32(15)) | (sums << np.uint32(17))
    return turned + np.uint32(_MASK)


def _sums_of_places(length: int) -> Words:
    """What each byte adds to the checksum at each place of so many, length x 256."""
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = (table >> np.uint32(1)) ^ (np.uint32(_POLYNOMIAL) * (table & np.uint32(1)))
    added = np.empty((length, 256), np.uint32)
    sums = table
    for place in reversed(range(length)):
        added[place] = sums
        sums = table[sums & np.uint32(0xFF)] ^ (sums >> np.uint32(8))
    return added
