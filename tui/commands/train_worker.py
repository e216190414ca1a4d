"""A worker's part in a run that another process writes, and how processes of such a run end."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NoReturn

from tui.commands.train_end import StderrLog, exit_code, print_end
from tui.terminal.stderr_capture import StderrCapture

if TYPE_CHECKING:
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
    return exit_code(end)


def leave_cluster(code: int) -> NoReturn:
    """End this process of a run with several, at once.

    At an exit in order TensorFlow would wait for the other workers' servers, some of which may be
    gone, and a trainer's thread may be stuck in a collective for ever. Whatever this program prints
    is written at once, so nothing waits in a buffer.
    """
    os._exit(code)
