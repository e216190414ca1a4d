"""How a training process died, for the person at the terminal and in its run's status and log.

The parent process calls this when the one that trains is dead, so it loads neither TensorFlow nor
Textual.
"""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING, Final

from gan.errors import GanTuiError
from gan.machine.breakdowns import fatal_breakdown
from gan.text.safe_text import PATH_LIMIT, safe_text
from tui.supervision.terminal_state import write_line

if TYPE_CHECKING:
    from tui.supervision.link import Link
    from tui.supervision.parent import Ending

_LINES: Final = 12
"""How many of the last captured lines are printed."""

_LINES_LOOKED_AT: Final = 200

_IN_PASSING: Final = re.compile(
    # absl's and TensorFlow's own prefixes of information and warnings, and what absl says first.
    r"[IW]\d{4} |\d{4}-\d\d-\d\d [\d:.]+: [IW] |WARNING: All log messages before absl"
    r"|To enable the following instructions: "
)
"""The beginnings of lines that every start prints, and that tell nothing of a death."""

_FROM_OUTSIDE: Final = frozenset(
    {signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT}
)
"""What somebody else sends: the process itself printed nothing about it."""

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


def report_death(ending: Ending, link: Link) -> None:
    """Print how the process died and what it said of that, and record the death in the run."""
    notes = link.notes()
    lines = _last_lines(ending, link)
    words, found = cause(ending), fatal_breakdown(lines)
    if found is not None:
        broken, cited = found
        words = f"{words}, because {broken.what} ({cited}). What helps: {broken.helps}"
    early = "; there was no run yet" if found else ", before there was a run"
    if "worker" in notes:
        early = f"; it was {notes['worker']}, and the run is worker 0's"
    _say(words if "run_dir" in notes else f"{words}{early}")
    for line in [line for line in lines if not _IN_PASSING.match(line)][-_LINES:]:
        write_line(safe_text(line))
    if "run_dir" not in notes:
        return
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
        _say(f"its newest checkpoint is that of step {step:,}: {notes['resume']}{on_cpu}")


def _last_lines(ending: Ending, link: Link) -> list[str]:
    """The last captured lines, which may say why native code ended the process."""
    if ending.signal in _FROM_OUTSIDE:
        return []
    try:
        return link.last_lines(_LINES_LOOKED_AT)
    except OSError as error:
        _say(f"cannot read what libraries printed: {error.filename}: {error.strerror}")
        return []


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
