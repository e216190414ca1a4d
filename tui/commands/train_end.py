"""How a run ended, for the terminal, and what native libraries printed, for the run's directory."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gan.disk.streams import divert
from gan.errors import GanTuiError
from tui.commands.command_line import say
from tui.commands.resume_command import resume_words

if TYPE_CHECKING:
    from gan.events import Event
    from gan.progress import RunProgress
    from gan.session.preparation import RunPlan
    from gan.strategy.cluster import Cluster
    from tui.supervision.link import Link
    from tui.terminal.stderr_capture import StderrCapture


class StderrLog:
    """A listener that keeps the captured standard error in the run's directory, within bounds.

    It notes for the parent process where that is, and whether the run has recorded its end.
    """

    def __init__(
        self, capture: StderrCapture, link: Link | None, cluster: Cluster | None = None
    ) -> None:
        """Begin before there is a run.

        Args:
            capture: What native libraries print.
            link: Leads to the parent process, if there is one.
            cluster: The processes that train together; `None` for this one alone.
        """
        self.capture = capture
        self.cluster = cluster
        self._link = link
        self.failure = ""
        """Why the file couldn't be moved or trimmed; empty if it could."""

    def __call__(self, event: Event) -> None:
        """Move the file once the run has a directory; trim it at every other event.

        A failure does not stop the training.
        """
        from gan.events import RunFailed, RunFinished, RunMoved, RunStarted
        from gan.run.directory import RunDirectory

        try:
            if isinstance(event, RunStarted):
                self._note_place(event.run_dir)
                self._move_to(RunDirectory(Path(event.run_dir)).stderr_path)
            elif isinstance(event, RunMoved):
                # The captured file was moved with its folder; this process's part begins as before.
                moved = RunDirectory(Path(event.run_dir))
                self._note_place(event.run_dir)
                self._note(stderr_path=str(moved.stderr_path))
            elif isinstance(event, (RunFailed, RunFinished)):
                self._note(ended=True)
            else:
                self.capture.trim()
        except OSError as error:
            self.failure = f"cannot keep stderr.log: {error.filename}: {error.strerror}"

    def _move_to(self, path: Path) -> None:
        begin = path.stat().st_size if path.exists() else 0
        self.capture.move_to(path)
        self._note(stderr_path=str(path), stderr_begin=begin)

    def _note_place(self, run_dir: str) -> None:
        self._note(run_dir=run_dir, resume=resume_words(run_dir, self.cluster))

    def _note(self, **notes: str | int | bool) -> None:
        if self._link is not None:
            self._link.note(**notes)


def print_end(end: RunProgress, stderr_log: StderrLog, *, error_shown: bool) -> None:
    """Print how the run ended: a summary, or an error and where to find more.

    Args:
        end: Where the run stands.
        stderr_log: What native libraries printed.
        error_shown: Whether a console has printed the error already.
    """
    if end.run_dir:
        _print_summary(end, stderr_log.cluster)
    if stderr_log.failure:
        say(f"gan-tui: {stderr_log.failure}")
    if end.error and not error_shown:
        say(f"gan-tui: {end.error}")
    if end.traceback and end.run_dir:
        say(f"gan-tui: details are in {end.run_dir}/events.jsonl and stderr.log")
    elif end.traceback:
        # Without a run directory there is no log, so the details go to the terminal.
        for line in [*stderr_log.capture.tail(), *end.traceback.splitlines()]:
            say(line)


def planned_words(plan: RunPlan) -> str:
    """The command that shows a run which has no directory yet, once it has one.

    Raises:
        StorageError: The working directory was deleted, and a path is relative to it.
    """
    from gan.paths import absolute
    from gan.text.invocations import attach_newest_words, attach_words

    named = plan.resume.path if plan.resume else plan.run_dir
    if named is not None:
        return attach_words(str(absolute(named)))
    return attach_newest_words(str(absolute(plan.runs)))


def left_lines(progress: RunProgress, back: str, pid: int) -> list[str]:
    """What to print after a run was left: what it does, what of it is saved, how to come back."""
    from tui.commands.summary import going_on_words, saved_words

    at = f"at step {progress.step:,}, " if progress.step else ""
    does = f"{going_on_words(progress)} (process {pid}), {at}{saved_words(progress)}"
    # The command begins a line, so that a narrow terminal does not break it in a word.
    return [f"gan-tui: {does}.", f"{back} comes back to it."]


def failure_line(error: str, progress: RunProgress, back: str) -> str:
    """The line after the dashboard has failed: how the training goes on, and how to come back."""
    if progress.ended:
        return f"gan-tui: the dashboard failed, the run did not: {error}"
    from tui.commands.summary import going_on_words

    return (
        f"gan-tui: the dashboard failed ({error}), {going_on_words(progress)}. "
        f"{back} shows it again; ctrl+c here saves and stops it. Details are in its stderr.log."
    )


def _print_summary(end: RunProgress, cluster: Cluster | None) -> None:
    """Print the summary if standard error takes it; the exit code stays that of the run."""
    from tui.commands.rich_text import StderrConsole
    from tui.commands.summary import print_summary

    try:
        print_summary(end, StderrConsole(), cluster)
    except OSError:
        divert(sys.stderr)


def exit_code(end: RunProgress) -> int:
    """What the process returns."""
    return GanTuiError.exit_code if end.exit_code is None else end.exit_code
