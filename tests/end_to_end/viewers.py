"""A viewer of a run on a terminal of its own, and the runs that nobody's terminal holds."""

from __future__ import annotations

import os
import signal
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from gan import events
from gan.disk.process import ProcessIdentity
from tests.end_to_end.conftest import SECONDS
from tests.end_to_end.terminal import Terminal
from tests.end_to_end.trials import SOON, Trial
from tui.screens.layout import layout_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gan.run.directory import RunDirectory
    from tests.end_to_end.conftest import Program

_FRAME_ENDS: Final = b"\x1b[?2026l"


class Viewer(Terminal):
    """`gan-tui attach` or `watch` on a terminal."""

    def __init__(self, program: Program, *words: str, **options: Any) -> None:
        """Start it; `words` are those after `gan-tui`."""
        self.headers: list[str] = []
        """The top row of every frame that was drawn, each once in a row."""

        super().__init__([*program.words, *words], cwd=program.home, env=program.environ, **options)

    def wait_for_header(self, text: str, seconds: float = SOON) -> None:
        """Wait until the top row has a text, or had it in a frame since `forget_headers`."""
        self.wait_for(
            lambda: any(text in header for header in self.headers),
            f"{text!r} in the top row; it had {self.headers}",
            seconds,
        )

    def forget_headers(self) -> None:
        """Only what is drawn from now on counts as seen."""
        self.headers.clear()

    def press(self, key: str, name: str) -> None:
        """Press the key of a command, and wait until the screen says that it was carried out."""
        self.forget_headers()
        self.send(key)
        self.wait_for_header(f"done: {name}", SECONDS)

    def leave(self) -> int:
        """Leave by `q` `l`; the exit code."""
        self.send("q")
        self.wait_for_text("l  leave", SOON)
        self.send("l")
        return self.wait_for_end(SOON)

    def _show(self, data: bytes) -> None:
        *frames, rest = data.split(_FRAME_ENDS)
        for frame in frames:
            super()._show(frame + _FRAME_ENDS)
            self._note_header()
        super()._show(rest)
        self._note_header()

    def _note_header(self) -> None:
        header = self._screen.display[0]
        if not self.headers or self.headers[-1] != header:
            self.headers.append(header)


class Abandoned(Trial):
    """A run whose process belongs to no terminal and to no test: known by its directory alone."""

    def __init__(self, run: RunDirectory) -> None:
        self.run, self.home = run, run.path.parent

    @property
    def trainer(self) -> int:
        """The process that trains, as its status says."""
        return int(self.status()["pid"])

    def is_running(self) -> bool:
        """Whether that process, and no other of its number, runs."""
        status = self.status()
        return bool(status) and bool(ProcessIdentity.from_json(status).is_running)

    def signal(self, number: int) -> None:
        os.kill(self.trainer, number)

    def wait_for_steps(self, more: int = 1) -> None:
        """Wait until so many steps more are in the log."""
        wanted = self.last_step() + more
        self.wait_until(lambda: self.last_step() >= wanted, f"step {wanted}", SECONDS)

    def steps_a_second(self, seconds: float) -> float:
        """The pace over this time from now on, as the log has it."""
        began = time.time()
        self.wait_until(lambda: time.time() > began + seconds, "time to pass", seconds + SOON)
        records = [one for one in self.of_kind(events.StepsCompleted) if one.time >= began]
        first, last = records[0], records[-1]
        return (last.last_step - first.last_step) / (last.time - first.time)


@contextmanager
def ending(run: RunDirectory) -> Iterator[Abandoned]:
    """A run that may go on by itself; as a context, it leaves no process behind."""
    left = Abandoned(run)
    try:
        yield left
    finally:
        with suppress(ProcessLookupError):
            if left.is_running():
                left.signal(signal.SIGKILL)
                left.wait_until(lambda: not left.is_running(), "the end of the process", SOON)


def digits(terminal: Terminal) -> list[tuple[str, str, str]]:
    """Every cell of the sixteen digits."""
    columns, rows = terminal.size
    place = layout_for(columns, rows).digits
    assert place is not None
    return terminal.cells(range(place.x, place.right), range(place.y, place.bottom))


def together(
    first: Terminal, second: Terminal, look: Callable[[Terminal], object], seconds: float = SOON
) -> bool:
    """Whether two terminals come to show the same."""

    def same() -> bool:
        second.catch_up()
        return look(first) == look(second)

    try:
        first.wait_for(same, "the same on both", seconds)
    except AssertionError:
        return False
    return True
