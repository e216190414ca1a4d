"""Runs on disk as processes leave them, made without training: for whoever lists or shows runs."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gan.config import RunConfig
from gan.disk.process import ProcessIdentity
from gan.events import Phase
from gan.progress import Best, RunProgress, to_json
from gan.run.config_file import write_config
from gan.run.creation import create_numbered_run
from gan.run.status import SCHEMA_VERSION, exit_reason

if TYPE_CHECKING:
    from pathlib import Path

    from gan.run.directory import RunDirectory

NOW = 1_700_000_000.0

HERE = ProcessIdentity.current()
"""This process, which runs."""

GONE = replace(HERE, pid=2**22 + 1)
"""A process of this machine that does not run: Linux gives no larger ids than 2**22."""

ELSEWHERE = replace(HERE, host="node-17", boot_id="another boot", machine_id="another")
"""A process of another machine."""

TRAINING = RunProgress(
    phase=Phase.TRAINING,
    preset="mlp",
    data="mnist",
    step=1200,
    total_steps=11_700,
    batch_size=256,
    steps_per_second=94.0,
    d_loss=0.693,
    g_loss=1.234,
    evaluated_step=1000,
    fd=9.77,
    bests=(Best(800, 8.21, "mnist-1", 10_000),),
)
FINISHED = replace(
    TRAINING, phase=Phase.FINISHED, step=11_700, completed=True, exit_code=0, steps_per_second=90.0
)


def record_of(
    progress: RunProgress, process: ProcessIdentity = GONE, *, age: float = 60.0, sequence: int = 5
) -> dict[str, Any]:
    """The content of a `status.json` that was written `age` seconds before `NOW`."""
    return {
        "schema_version": SCHEMA_VERSION,
        **to_json(progress),
        "exit_reason": exit_reason(progress),
        "heartbeat": NOW - age,
        "sequence": sequence,
        **process.to_json(),
    }


def recorded(
    runs: Path,
    progress: RunProgress = FINISHED,
    process: ProcessIdentity = GONE,
    *,
    label: str = "mlp-mnist",
    age: float = 60.0,
    **changes: Any,
) -> RunDirectory:
    """A numbered run with a configuration and a status, of which `changes` replace fields."""
    run = create_numbered_run(runs, label)
    config = RunConfig.resolve({"data": "synthetic", "preset": "tutorial"})
    write_config(run, config, environment={}, command_line=[])
    write_status(run, record_of(progress, process, age=age) | changes)
    return run


def write_status(run: RunDirectory, record: Any) -> None:
    """Replace the status as a process does: another file under the same name."""
    new = run.path / ".status"
    new.write_text(record if isinstance(record, str) else json.dumps(record), encoding="utf-8")
    new.replace(run.status_path)
