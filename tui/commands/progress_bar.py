"""The headless front end for a terminal: a live progress bar with the events above it.

Rich's own `Progress` squeezes its columns on a narrow terminal until none is readable. Here pure
functions lay out the rows and drop the least important numbers first.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.live import Live
from rich.spinner import Spinner

from gan import events
from gan.events import Phase, Severity
from gan.progress import RunProgress, apply
from gan.text import wording
from gan.text.safe_text import safe_text
from tui.commands.rich_text import safe
from tui.render.fitting import fit

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.text import Text
    from typing_extensions import Self

    from gan.events import Event

_FRAMES_PER_SECOND: Final = 8
_ONE_ROW_COLUMNS: Final = 100
"""Minimum width for the bar and the numbers in one row."""

_MIN_BAR: Final = 10
_MAX_BAR: Final = 40
_GAP: Final = "  "
_PREPARATIONS: Final = (Phase.STARTING, Phase.LOADING, Phase.IMPORTING, Phase.COMPILING)

_STYLES: Final = {
    Severity.INFO: "",
    Severity.NOTICE: "",
    Severity.WARNING: "yellow",
    Severity.ERROR: "bold red",
}
"""Rich's style of an event's lines."""


class ProgressBarConsole:
    """A listener, and the context in which its bar is on screen.

    Events may come from any one thread; Rich draws the bar on a thread of its own.
    """

    def __init__(self, console: Console) -> None:
        """Draw on a console that is a terminal, usually standard error."""
        self._console = console
        self._progress = RunProgress()
        self._spinner = Spinner("dots" if console.encoding.startswith("utf") else "line")
        self._live = Live(
            console=console,
            refresh_per_second=_FRAMES_PER_SECOND,
            transient=True,
            redirect_stdout=False,  # standard output is for data
            get_renderable=lambda: _Rows(self._progress, self._spinner),
        )

    def __call__(self, event: Event) -> None:
        """Update the bar with the event's numbers, and print its lines above the bar."""
        self._progress = apply(self._progress, event)
        if isinstance(event, events.PhaseEntered):
            return  # The bar shows the phase.
        for line in wording.describe(event):
            self._print(safe(line, _STYLES[event.severity]))

    def _print(self, line: Text) -> None:
        # A terminal that hung up must not end training.
        with suppress(OSError):
            # Soft wrapping keeps a long path whole, so that it can be copied.
            self._console.print(line, soft_wrap=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # As in `_print`: a terminal that hung up needs no restoring.
        with suppress(OSError):
            self._live.stop()


class _Rows:
    """The rows of the bar at the console's current width."""

    def __init__(self, progress: RunProgress, spinner: Spinner) -> None:
        self._progress = progress
        self._spinner = spinner

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        frame = str(self._spinner.render(console.get_time()))
        # Some terminals wrap as soon as the last column is written.
        width = options.max_width - 1
        yield from rows(self._progress, width, frame, ascii_only=options.ascii_only)


def rows(progress: RunProgress, width: int, frame: str, *, ascii_only: bool) -> list[Text]:
    """The live rows, each at most `width` cells wide.

    Args:
        progress: What to show.
        width: Cells in a row.
        frame: The spinner's current frame.
        ascii_only: Whether the terminal's encoding has no box-drawing characters.
    """
    if progress.total_steps and progress.phase not in _PREPARATIONS:
        made = _training_rows(progress, width, ascii_only=ascii_only)
    else:
        made = [_preparation_row(progress, width, frame, ascii_only=ascii_only)]
    for row in made:
        row.no_wrap = True
        row.truncate(max(width, 1), overflow="ellipsis")
    return made


def _training_rows(progress: RunProgress, width: int, *, ascii_only: bool) -> list[Text]:
    head = f"epoch {progress.epoch:,}/{progress.total_epochs:,}"
    if progress.phase is not Phase.TRAINING:
        head = f"{progress.phase.value}{_GAP}{head}"
    fraction = progress.step / progress.total_steps
    percent = f"{fraction:4.0%}"
    if width < _ONE_ROW_COLUMNS:
        room = width - len(head) - len(percent) - 2
        bar = _bar(fraction, room, ascii_only=ascii_only)
        return [_joined(head, bar, percent), safe(_fitting(_numbers(progress), width))]
    room = width - len(head) - len(percent) - 2 - len(_GAP)
    numbers = _fitting(_numbers(progress), room - _MIN_BAR)
    bar = _bar(fraction, room - len(numbers), ascii_only=ascii_only)
    return [_joined(head, bar, percent).append(_GAP + numbers)]


def _preparation_row(progress: RunProgress, width: int, frame: str, *, ascii_only: bool) -> Text:
    detail = f": {safe_text(progress.detail)}" if progress.detail else ""
    what = f"{frame} {progress.phase.value}{detail}"
    if progress.prepared is None:
        return safe(what, "bold")
    doing, done, total, unit = progress.prepared
    head = f"{frame} {safe_text(doing)}"
    amount = wording.amount(done, total, unit)
    if not total:
        return safe(head, "bold").append_text(safe(_GAP + amount))
    fraction = min(done / total, 1.0)
    room = width - cell_len(head) - 2
    tail = amount if room - cell_len(amount) >= _MIN_BAR else f"{fraction:4.0%}"
    return _joined(head, _bar(fraction, room - cell_len(tail), ascii_only=ascii_only), tail)


def _numbers(progress: RunProgress) -> list[str]:
    """The numbers next to the bar, the most important first."""
    left = progress.seconds_left
    distance = [wording.distance(progress)] if progress.evaluated_step is not None else []
    return [
        f"d_loss {wording.loss(progress.d_loss)}",
        f"g_loss {wording.loss(progress.g_loss)}",
        f"{'-:--' if left is None else wording.clock(left)} left",
        *distance,
        f"{progress.images_per_second:,.0f} img/s",
        f"step {progress.step:,}/{progress.total_steps:,}",
    ]


def _fitting(parts: list[str], width: int) -> str:
    """As many of the first parts as fit into `width` columns, joined."""
    first, *others = parts
    return "".join(fit([["", first], *(["", _GAP + part] for part in others)], width, len))


def _bar(fraction: float, width: int, *, ascii_only: bool) -> Text:
    """A bar whose two parts differ in shape and colour; empty if there is no room for one."""
    if width < _MIN_BAR // 2:
        return safe("")
    width = min(width, _MAX_BAR)
    done = int(fraction * width)
    full, rest = ("#", "-") if ascii_only else ("━", "─")
    return safe(full * done, "bar.complete").append_text(safe(rest * (width - done), "bar.back"))


def _joined(head: str, bar: Text, tail: str) -> Text:
    row = safe("").append_text(safe(head, "bold"))
    if bar:
        row.append(" ").append_text(bar)
    return row.append_text(safe(" " + tail))
