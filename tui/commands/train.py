"""`gan-tui train`: from the command line to a plan, and to the front end that shows the run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gan.config import RunConfig
from gan.errors import UsageError
from gan.session.environment import quick_imports
from tui.commands.command_line import say
from tui.commands.train_options import NEWEST, Arguments, parse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gan.run.directory import RunDirectory
    from gan.session.preparation import RunPlan


def main(words: Sequence[str]) -> int:
    """Train, with the dashboard if there is a usable terminal; returns the exit code.

    Args:
        words: The command line, with or without `train` in front. The run's `config.json` records
            it as it is.

    Raises:
        UsageError: The words can't be read, or an option can't be used.
        GanTuiError: The run to resume can't be used.
    """
    arguments = parse(words[1:] if words and words[0] == "train" else words)
    with quick_imports():
        plan = _plan(arguments, words)
    if arguments.no_ui or _lacks_terminal():
        from tui.commands.train_headless import train_headless

        return train_headless(plan, arguments)

    from tui.commands.train_dashboard import train_dashboard

    return train_dashboard(plan, arguments)


def _lacks_terminal() -> bool:
    """Whether there is no terminal for a dashboard; says why."""
    from tui.terminal.stderr_capture import unusable_reason

    reason = unusable_reason(os.environ)
    if reason is not None:
        say(f"no dashboard: {reason}; training as with --no-ui")
    return reason is not None


def _plan(arguments: Arguments, words: Sequence[str]) -> RunPlan:
    """What the session is to do. Whatever needs neither TensorFlow nor data is checked here."""
    from gan.run.config_file import read_config
    from gan.session.preparation import RunPlan

    resume, step = None, None
    if arguments.resume is not None:
        resume, step = _run_to_resume(arguments)
        config = read_config(resume).with_options(arguments.options)
    else:
        config = RunConfig.resolve(arguments.options)
        _require_free(arguments.run_dir)
    return RunPlan(
        config=config,
        runs=arguments.runs,
        run_dir=arguments.run_dir,
        resume=resume,
        resume_step=step,
        command_line=["gan-tui", *words],
    )


def _run_to_resume(arguments: Arguments) -> tuple[RunDirectory, int | None]:
    """The run, and the step of its checkpoint if one was given as RUN@STEP."""
    from gan.run.directory import RunDirectory

    wanted = arguments.resume or NEWEST
    run, at, step = wanted.rpartition("@")
    if not (at and step.isdecimal() and step.isascii()):
        run, step = wanted, ""
    if arguments.run_dir is None:
        return RunDirectory.find(arguments.runs, run or None), int(step) if step else None
    if run != NEWEST:
        msg = (
            f"--resume {wanted} and --run-dir {arguments.run_dir} both name a run. "
            "Give only one of them."
        )
        raise UsageError(msg)
    return RunDirectory.open(arguments.run_dir), int(step) if step else None


def _require_free(run_dir: Path | None) -> None:
    """Refuse an existing directory before anything is loaded."""
    from gan.disk.os_errors import storage_errors

    if run_dir is None:
        return
    with storage_errors("look into", run_dir):
        occupied = any(run_dir.iterdir()) if run_dir.is_dir() else os.path.lexists(run_dir)
    if occupied:
        msg = (
            f"--run-dir: {run_dir} exists and is not an empty folder. "
            "Resume it with --resume, or choose another path."
        )
        raise UsageError(msg)
