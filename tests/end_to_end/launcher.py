"""The program with something gone wrong, and a signal on which it names its threads.

    python -m tests.end_to_end.launcher FAULT[,FAULT...] OPTIONS...

What a terminal, a signal or the kernel can do to the program is done from outside. What only the
inside can do, such as a number that is none, is done here, and then the program's own `main` runs.
TensorFlow is not imported before its thread does it.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import signal
import sys
import termios
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gan.disk.files import Files
from gan.events import Phase, PhaseEntered
from gan.run.event_log import EventLog
from gan.run.recorder import Recorder
from gan.session import preparation
from gan.training import checkpoint_due

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.events import Event

TELL_THREADS: Final = signal.SIGRTMIN
"""On this the names of the threads are written to `threads`, a line each."""

HANG: Final = "hang"
"""While a file of this name is in the working directory, `hanging` saves do not return."""

FAULT_STEP: Final = 30
"""The step whose samples bring on the faults that come once."""

RETRY_SECONDS: Final = 1.0
"""How long `impatient` leaves a checkpoint that failed."""

FAILING_LINES: Final = 1
"""How many lines a log refuses until its device works again."""

ARRIVED: Final = "arrived"
"""This file says that a run is where a `held` fault holds it."""

GO_ON: Final = "go-on"
"""A run that is held goes on once there is a file of this name."""

_LOOK_SECONDS: Final = 0.02

NOISE: Final = "native noise of a library"
LOCAL_VALUE: Final = "a local value that no log may hold"


def hanging() -> None:
    """A checkpoint's file takes for ever, as on a network file system whose server is away."""
    write = Files.write

    def stuck(self: Files, path: Path, data: Any) -> None:
        if Path(HANG).exists():
            threading.Event().wait()
        write(self, path, data)

    Files.write = stuck  # type: ignore[method-assign]


def refusing(number: int) -> Callable[[], None]:
    """The system refuses every checkpoint with this error."""

    def refuse() -> None:
        def refused(self: Files, path: Path, data: Any) -> None:
            del self, data
            raise OSError(number, os.strerror(number), str(path))

        Files.write = refused  # type: ignore[method-assign]

    return refuse


def impatient() -> None:
    """A checkpoint that failed is tried again soon, so that nobody waits for it."""
    assert checkpoint_due.RETRY_SECONDS > RETRY_SECONDS
    checkpoint_due.RETRY_SECONDS = RETRY_SECONDS  # type: ignore[misc]


def log_failing() -> None:
    """The log's device gives up for a few lines, and then works again."""
    append, left = EventLog._append, 0

    def failing(self: EventLog, line: bytes) -> None:
        nonlocal left
        if left:
            left -= 1
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        append(self, line)

    def begin() -> None:
        nonlocal left
        left = FAILING_LINES

    EventLog._append = failing  # type: ignore[method-assign]
    at_samples(begin)


def poisoned() -> None:
    """One weight becomes NaN, once; the next losses are NaN too."""
    compile_program = preparation._Preparation.compile
    variables: list[Any] = []

    def remember(self: preparation._Preparation, *details: Any) -> Any:
        program = compile_program(self, *details)
        variables.append(program.gan.networks.generator.trainable_variables[0])
        return program

    def poison() -> None:
        variable = variables.pop()
        variable.assign(variable * float("nan"))

    preparation._Preparation.compile = remember  # type: ignore[method-assign]
    at_samples(poison)


def noisy() -> None:
    """Native code writes to descriptor 2."""
    noise = f"{NOISE}\n".encode()
    at_samples(lambda: ctypes.CDLL(None).write(2, noise, len(noise)))


def raising() -> None:
    """The trainer's thread meets an error that nobody has thought of."""

    def fail() -> None:
        local = LOCAL_VALUE
        raise RuntimeError(f"unthought-of, with {len(local)} characters at hand\nand more")

    at_samples(fail)


def screen_failing() -> None:
    """A widget meets an error that nobody has thought of, once there are steps to show."""
    from tui.widgets.status_line import StatusLine

    show = StatusLine.show

    def fail(self: StatusLine, scene: Any) -> None:
        show(self, scene)
        if scene.run.progress.step:
            local = LOCAL_VALUE
            raise RuntimeError(f"unthought-of, with {len(local)} characters at hand")

    StatusLine.show = fail  # type: ignore[method-assign]


def killed(owner: Any, name: str, *, before: bool = False, line: bytes = b"") -> Callable[[], None]:
    """The kernel kills the process around the first call of this, with this in its arguments."""

    def bring_on() -> None:
        original = getattr(owner, name)

        def dying(*given: Any, **named: Any) -> Any:
            is_moment = not line or any(isinstance(one, bytes) and line in one for one in given)
            made = None if before and is_moment else original(*given, **named)
            if is_moment:
                os.kill(os.getpid(), signal.SIGKILL)
            return made

        setattr(owner, name, dying)

    return bring_on


def at_samples(bring_on: Callable[[], object]) -> None:
    """Have this done in the trainer's thread, the first time that the step's samples are saved."""
    save_samples = Recorder.save_samples
    is_done = False

    def save(self: Recorder, step: int, *details: Any) -> str:
        nonlocal is_done
        if step == FAULT_STEP and not is_done:
            is_done = True
            bring_on()
        return save_samples(self, step, *details)

    Recorder.save_samples = save  # type: ignore[method-assign]


def held_in(phase: Phase) -> Callable[[], None]:
    """The trainer's thread enters a phase, and stays there until it may go on."""

    def hold() -> None:
        emit = Recorder.emit

        def held(self: Recorder, event: Event) -> None:
            emit(self, event)
            if isinstance(event, PhaseEntered) and event.phase is phase:
                stay()

        Recorder.emit = held  # type: ignore[method-assign]

    return hold


def held_saving() -> None:
    """The first file of a checkpoint takes until it may go on."""
    write = Files.write

    def held(self: Files, path: Path, data: Any) -> None:
        if not Path(ARRIVED).exists():
            stay()
        write(self, path, data)

    Files.write = held  # type: ignore[method-assign]


def held_training() -> None:
    """Some steps are made, and the trainer's thread stays there until it may go on."""
    at_samples(stay)


def stay() -> None:
    Path(ARRIVED).touch()
    while not Path(GO_ON).exists():
        time.sleep(_LOOK_SECONDS)


def aborting() -> None:
    """A native library prints why, and aborts the process."""

    def abort() -> None:
        os.write(2, f"{NOISE}\n".encode())
        os.abort()

    at_samples(abort)


def native_exit() -> None:
    """A native library prints why, and exits, as XLA does for a flag that it does not know."""

    def leave() -> None:
        os.write(2, f"{NOISE}\n".encode())
        os._exit(1)

    at_samples(leave)


FAULTS: Final = {
    "none": lambda: None,
    "hanging": hanging,
    "read_only": refusing(errno.EROFS),
    "io_error": refusing(errno.EIO),
    "forbidden": refusing(errno.EACCES),
    "impatient": impatient,
    "log_failing": log_failing,
    "poisoned": poisoned,
    "noisy": noisy,
    "raising": raising,
    "screen_failing": screen_failing,
    "killed_with_folder": killed(preparation, "_create_run"),
    "killed_before_config": killed(preparation, "write_config", before=True),
    "killed_with_config": killed(preparation, "write_config"),
    "killed_with_first_line": killed(EventLog, "_append"),
    "killed_compiling": killed(preparation._Preparation, "compile", before=True),
    "killed_with_steps": killed(EventLog, "_append", line=b'"StepsCompleted"'),
    "aborting": aborting,
    "native_exit": native_exit,
    "held_loading": held_in(Phase.LOADING),
    "held_importing": held_in(Phase.IMPORTING),
    "held_compiling": held_in(Phase.COMPILING),
    "held_training": held_training,
    "held_saving": held_saving,
}


def tell_threads(*_: object) -> None:
    names = [thread.name for thread in threading.enumerate()]
    written = Path("threads.tmp")
    written.write_text("\n".join(names), encoding="utf-8")
    written.rename("threads")


def main() -> int:
    """Take the terminal as a login shell would, bring on the faults, and be the program."""
    faults, *words = sys.argv[1:]
    if sys.stdin is not None and sys.stdin.isatty():
        # So that the link's end is a SIGHUP too, as it is for everybody who logs in.
        with suppress(OSError):
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    # What wraps last comes first.
    for fault in reversed(faults.split(",")):
        FAULTS[fault]()
    signal.signal(TELL_THREADS, tell_threads)

    from tui.cli import main as program

    # Without words it is the process's own command line, which gets a parent process.
    sys.argv[1:] = words
    return program()


if __name__ == "__main__":
    sys.exit(main())
