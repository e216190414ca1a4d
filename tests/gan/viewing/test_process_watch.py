"""What a viewer says once the process that trains is gone."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from gan.disk.process import ProcessIdentity
from gan.run.config_file import write_recorded_config
from gan.run.creation import create_run
from gan.viewing.process_watch import ProcessWatch
from tests.tui.composing import make_run

if TYPE_CHECKING:
    from pathlib import Path

    from gan.run.directory import RunDirectory

GONE = replace(ProcessIdentity.current(), start_ticks=1)


def said_of(run: RunDirectory) -> list[str]:
    """What is said of a run whose process is gone."""
    run.status_path.write_text(json.dumps({**GONE.to_json(), "sequence": 1, "exit_code": None}))
    said: list[str] = []
    watch = ProcessWatch(run, lambda: 0.0, said.append)
    watch.read_status()
    watch.judge()
    watch.judge()
    return said


def test_of_a_run_that_died_it_says_once_how_to_go_on(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")

    line = f"the process that trained it is gone. gan-tui --resume {run.path} goes on"
    assert said_of(run) == [line]


def test_a_recorded_loop_that_died_is_not_said_to_be_resumable(tmp_path: Path) -> None:
    run = create_run(tmp_path / "run")
    write_recorded_config(run, "train.py", {}, environment={}, command_line=[])

    assert said_of(run) == ["the process that trained it is gone"]
