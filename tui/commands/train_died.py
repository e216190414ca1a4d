"""How a training process died, for the person at the terminal and in its run's status and log.

The parent process calls this when the one that trains is dead, so it loads neither TensorFlow nor
Textual.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Final

from gan.errors import GanTuiError
from gan.text.safe_text import PATH_LIMIT, safe_text
from tui.supervision.terminal_state import write_line

if TYPE_CHECKING:
    from gan.machine.breakdowns import Breakdown
    from tui.supervision.link import Link
    from tui.supervision.parent import Ending

_LINES: Final = 12
"""How many of the last captured lines are printed."""

_LINES_READ: Final = 100
"""How many are read: a stack trace may follow the line that says what has happened."""

_CAUSES: Final[dict[int, str]] = {
    signal.SIGSEGV: "native code accessed memory that it must not access",
    signal.SIGBUS: "native code accessed memory that is not there",
    signal.SIGABRT: "native code aborted it",
    signal.SIGFPE: "native code made an arithmetic error",
    signal.SIGILL: "native code has an instruction that this processor lacks",
    signal.SIGTRAP: "native code aborted it",
    signal.SIGSYS: "it made a system call that is forbidden here",
    signal.SIGKILL: "someone killed it, or the system did because memory ran out",
}
"""Why a signal killed the process, as far as its number says."""

_FROM_CODE: Final = _CAUSES.keys() - {signal.SIGKILL}


def report_death(ending: Ending, link: Link) -> None:
    """Print the last captured lines and how the process died, and record it in the run."""
    notes = link.notes()
    words, found = cause(ending), None
    try:
        lines = link.last_lines(_LINES_READ)
        found = _breakdown(ending, lines)
        for line in lines[-_LINES:]:
            write_line(safe_text(line))
    except OSError as error:
        _say(f"cannot read what libraries printed: {error.filename}: {error.strerror}")
    if found is not None:
        broken, cited = found
        words = f"{words}, because {broken.what} ({cited}). What helps: {broken.helps}"
    if "run_dir" not in notes:
        _say(f"{words}; there was no run yet" if found else f"{words}, before there was a run")
        return
    _say(words)
    run_dir = notes["run_dir"]
    try:
        step = _record(run_dir, ending, words)
    except GanTuiError as error:
        _say(str(error))
        return
    if step is None:
        _say(f"the run has no checkpoint yet; it is in {run_dir}")
    else:
        on_cpu = ", on the CPU with --device cpu" if found else ""
        _say(f"its newest checkpoint is that of step {step:,}: gan-tui --resume {run_dir}{on_cpu}")


def _breakdown(ending: Ending, lines: list[str]) -> tuple[Breakdown, str] | None:
    """What has happened to the GPU of a process that native code has ended, in which words."""
    if ending.signal not in _FROM_CODE:
        return None

    from gan.machine.breakdowns import fatal_breakdown

    return fatal_breakdown(lines)


def cause(ending: Ending) -> str:
    """How the process ended, in one clause."""
    if ending.signal is None:
        return f"the training process exited with code {ending.exit_code} without ending the run"
    name = _name(ending.signal)
    if ending.signal not in _CAUSES:
        return f"{name} ended the training process"
    return f"the training process died of {name}: {_CAUSES[ending.signal]}"


def _record(run_dir: str, ending: Ending, words: str) -> int | None:
    """Record the death in the run; returns the step of its newest checkpoint.

    Raises:
        GanTuiError: Another process uses the run, or the disk refused.
    """
    from pathlib import Path

    from gan.run.death import record_death
    from gan.run.directory import RunDirectory

    error = "Exit" if ending.signal is None else _name(ending.signal)
    return record_death(
        RunDirectory(Path(run_dir)),
        pid=ending.pid,
        exit_code=ending.exit_code,
        error=error,
        message=words,
    )


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _say(text: str) -> None:
    write_line(safe_text(f"gan-tui: {text}", PATH_LIMIT))
