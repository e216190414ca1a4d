"""Records the run that `gan-tui --demo` plays: `python -m tests.record_demo [RUN]`.

Without RUN it trains one: `mlp` on the built-in digits for 2,400 steps, about a minute on two
cores. Only the path of the run's directory is left out of its log; nothing else is changed.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gan.events import RunStarted, SamplesDrawn
from gan.run.directory import RunDirectory
from gan.run.event_json import from_line
from gan.run.live import read_examples
from gan.run.samples import read_samples
from tui.demo.recording import FOLDER, write_recording

if TYPE_CHECKING:
    from gan.events import Event

RUN = "--no-ui --preset mlp --data synthetic --steps 2400 --sample-every 60 --evaluate-every 400"


def main() -> None:
    """Record the run that is named, or a new one."""
    if len(sys.argv) > 1:
        record(RunDirectory(Path(sys.argv[1])), FOLDER)
        return
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-m", "tui", *RUN.split(), "--runs", folder]
        subprocess.run(words, check=True)
        record(RunDirectory(next(Path(folder).iterdir())), FOLDER)


def record(run: RunDirectory, folder: Path) -> None:
    """Write a run that has ended as the files that `tui.demo.recording` reads."""
    events = [_anywhere(from_line(line)) for line in run.log_path.read_bytes().splitlines()]
    paths = [event.path for event in events if isinstance(event, SamplesDrawn) and event.path]
    grids = np.stack([read_samples(run, path) for path in paths])
    examples = read_examples(run)
    assert examples is not None
    write_recording(folder, events, grids, examples)


def _anywhere(event: Event) -> Event:
    """The event without the path of a folder of this machine."""
    return replace(event, run_dir="") if isinstance(event, RunStarted) else event


if __name__ == "__main__":
    main()
