"""All that a run's log says, read once, for commands that don't follow the run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gan.export.up_to_step import UpToStep
from tui.model.compared_run import ComparedRun, read

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.run.run_reader import RunReader


def read_whole(
    reader: RunReader,
    last_step: int | None = None,
    report: Callable[[str], None] = lambda words: None,  # noqa: ARG005 - nobody is told
) -> ComparedRun:
    """The run as far as its log reaches now, or up to a step.

    Args:
        reader: Of the run; nothing was read with it yet.
        last_step: Where to end; `None` for all.
        report: Called with how far the reading is.
    """
    run, cut = ComparedRun(description=reader.description), UpToStep(last_step)
    while True:
        reading = reader.read()
        if reading.restarted:
            cut = UpToStep(last_step)
        run = read(run, replace(reading, events=cut.kept(reading.events)))
        if not reading.events:
            return run
        report(f"reading the log: {reading.share:.0%}")
