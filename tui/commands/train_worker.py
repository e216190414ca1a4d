"""A worker's part in a run that another process writes, and how processes of such a run end."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NoReturn

from tui.commands.command_line import say
from tui.commands.resume_command import join_words
from tui.commands.train_end import StderrLog, exit_code, print_end
from tui.terminal.stderr_capture import StderrCapture

if TYPE_CHECKING:
    from gan.progress import RunProgress
    from gan.session.preparation import RunPlan
    from gan.strategy.cluster import Cluster
    from tui.commands.train_options import Arguments
    from tui.supervision.link import Link


def train_worker(plan: RunPlan, cluster: Cluster, arguments: Arguments, link: Link | None) -> int:
    """Train with the first worker, with lines on standard error; returns the exit code.

    There is no dashboard and no run directory: both are the first worker's.
    """
    from gan.headless.line_console import LineConsole
    from gan.headless.runner import run_session
    from gan.session.worker_session import WorkerSession

    with StderrCapture(file=link.stderr if link else None) as capture:
        stderr_log = StderrLog(capture, link)
        if link is not None:
            link.note(worker=cluster.name(cluster.worker))
        end = run_session(
            lambda listener: WorkerSession(plan, cluster, arguments.options, listeners=[listener]),
            [stderr_log, LineConsole(sys.stderr)],
            grace_seconds=arguments.grace,
        )
        print_end(end, stderr_log, error_shown=True)
        _say_how_to_join(end, plan, cluster, names_workers=arguments.workers is not None)
    return exit_code(end)


def _say_how_to_join(
    end: RunProgress, plan: RunPlan, cluster: Cluster, *, names_workers: bool
) -> None:
    """Say how this worker goes on with a run that has begun and is not complete."""
    words = join_words(plan.command_line, cluster, names_workers=names_workers)
    if words and end.step and not end.completed:
        say(f"gan-tui: when worker 0 resumes the run, this worker joins it with: {words}")


def leave_cluster(code: int) -> NoReturn:
    """End this process of a run with several, at once.

    At an exit in order TensorFlow would wait for the other workers' servers, some of which may be
    gone, and a trainer's thread may be stuck in a collective for ever. Whatever this program prints
    is written at once, so nothing waits in a buffer.
    """
    os._exit(code)
