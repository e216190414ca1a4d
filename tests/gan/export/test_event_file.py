"""Records as tensorboardX writes them, byte for byte, at a fraction of its time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from tensorboardX import RecordWriter
from tensorboardX.proto import event_pb2, summary_pb2

from gan.export.event_file import framed, framed_steps
from tests import fakes

if TYPE_CHECKING:
    from pathlib import Path


def written_by_tensorboardx(folder: Path, *records: event_pb2.Event) -> bytes:
    path = folder / "expected"
    writer = RecordWriter(str(path))
    for record in records:
        writer.write(record.SerializeToString())
    writer.close()
    return path.read_bytes()


def record(step: int, time: float, **values: float) -> event_pb2.Event:
    scalars = [summary_pb2.Summary.Value(tag=tag, simple_value=one) for tag, one in values.items()]
    summary = summary_pb2.Summary(value=scalars)
    return event_pb2.Event(wall_time=time, step=step, summary=summary)


def test_one_record_is_framed_as_tensorboardx_does(tmp_path: Path) -> None:
    one = record(3, fakes.START, loss=1.5)
    assert framed(one) == written_by_tensorboardx(tmp_path, one)


@pytest.mark.parametrize("first_step", [1, 126, 16_380, 2**35 - 2], ids=str)
def test_many_steps_are_the_records_of_each(first_step: int, tmp_path: Path) -> None:
    d_loss = fakes.floats(1.0, 0.0, -1e30, np.nan, np.inf)
    g_loss = fakes.floats(0.1, 1e-30, 2.0, 3.0, -np.inf)
    times = [fakes.START + place / 7 for place in range(5)]
    columns = {"losses/d_loss": d_loss, "g": g_loss}
    expected = [
        record(
            first_step + place, times[place], **{tag: float(v[place]) for tag, v in columns.items()}
        )
        for place in range(5)
    ]
    found = framed_steps(first_step, times, columns)
    assert found == written_by_tensorboardx(tmp_path, *expected)


@given(some.integers(1, 2**40), some.lists(some.floats(width=32), min_size=1, max_size=20))
def test_any_steps_and_values_are_framed_alike(first_step: int, values: list[float]) -> None:
    times = [fakes.START] * len(values)
    column = np.array(values, np.float32)
    together = framed_steps(first_step, times, {"tag": column})
    one_by_one = b"".join(
        framed_steps(first_step + place, [fakes.START], {"tag": column[place : place + 1]})
        for place in range(len(values))
    )
    assert together == one_by_one


def test_no_steps_are_no_bytes() -> None:
    assert framed_steps(1, [], {"tag": fakes.floats()}) == b""
