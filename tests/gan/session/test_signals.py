"""What a signal does to a run: a process of its own, and a session that only says what it is asked.

No TensorFlow is loaded: a handler only passes a command on, and what a command does is the
trainer's.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from gan.commands import Stop
from gan.session.signals import KILLED, SignalHandlers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gan.commands import Command

PROGRAM = """
import itertools, queue, signal, sys, time

from gan.commands import Stop
from gan.session.signals import SignalHandlers

words = set(sys.argv[2:])


def put_right():
    print("terminal put right", flush=True)
    if "broken" in words:
        raise OSError("no terminal")


def hang_up():
    print("screen gone", flush=True)


# A second and a half passes between one signal and the next.
slow = itertools.count(step=1.5)
commands = queue.SimpleQueue()
if "held" in words:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1, signal.SIGUSR2})
    print("held back", flush=True)
    sys.stdin.readline()
handlers = SignalHandlers(
    commands.put,
    grace_seconds=float(sys.argv[1]),
    before_leaving=put_right,
    on_hangup=hang_up if "screen" in words else None,
    clock=(lambda: next(slow)) if "slow" in words else (lambda: 0.0),
)
print("ready", flush=True)
while True:
    # In short waits, as the program's own: the system may give a signal to another thread, and
    # that does not wake the main one, which alone runs handlers.
    try:
        command = commands.get(timeout=0.02)
    except queue.Empty:
        continue
    print(command, flush=True)
    if isinstance(command, Stop):
        while "hangs" in words:
            time.sleep(0.02)
        handlers.restore()
        sys.exit(command.exit_code)
"""

LONG = 60
"""Seconds of grace that no test waits for."""

DEADLINE = 20
"""Seconds after which a process that says nothing is killed, so that its test fails."""


class Process:
    """The program, and what it says."""

    def __init__(
        self,
        *words: str,
        grace: float = LONG,
        under: tuple[str, ...] = (),
        ready: str = "ready",
    ) -> None:
        self._process = subprocess.Popen(
            [*under, sys.executable, "-c", PROGRAM, str(grace), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._deadline = threading.Timer(DEADLINE, self._process.kill)
        self._deadline.daemon = True
        self._deadline.start()
        assert self.line() == ready

    def go_on(self) -> None:
        """Let a program that waits at its start go on."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def line(self) -> str:
        """What it says next."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().rstrip("\n")

    def send(self, *numbers: signal.Signals) -> None:
        for number in numbers:
            self._process.send_signal(number)

    def end(self) -> int:
        """Its exit code, when it has ended by itself."""
        return self._process.wait(LONG)

    def close(self) -> None:
        self._deadline.cancel()
        self._process.kill()
        self._process.communicate()


Start = Callable[..., Process]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts processes, and ends those that a test left."""
    started: list[Process] = []

    def begin(*words: str, **options: object) -> Process:
        started.append(Process(*words, **options))
        return started[-1]

    yield begin
    for process in started:
        process.close()


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGINT, 130),
        (signal.SIGTERM, 143),
        (signal.SIGUSR1, 75),
        (signal.SIGHUP, 129),
        (signal.SIGQUIT, 131),
        (signal.SIGALRM, 142),
        (signal.SIGXCPU, 152),
        (signal.SIGVTALRM, 154),
        (signal.SIGPROF, 155),
        (signal.SIGIO, 157),
        (signal.SIGRTMAX, 192),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_it_stops_the_run_in_order(start: Start, number: signal.Signals, code: int) -> None:
    process = start()
    process.send(number)
    assert process.line() == str(Stop(exit_code=code))
    assert process.end() == code
    assert process.line() == ""


def test_a_request_to_save_is_passed_on_and_the_run_goes_on(start: Start) -> None:
    process = start()
    for _ in range(2):
        process.send(signal.SIGUSR2)
        assert process.line() == "SaveCheckpoint()"
    process.send(signal.SIGTERM)
    assert process.line() == str(Stop(exit_code=143))
    assert process.end() == 143


def test_a_hangup_of_a_screen_is_the_screens_own(start: Start) -> None:
    process = start("screen")
    process.send(signal.SIGHUP)
    assert process.line() == "screen gone"
    process.send(signal.SIGUSR2)
    assert process.line() == "SaveCheckpoint()"


@pytest.mark.parametrize("words", [(), ("screen",)], ids=["headless", "screen"])
def test_a_hangup_that_the_parent_ignores_is_ignored(start: Start, words: tuple[str, ...]) -> None:
    process = start(*words, under=("nohup",))
    process.send(signal.SIGHUP, signal.SIGUSR2)
    assert process.line() == "SaveCheckpoint()"
    process.send(signal.SIGTERM)
    assert process.line() == str(Stop(exit_code=143))
    assert process.end() == 143


def test_a_scheduler_that_wakes_before_it_terminates_is_one_signal(start: Start) -> None:
    """Slurm sends both, to a process that may be stopped."""
    process = start()
    process.send(signal.SIGSTOP, signal.SIGCONT, signal.SIGTERM)
    assert process.line() == str(Stop(exit_code=143))
    assert process.end() == 143


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT])
def test_the_same_signal_again_leaves_at_once(start: Start, number: signal.Signals) -> None:
    process = start("hangs", "slow")
    process.send(number)
    assert process.line() == str(Stop(exit_code=128 + number))
    process.send(number)
    assert process.line() == "terminal put right"
    assert process.end() == 128 + number


def test_the_same_signal_within_a_second_is_one(start: Start) -> None:
    """As when a whole process group is signalled, and the parent passes its own on."""
    process = start()
    process.send(signal.SIGUSR2)
    assert process.line() == "SaveCheckpoint()"
    process.send(signal.SIGSTOP, signal.SIGTERM, signal.SIGCONT)
    process.send(signal.SIGTERM, signal.SIGTERM)
    assert process.line() == str(Stop(exit_code=143))
    assert process.end() == 143
    assert process.line() == ""


@pytest.mark.parametrize(
    "others",
    [(signal.SIGHUP,), (signal.SIGINT,), (signal.SIGINT, signal.SIGHUP, signal.SIGALRM)],
    ids=["systemd", "a person", "all"],
)
def test_other_signals_after_the_first_change_nothing(
    start: Start, others: tuple[signal.Signals, ...]
) -> None:
    """systemd sends SIGHUP right after SIGTERM; a run that left then would save nothing."""
    process = start("hangs", "slow", grace=0.5)
    process.send(signal.SIGTERM)
    assert process.line() == str(Stop(exit_code=143))
    process.send(*others)
    assert process.line() == "terminal put right"
    assert process.end() == KILLED


@pytest.mark.parametrize("number", [signal.SIGXCPU, signal.SIGALRM])
def test_what_the_kernel_repeats_is_no_impatience(start: Start, number: signal.Signals) -> None:
    """Past its limit of processor time, a process gets SIGXCPU every second."""
    process = start("hangs", "slow", grace=0.5)
    process.send(number)
    assert process.line() == str(Stop(exit_code=128 + number))
    process.send(number)
    assert process.end() == KILLED


def test_a_save_that_was_held_back_before_the_handlers_is_done_then(start: Start) -> None:
    process = start("held", ready="held back")
    process.send(signal.SIGUSR2)
    process.go_on()
    assert [process.line(), process.line()] == ["ready", "SaveCheckpoint()"]


def test_a_stop_that_was_held_back_before_the_handlers_is_done_then(start: Start) -> None:
    process = start("held", ready="held back")
    process.send(signal.SIGUSR1)
    process.go_on()
    assert [process.line(), process.line()] == ["ready", str(Stop())]
    assert process.end() == 75


def test_a_save_between_two_signals_is_none_of_them(start: Start) -> None:
    process = start("hangs")
    process.send(signal.SIGUSR2, signal.SIGUSR2)
    assert process.line() == "SaveCheckpoint()"
    process.send(signal.SIGTERM)
    while (line := process.line()) == "SaveCheckpoint()":
        pass
    assert line == str(Stop(exit_code=143))


@pytest.mark.parametrize("words", [(), ("broken",)], ids=["", "though the terminal cannot be"])
def test_a_stop_that_hangs_is_ended_when_its_grace_is_over(
    start: Start, words: tuple[str, ...]
) -> None:
    process = start("hangs", *words, grace=0.2)
    process.send(signal.SIGTERM)
    assert process.line() == str(Stop(exit_code=143))
    assert process.line() == "terminal put right"
    assert process.end() == KILLED == 137


class TestInThisProcess:
    def watchdog(self) -> threading.Thread:
        (thread,) = [thread for thread in threading.enumerate() if thread.name == "watchdog"]
        return thread

    def test_the_handlers_before_are_put_back_and_the_watchdog_is_called_off(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        left: list[int] = []
        monkeypatch.setattr(os, "_exit", left.append)
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP)
        before = [signal.getsignal(number) for number in numbers]
        sent: list[Command] = []

        handlers = SignalHandlers(sent.append, grace_seconds=0.5)
        watchdog = self.watchdog()
        os.kill(os.getpid(), signal.SIGTERM)
        handlers.restore()

        watchdog.join(LONG)
        assert sent == [Stop(exit_code=143)]
        assert handlers.is_stopping
        assert left == []
        assert [signal.getsignal(number) for number in numbers] == before

    def test_a_run_that_no_signal_stops_leaves_no_watchdog_behind(self) -> None:
        handlers = SignalHandlers(lambda _: None)
        watchdog = self.watchdog()
        handlers.restore()
        watchdog.join(LONG)
        assert not watchdog.is_alive()
