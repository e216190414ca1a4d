"""A process of the program that troubles befall, and what can be known of it from outside.

Shared by the tests of faults: on a terminal or without one, the log, the status, the threads and
the processor time of a process are asked for in the same way. No wait here is without an end.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from gan import events
from gan.run.checkpoints.store import CheckpointStore
from gan.run.directory import RunDirectory
from gan.run.follower import read_events
from tests.end_to_end.conftest import SECONDS
from tests.end_to_end.launcher import TELL_THREADS
from tests.end_to_end.terminal import NORMAL_MODES, Terminal, only_child

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from typing_extensions import Self

    from gan.events import Event
    from gan.run.checkpoints.reading import Checkpoint
    from tests.end_to_end.conftest import Program

SOON: Final = 20
"""Seconds for what takes a moment, on a machine that has other things to do."""

FOR_EVER: Final = ("--epochs", "1000000", "--sample-every", "off", "--checkpoint-every", "off")
"""A training that writes nothing to disk but its log until it is asked to."""

_LOOK_SECONDS: Final = 0.05
_PADDING: Final = bytes(4096)
"""What a terminal shows nothing of."""


class Trial:
    """A process and the run that it writes."""

    process: subprocess.Popen[Any]
    run: RunDirectory
    home: Path

    def log(self) -> list[Event]:
        """Every event in the run's log; none before there is one."""
        return read_events(self.run) if self.run.log_path.exists() else []

    def of_kind(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.log() if isinstance(event, kind)]

    def steps(self) -> list[int]:
        """The number of every step that the log has losses of, as it stands there."""
        return steps_in(self.log())

    def last_step(self) -> int:
        return max(self.steps(), default=0)

    def saved_steps(self) -> list[int]:
        return [event.step for event in self.of_kind(events.CheckpointSaved)]

    def status(self) -> dict[str, Any]:
        """What `status.json` says; nothing before it does."""
        try:
            return dict(json.loads(self.run.status_path.read_text()))
        except FileNotFoundError:
            return {}

    def checkpoint(self, step: int) -> Checkpoint:
        """This step's checkpoint, verified."""
        return CheckpointStore(self.run, keep=3).load(step)

    @property
    def trainer(self) -> int:
        """The process that trains, whose parent is the one that was started."""
        return only_child(self.process.pid)

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def signal_group(self, number: int) -> None:
        """Signal the process and its child, as a shell signals a job."""
        os.killpg(self.process.pid, number)

    def threads(self) -> list[str]:
        """The names of the program's Python threads now."""
        names = self.home / "threads"
        names.unlink(missing_ok=True)
        self.signal(TELL_THREADS)
        self.wait_unread(names.exists, "the names of the threads")
        return sorted(names.read_text().splitlines())

    def wait_unread(
        self, condition: Callable[[], object], what: str, seconds: float = SOON
    ) -> None:
        """Wait until a condition holds, while nobody reads what the program writes.

        Raises:
            AssertionError: It did not in time, or the program has ended.
        """
        deadline = time.monotonic() + seconds
        while not condition():
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(_LOOK_SECONDS)
            ended = self.process.poll() is not None and not condition()
            if ended or time.monotonic() > deadline:
                raise AssertionError(f"not in time: {what} (ended: {self.process.returncode})")

    def wait_until(self, condition: Callable[[], object], what: str, seconds: float) -> None:
        """Wait until a condition holds, whether or not the process that was started lives.

        Raises:
            AssertionError: It did not in time.
        """
        deadline = time.monotonic() + seconds
        while not condition():
            time.sleep(_LOOK_SECONDS)
            if time.monotonic() > deadline:
                raise AssertionError(f"not in time: {what}")

    def wait_for_steps(self, more: int = 1) -> None:
        """Wait until so many steps more are in the log."""
        wanted = self.last_step() + more
        self.wait_unread(lambda: self.last_step() >= wanted, f"step {wanted}", SECONDS)


class Dashboard(Trial, Terminal):
    """The program on a terminal of its own, with a folder of its own."""

    def __init__(
        self, program: Program, name: str, *words: str, fault: str = "none", run: str = "run"
    ) -> None:
        """Start it.

        Args:
            program: The program.
            name: Its folder, in the program's home.
            words: Options; where none of them resumes a run, they are for a new one.
            fault: What the launcher is to bring on.
            run: The run's directory in its folder.
        """
        self.home = _folder(program, name)
        self.run = RunDirectory(self.home / run)
        words = tuple(_words(program, self.run, fault, words))
        Terminal.__init__(self, words, cwd=self.home, env=program.environ)

    def wait_for_training(self) -> None:
        self.wait_for_text(" TRAINING ", SECONDS)
        self.wait_for(self.last_step, "the first steps", SECONDS)

    def fill(self) -> None:
        """Leave no room for what the program draws, as when nobody has read for long."""
        flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY
        device = os.open(os.ttyname(self._device), flags)
        try:
            with suppress(BlockingIOError):
                while os.write(device, _PADDING):
                    pass
        finally:
            os.close(device)

    def hang_up(self) -> None:
        """Drop the link: the terminal is no more, for whoever has it open."""
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, self._keyboard)
        os.close(null)

    def forget_screen(self) -> None:
        """Blank the emulator: only what is drawn anew is seen again."""
        self._screen.reset()


class Headless(Trial):
    """The program without a terminal; as a context, it leaves no process behind."""

    def __init__(
        self,
        program: Program,
        name: str,
        *words: str,
        fault: str = "none",
        closed: bool = False,
    ) -> None:
        """Start it.

        Args:
            program: The program.
            name: Its folder, in the program's home.
            words: Options.
            fault: What the launcher is to bring on.
            closed: Whether it has no standard streams at all.
        """
        self.home = _folder(program, name)
        self.run = RunDirectory(self.home / "run")
        self.said = self.home / "said"
        command = ["bash", "-c", 'exec "$@" 0<&- 1>&- 2>&-', "bash"] if closed else []
        with self.said.open("wb") as said:
            self.process = subprocess.Popen(
                [*command, *_words(program, self.run, fault, ("--no-ui", *words))],
                cwd=self.home,
                env=program.environ,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def wait_for_end(self, seconds: float = SECONDS) -> int:
        return self.process.wait(seconds)


def steps_in(log: list[Event]) -> list[int]:
    """The number of every step that a log has losses of, as it stands there."""
    return [
        number
        for event in log
        if isinstance(event, events.StepsCompleted)
        for number in range(event.first_step, event.last_step + 1)
    ]


def assert_given_back(terminal: Terminal) -> None:
    """The line discipline as before, the main screen, and the cursor on it."""
    modes = terminal.modes()
    assert terminal.settings() == terminal.settings_before
    assert (modes[1049], modes[25]) == (False, True)
    assert {mode for mode, is_on in modes.items() if is_on} <= NORMAL_MODES


def pace(log: list[Event], begin: float, end: float) -> float:
    """Steps a second between two moments, as the log has it."""
    records = [
        event
        for event in log
        if isinstance(event, events.StepsCompleted) and begin <= event.time <= end
    ]
    first, last = records[0], records[-1]
    return (last.last_step - first.last_step) / (last.time - first.time)


def _folder(program: Program, name: str) -> Path:
    folder = program.home / name
    folder.mkdir(exist_ok=True)
    return folder


def _words(program: Program, run: RunDirectory, fault: str, words: tuple[str, ...]) -> list[str]:
    launch = [sys.executable, "-m", "tests.end_to_end.launcher", fault]
    data = [] if "--resume" in words else program.small
    return [*launch, *data, "--run-dir", str(run.path), *words]
