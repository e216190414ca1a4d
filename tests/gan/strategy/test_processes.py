"""What becomes of all processes of a run when one is killed, stands still, or can't be reached."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typing_extensions import Self

from tests.gan.strategy.meeting import free_addresses
from tests.gan.strategy.toy import RELAY, WORKING, reached

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
GRACE = 5.0
SECONDS = 120
"""For a process to start on a busy machine."""

FOREVER = 10**6


class Process:
    """One worker."""

    def __init__(self, addresses: str, number: int, steps: int, environ: dict[str, str]) -> None:
        words = [sys.executable, "-m", "tests.gan.strategy.toy", addresses, str(number)]
        self.process = subprocess.Popen(
            [*words, str(GRACE), str(steps)],
            cwd=ROOT,
            env={**os.environ, **environ},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[str] = []
        self.is_working = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line.rstrip())
            if line.rstrip() == WORKING:
                self.is_working.set()

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def exit_code(self, seconds: float = SECONDS) -> int:
        """Wait for its end, and for its last line."""
        code = self.process.wait(seconds)
        self._reader.join(seconds)
        return code

    def end(self) -> None:
        """Kill it, if it is still there."""
        self.process.kill()
        self.exit_code()
        assert self.process.stderr is not None
        self.process.stderr.close()

    def last_line(self) -> str:
        return next(line for line in reversed(self.lines) if line)


@contextmanager
def running(count: int = 2, steps: int = FOREVER, relay: bool = False) -> Iterator[list[Process]]:
    """Processes that make steps together; none is left at the end."""
    addresses = free_addresses(count)
    with ExitStack() as held:
        environ = {}
        if relay:
            environ[RELAY] = str(held.enter_context(Relay(addresses[0])).port)
        started = [
            Process(",".join(addresses), number, steps, environ if number else {})
            for number in range(count)
        ]
        try:
            if steps == FOREVER:
                for one in started:
                    assert one.is_working.wait(SECONDS), one.lines
            yield started
        finally:
            for one in started:
                one.end()


class Relay:
    """Passes bytes on to an address and back, until it is cut: then both ends hear nothing."""

    cuts: Relay

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._address = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._streams: list[socket.socket] = []
        self._is_cut = threading.Event()
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        Relay.cuts = self
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for stream in (self._listener, *self._streams):
            stream.close()

    def cut(self) -> None:
        self._is_cut.set()

    def _accept(self) -> None:
        with suppress(OSError):
            near, _ = self._listener.accept()
            far = self._reach()
            self._streams += [near, far]
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._pass_on, args=(source, target), daemon=True).start()

    def _reach(self) -> socket.socket:
        until = time.monotonic() + SECONDS
        while (stream := reached(self._address)) is None:
            assert time.monotonic() < until
            time.sleep(0.05)
        return stream

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                if self._is_cut.is_set():
                    return
                target.sendall(data)


def name(number: int) -> str:
    return f"worker {number} (127.0.0.1:"


def test_all_come_to_the_same_end() -> None:
    with running(steps=20) as processes:
        assert [one.exit_code() for one in processes] == [0, 0]
        assert "finished at step 20" in processes[0].last_line()


@pytest.mark.parametrize("killed", [0, 1])
def test_the_others_of_a_killed_one_end_at_once(killed: int) -> None:
    with running(3) as processes:
        processes[killed].signal(signal.SIGKILL)
        assert processes[killed].exit_code() == -signal.SIGKILL
        for number, other in enumerate(processes):
            if number != killed:
                assert other.exit_code(GRACE) == 75, other.lines
                assert f"error: {name(killed)}" in other.last_line()
                assert "was lost" in other.last_line()


@pytest.mark.parametrize("stopped", [0, 1])
def test_the_others_of_one_that_stands_still_end_in_time_and_it_ends_when_it_wakes(
    stopped: int,
) -> None:
    with running() as processes:
        other = processes[1 - stopped]
        processes[stopped].signal(signal.SIGSTOP)
        assert other.exit_code(GRACE) == 75, other.lines
        assert f"{name(stopped)}" in other.last_line()
        assert "silent" in other.last_line()
        processes[stopped].signal(signal.SIGCONT)
        assert processes[stopped].exit_code(GRACE) == 75
        assert f"{name(1 - stopped)}" in processes[stopped].last_line()


def test_a_cut_connection_ends_both() -> None:
    """Nothing is closed and nothing arrives; the steps themselves would go on."""
    with running(relay=True) as processes:
        Relay.cuts.cut()
        for number, one in enumerate(processes):
            assert one.exit_code(2 * GRACE) == 75, one.lines
            assert f"{name(1 - number)}" in one.last_line()


def test_processes_that_were_suspended_together_go_on() -> None:
    with running() as processes:
        for one in processes:
            one.signal(signal.SIGSTOP)
        # Longer than any silence may be.
        time.sleep(GRACE)
        for one in reversed(processes):
            one.signal(signal.SIGCONT)
        time.sleep(GRACE)
        assert [one.process.poll() for one in processes] == [None, None]
        processes[0].signal(signal.SIGTERM)
        assert [one.exit_code(GRACE) for one in processes] == [143, 143]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGUSR1, 75), (signal.SIGINT, 130)]
)
@pytest.mark.parametrize("signalled", [0, 1])
def test_a_signal_at_any_of_them_stops_all_with_its_code(
    signalled: int, number: int, code: int
) -> None:
    with running() as processes:
        processes[signalled].signal(number)
        assert [one.exit_code(GRACE) for one in processes] == [code, code]
        assert "stopped at step" in processes[0].last_line()
