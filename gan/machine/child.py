"""A short program in a process of its own, for what could end or hang the process that tries it."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Mapping, Sequence

_POLL_SECONDS: Final = 0.2
_KILL_SECONDS: Final = 5.0
"""How long a killed process may take to go: one that waits for a driver may never do."""

_BEFORE: Final = """
import sys
sys.path[:] = [folder for folder in sys.path if folder]
import resource
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
"""
"""Runs first: the current folder may hold a module of any name, and a core of TensorFlow's size
would be left in it."""

_OUTPUT_LIMIT: Final = 100_000
"""Characters of each stream that are kept, from its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildEnd:
    """How a process ended."""

    status: int = 0
    """What it returned; the negative number of the signal that ended it."""

    stdout: str = ""
    stderr: str = ""
    seconds: float = 0.0
    is_timeout: bool = False
    """Whether it was killed because it took too long."""

    not_started: str = ""
    """Why it could not be started; empty if it was."""

    @property
    def passed(self) -> bool:
        """Whether it ran to its end without an error."""
        return not (self.status or self.is_timeout or self.not_started)

    @property
    def signal_name(self) -> str:
        """The signal that ended it, such as `SIGABRT`; empty if none did."""
        if self.is_timeout or self.status >= 0:
            return ""
        try:
            return signal.Signals(-self.status).name
        except ValueError:
            return f"signal {-self.status}"

    @property
    def reason(self) -> str:
        """The fatal line of its standard error without its prefix, or else the last line."""
        lines = [line for line in self.stderr.splitlines() if line.strip()] or ["no reason given"]
        fatal = [line for line in lines if line.startswith("F") and "] " in line]
        if fatal:
            return fatal[0].partition("] ")[2].strip()
        # LLVM's own, which the stack trace of the signal may follow.
        llvm = [line for line in lines if "LLVM ERROR" in line or "Fatal Error" in line]
        return (llvm or lines)[-1].strip()


def run_child(
    program: str,
    environ: Mapping[str, str],
    *,
    arguments: Sequence[str] = (),
    seconds: float,
    on_wait: Callable[[], None] = lambda: None,
) -> ChildEnd:
    """Run a program with this Python, and wait for its end.

    Args:
        program: What to run.
        environ: Its environment.
        arguments: Its `sys.argv[1:]`.
        seconds: How long it may take before it is killed.
        on_wait: Called five times a second while it runs; if it raises, the process is killed and
            the error is passed on.
    """
    begun = time.monotonic()
    try:
        process = _started(program, environ, arguments)
    except OSError as error:
        return ChildEnd(not_started=f"{error.filename or sys.executable}: {error.strerror}")
    output = _output(process, begun, seconds, on_wait)
    if output is None:
        return ChildEnd(is_timeout=True, seconds=seconds)
    stdout, stderr = (part.decode(errors="backslashreplace")[-_OUTPUT_LIMIT:] for part in output)
    return ChildEnd(
        status=process.returncode,
        stdout=stdout,
        stderr=stderr,
        seconds=time.monotonic() - begun,
    )


def _started(
    program: str, environ: Mapping[str, str], arguments: Sequence[str]
) -> subprocess.Popen[bytes]:
    # Imported here: the first frame doesn't wait for it.
    import subprocess

    return subprocess.Popen(  # noqa: S603 - this interpreter, with a program of ours
        [sys.executable, "-c", _BEFORE + program, *arguments],
        env=dict(environ),
        # A group of its own, with what it starts, such as ptxas.
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _output(
    process: subprocess.Popen[bytes], begun: float, seconds: float, on_wait: Callable[[], None]
) -> tuple[bytes, bytes] | None:
    """What a process has written until its end; `None` if it took too long, and was killed."""
    import subprocess

    output: tuple[bytes, bytes] | None = None
    try:
        while output is None and time.monotonic() < begun + seconds:
            on_wait()
            try:
                output = process.communicate(timeout=min(_POLL_SECONDS, seconds))
            except subprocess.TimeoutExpired:
                continue
    finally:
        if output is None:
            _kill(process)
    return output


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and what it has started; leave both to the system if that takes too long."""
    import subprocess

    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    try:
        process.communicate(timeout=_KILL_SECONDS)
    except subprocess.TimeoutExpired:
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
