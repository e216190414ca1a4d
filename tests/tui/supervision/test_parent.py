"""The waiting parent: small programs that fork as the real one does, and what is done to them.

A program prints to standard output what happens to it; `Job` starts it, reads that, and ends it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.terminal import only_child

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[3]
SECONDS = 20

PRELUDE = """
import os, signal, sys, time
# A group of its own, as a shell makes for a job; in a session of its own nothing could stop it.
os.setpgid(0, 0)
from tui.supervision.parent import UNTIL_READY, supervise

def say(*words):
    print(*words, flush=True)

def heard(number, frame):
    # One system call, because one handler may interrupt another.
    os.write(1, f"heard {signal.Signals(number).name}\\n".encode())

def report(ending, link):
    say("died", ending.signal, ending.exit_code, link.notes(), link.last_lines(2))

def program(link):
    signal.pthread_sigmask(signal.SIG_UNBLOCK, UNTIL_READY)
    BODY
    return 0

sys.exit(supervise(program, report))
"""

LISTEN = """
for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}:
    if number != signal.SIGTSTP and signal.getsignal(number) != signal.SIG_IGN:
        signal.signal(number, heard)
say("ready")
while True:
    time.sleep(0.05)
"""


class Job:
    """A program and its waiting parent."""

    def __init__(self, body: str, *, under: tuple[str, ...] = (), prelude: str = PRELUDE) -> None:
        text = prelude.replace("BODY", textwrap.indent(textwrap.dedent(body), "    ").strip())
        self.process = subprocess.Popen(
            [*under, sys.executable, "-c", text],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._deadline = threading.Timer(SECONDS, self.close)
        self._deadline.daemon = True
        self._deadline.start()

    @property
    def child(self) -> int:
        return only_child(self.process.pid)

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def end(self) -> int:
        return self.process.wait(SECONDS)

    def close(self) -> None:
        self._deadline.cancel()
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()


@pytest.fixture
def start() -> Iterator[Callable[..., Job]]:
    """Starts jobs, and ends those that a test left."""
    jobs: list[Job] = []

    def begin(body: str, **options: object) -> Job:
        jobs.append(Job(body, **options))  # type: ignore[arg-type]
        return jobs[-1]

    yield begin
    for job in jobs:
        job.close()
        assert job.process.stdout is not None
        job.process.stdout.close()
        job.process.wait(SECONDS)


def state(pid: int) -> str:
    """The letter of a process's state in /proc, such as T for stopped."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class TestEndings:
    @pytest.mark.parametrize("code", [0, 1, 75, 143])
    def test_an_exit_code_is_passed_on_without_a_report(
        self, start: Callable[..., Job], code: int
    ) -> None:
        job = start(f"return {code}")

        assert job.end() == code
        assert job.line() == ""

    @pytest.mark.parametrize(
        "number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGKILL, signal.SIGBUS, signal.SIGRTMIN]
    )
    def test_a_death_by_a_signal_is_reported_with_its_code(
        self, start: Callable[..., Job], number: signal.Signals
    ) -> None:
        job = start(
            f"""
            link.note(run_dir="/run")
            os.write(link.stderr, b"one\\ntwo\\nthree\\n")
            os.kill(os.getpid(), {int(number)})
            """
        )

        assert job.end() == 128 + number
        assert (
            job.line() == f"died {number:d} {128 + number} {{'run_dir': '/run'}} ['two', 'three']"
        )

    def test_an_exit_by_native_code_is_reported_before_there_is_a_run(
        self, start: Callable[..., Job]
    ) -> None:
        """As of XLA for a flag that it does not know."""
        job = start('os.write(link.stderr, b"unknown flag\\n"); os._exit(1)')

        assert job.end() == 1
        assert job.line() == "died None 1 {} ['unknown flag']"

    def test_an_error_of_the_program_is_its_own_to_report(self, start: Callable[..., Job]) -> None:
        job = start("os.dup2(1, 2); raise ValueError('of Python')")

        assert job.end() == 1
        assert "died" not in iter(job.line, "ValueError: of Python")

    def test_a_run_that_was_left_unended_is_reported(self, start: Callable[..., Job]) -> None:
        job = start('link.note(run_dir="/run"); return 1')

        assert job.end() == 1
        assert job.line() == "died None 1 {'run_dir': '/run', 'returned': True} []"

    def test_an_exit_that_leaves_a_run_unrecorded_is_reported(
        self, start: Callable[..., Job]
    ) -> None:
        job = start('link.note(run_dir="/run"); os._exit(137)')

        assert job.end() == 137
        assert job.line() == "died None 137 {'run_dir': '/run'} []"

    def test_the_end_of_a_run_that_was_recorded_is_not(self, start: Callable[..., Job]) -> None:
        job = start('link.note(run_dir="/run"); link.note(ended=True); return 1')

        assert job.end() == 1
        assert job.line() == ""

    def test_a_run_that_recorded_its_end_may_leave_at_once(self, start: Callable[..., Job]) -> None:
        job = start('link.note(run_dir="/run"); link.note(ended=True); os._exit(143)')
        assert job.end() == 143
        assert job.line() == ""

    def test_a_parent_that_is_killed_has_its_child_asked_to_stop(
        self, start: Callable[..., Job]
    ) -> None:
        job = start(LISTEN)
        assert job.line() == "ready"
        job.process.kill()

        assert job.line() == "heard SIGTERM"

    def test_a_program_without_a_process_to_spare_runs_without_a_parent(
        self, start: Callable[..., Job]
    ) -> None:
        refused = PRELUDE.replace(
            "sys.exit(",
            "def refuse(): raise BlockingIOError(11, 'Resource temporarily unavailable')\n"
            "os.fork = refuse\nos.dup2(1, 2)\nsys.exit(",
        )
        job = start("say(link)", prelude=refused)

        assert job.line() == (
            "gan-tui: no process to spare to watch over the run (Resource temporarily "
            "unavailable): it trains, but a crash would leave the terminal as it is"
        )
        assert job.line() == "None"
        assert job.end() == 0


class TestSignals:
    @pytest.mark.parametrize(
        "number",
        [
            signal.SIGTERM,
            signal.SIGINT,
            signal.SIGHUP,
            signal.SIGQUIT,
            signal.SIGUSR1,
            signal.SIGUSR2,
            signal.SIGALRM,
            signal.SIGXCPU,
            signal.SIGWINCH,
            signal.SIGRTMAX,
        ],
        ids=lambda number: number.name,
    )
    def test_a_signal_to_the_parent_reaches_the_child(
        self, start: Callable[..., Job], number: signal.Signals
    ) -> None:
        job = start(LISTEN)
        assert job.line() == "ready"
        job.process.send_signal(number)

        assert job.line() == f"heard {number.name}"

    def test_all_of_many_signals_at_once_reach_it(self, start: Callable[..., Job]) -> None:
        job = start(LISTEN)
        assert job.line() == "ready"
        numbers = (signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM, signal.SIGTERM)
        for number in numbers:
            job.process.send_signal(number)

        assert {job.line() for _ in numbers} == {f"heard {number.name}" for number in numbers}

    def test_a_hangup_that_is_ignored_stays_so(self, start: Callable[..., Job]) -> None:
        job = start(LISTEN, under=("nohup",))
        assert job.line() == "ready"
        job.process.send_signal(signal.SIGHUP)
        job.process.send_signal(signal.SIGUSR2)

        assert job.line() == "heard SIGUSR2"

    def test_a_request_before_the_handlers_is_held_back(self, start: Callable[..., Job]) -> None:
        held = PRELUDE.replace("    signal.pthread_sigmask(", "    say('begun')\n    wait(", 1)
        held = held.replace(
            "def report",
            "def wait(how, signals):\n"
            "    while not set(UNTIL_READY) <= signal.sigpending(): time.sleep(0.01)\n"
            "    for number in UNTIL_READY: signal.signal(number, heard)\n"
            "    signal.pthread_sigmask(how, signals)\n\n"
            "def report",
        )
        job = start("pass", prelude=held)
        assert job.line() == "begun"
        for number in (signal.SIGUSR1, signal.SIGUSR2):
            job.process.send_signal(number)

        assert {job.line(), job.line()} == {"heard SIGUSR1", "heard SIGUSR2"}
        assert job.end() == 0

    def test_what_came_before_the_fork_is_passed_on(self, start: Callable[..., Job]) -> None:
        early = PRELUDE.replace(
            "sys.exit(",
            "fork = os.fork\n"
            "def signalled():\n"
            "    os.kill(os.getpid(), signal.SIGUSR1)\n"
            "    return fork()\n"
            "os.fork = signalled\nsignal.signal(signal.SIGUSR1, heard)\nsys.exit(",
        )
        job = start("time.sleep(60)", prelude=early)

        assert job.line() == "heard SIGUSR1"


class TestStopping:
    def test_a_child_that_is_stopped_through_its_parent_goes_on_through_it(
        self, start: Callable[..., Job]
    ) -> None:
        job = start(LISTEN)
        assert job.line() == "ready"
        child = job.child
        job.process.send_signal(signal.SIGTSTP)
        wait_for(lambda: state(child) == "T")
        job.process.send_signal(signal.SIGCONT)

        assert job.line() == "heard SIGCONT"
        assert state(child) != "T"

    def test_a_group_that_is_stopped_and_continued_many_times_is_awake(
        self, start: Callable[..., Job]
    ) -> None:
        job = start(LISTEN)
        assert job.line() == "ready"
        for _ in range(200):
            os.killpg(job.process.pid, signal.SIGTSTP)
            os.killpg(job.process.pid, signal.SIGCONT)
        job.process.send_signal(signal.SIGUSR2)

        while (line := job.line()) == "heard SIGCONT":
            pass
        assert line == "heard SIGUSR2"
        assert state(job.child) != "T"


def test_the_parent_waits_in_less_than_five_megabytes(start: Callable[..., Job]) -> None:
    """Of memory that it does not share with its child, which has meanwhile imported much."""
    body = "import json, argparse, numpy; say('ready'); time.sleep(60)"
    job = start(body)
    assert job.line() == "ready"

    rollup = Path(f"/proc/{job.process.pid}/smaps_rollup").read_text()
    sizes = [int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Private_")]
    assert sum(sizes) < 5 * 1024
