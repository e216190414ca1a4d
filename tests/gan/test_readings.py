"""Readings of machines, on their way between processes and through a file."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from gan.readings import (
    MAX_GPUS,
    GpuReading,
    MachineReading,
    WorkerReading,
    from_json,
    to_json,
    worker_from_json,
    worker_to_json,
)

GPU = GpuReading(name="H100", index=3, utilisation=87.0, memory_used=12, memory_total=80)
READING = MachineReading(process_cpu=187.4, machine_cpu=96.0, memory=2**30, gpus=(GPU,))


def through_json(value: Any) -> Any:
    return json.loads(json.dumps(value))


def test_what_is_written_is_read_back() -> None:
    assert from_json(through_json(to_json(READING))) == READING
    worker = WorkerReading(worker=1, host="gpu2", machine=READING)
    assert worker_from_json(through_json(worker_to_json(worker))) == worker


def test_what_a_newer_version_adds_is_left_out() -> None:
    record = through_json(to_json(READING))
    record["fans"] = 8
    record["gpus"][0]["clock"] = 1980
    assert from_json(record) == READING


@pytest.mark.parametrize(
    "changes",
    [
        {"memory": None},
        {"memory": "much"},
        {"memory": True},
        {"process_cpu": -1.0},
        {"machine_cpu": math.nan},
        {"process_cpu": math.inf},
        {"gpus": 1},
        {"gpus": [to_json(READING)["gpus"][0]] * (MAX_GPUS + 1)},
        {"gpus": [{"name": "H100"}]},
        {"gpus": [{"name": 7, "index": 0}]},
        {"gpus": [{"name": "x" * 300, "index": 0}]},
        {"gpus": [{"name": "H100", "index": 0, "power": "100 W"}]},
        {"gpus": ["H100"]},
    ],
)
def test_anything_else_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected"):
        from_json({**to_json(READING), **changes})


@pytest.mark.parametrize(
    "record", [None, [], {"worker": -1, "host": "a"}, {"worker": 1}, {"worker": "1", "host": "a"}]
)
def test_a_worker_needs_a_number_and_a_host(record: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        worker_from_json(record)
