"""The stages before the first step: which are done, which is running and which come next.

Shown in place of the charts and digits, which have nothing to show yet. Importing and compiling
take seconds; a download or drawing the built-in digits takes longer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gan.events import Phase
from gan.text import wording
from gan.text.safe_text import safe_text
from tui.render.fitting import clipped
from tui.style.styles import DONE, FAINT, OPEN, QUIET, RUNNING, SPEED, STRONG, TEXT
from tui.widgets.log_pane import log_rows
from tui.widgets.rows import Piece, bar, row
from tui.widgets.scene_view import Scene, SceneView

if TYPE_CHECKING:
    from textual.strip import Strip

    from gan.run_facts.sighting import Viewing
    from tui.model.run_state import RunState

_WORDS: Final = {
    Phase.LOADING: "load the data",
    Phase.IMPORTING: "import TensorFlow",
    Phase.COMPILING: "build the networks and compile the training step",
    Phase.TRAINING: "make the first steps",
}
"""The stages, in their expected order until the run reports its own."""

_MAX_COLUMNS: Final = 72
_MIN_BAR: Final = 10


class Preparation(SceneView):
    """The stages before the first step, and the log below."""

    def parts(self, scene: Scene) -> tuple[object, ...]:
        """The phase, its progress and time, the stages passed, what is read, and the log."""
        of_viewer = None if scene.viewing is None else scene.viewing.reading
        return (
            scene.run.progress,
            scene.run.visits,
            scene.run.log,
            scene.phase_seconds,
            of_viewer,
            scene.viewing is None,
        )

    def draw(self, scene: Scene, width: int, height: int) -> list[Strip]:
        """The stages in the upper part, the newest lines of the log at the bottom."""
        narrow = min(width, _MAX_COLUMNS)
        margin = (width - narrow) // 2
        shown = stages(scene.run, narrow, scene.phase_seconds)
        if scene.viewing is not None and not scene.run.visits:
            # Nothing is known of the run yet, least of all that it has only begun.
            shown = _being_read(scene.viewing, narrow)
        panel = [[(" " * margin, TEXT), *pieces] for pieces in shown]
        top = max((height - len(panel)) // 3, 0)
        rows = [row([], width)] * top + [row(pieces, width) for pieces in panel]
        log = log_rows(scene.run.log, width, height - len(rows) - 1)
        return [*rows, *[row([], width)] * (height - len(rows) - len(log)), *log]


def preparing(state: RunState) -> bool:
    """Whether the run has not made its first step yet, so that the charts would be empty."""
    phase = state.progress.phase
    if state.is_recorded:
        # What another program does before its first step nobody tells.
        return False
    if phase in (Phase.TRAINING, Phase.SAVING):
        # The first execution may take long on a slow machine.
        return bool(state.visits) and state.progress.step == 0 and not len(state.losses)
    return phase in (Phase.STARTING, Phase.LOADING, Phase.IMPORTING, Phase.COMPILING)


def stage_seconds(state: RunState, now: float) -> int | None:
    """How long the running stage of the preparation has run; `None` if none does.

    Args:
        state: The run.
        now: Seconds since the Unix epoch, by the clock of the process that trains.
    """
    if not state.visits or not preparing(state):
        return None
    return max(int(now - state.visits[-1].began), 0)


def stages(state: RunState, width: int, seconds: int | None = None) -> list[list[Piece]]:
    """The stages as rows of pieces: those passed with the time they took, then those to come.

    Args:
        state: The run.
        width: Cells of a row.
        seconds: How long the running stage has run; `None` if that is not known.
    """
    passed = [visit.phase for visit in state.visits if visit.phase in _WORDS]
    running = state.progress.phase
    if running not in _WORDS and passed:
        running = passed[-1]
    rows: list[list[Piece]] = [[(" Getting ready", STRONG)], []]
    for phase in [*passed, *(phase for phase in _WORDS if phase not in passed)]:
        if phase is running:
            took = [] if seconds is None else [(f"  {_so_far(seconds)}", QUIET)]
            rows.append([(" ● ", RUNNING), (_WORDS[phase], STRONG), *took])
            rows += _details(state, phase, width)
        elif phase in passed:
            rows.append([(" ✓ ", DONE), (_WORDS[phase], QUIET), *_took(state, phase)])
        else:
            rows.append([(" ○ ", FAINT), (_WORDS[phase], QUIET)])
    return rows


def _being_read(viewing: Viewing, width: int) -> list[list[Piece]]:
    """What there is to say of the run of another process before any of its log is shown."""
    rows: list[list[Piece]] = [[(" Reading the run's log", STRONG)]]
    return rows if viewing.reading is None else [*rows, _progress_bar(viewing.reading, width)]


def _so_far(seconds: int) -> str:
    return f"{seconds} s" if seconds < 60 else wording.duration(seconds)  # noqa: PLR2004


def _took(state: RunState, phase: Phase) -> list[Piece]:
    """How long a stage took, once the next has begun."""
    starts = [visit.began for visit in state.visits]
    place = [visit.phase for visit in state.visits].index(phase)
    if place + 1 == len(starts):
        return []
    return [(f"  {wording.duration(starts[place + 1] - starts[place])}", FAINT)]


def _details(state: RunState, phase: Phase, width: int) -> list[list[Piece]]:
    """Details of the running stage: its own words, and a bar if it counts something."""
    progress = state.progress
    rows: list[list[Piece]] = []
    if progress.detail not in _WORDS[phase]:  # nor if it is empty
        rows.append([("   ", TEXT), (clipped(safe_text(progress.detail), width - 4), QUIET)])
    if progress.prepared is not None:
        what, done, total, unit = progress.prepared
        amount = f"{safe_text(what)}: {wording.amount(done, total, unit)}"
        rows.append([("   ", TEXT), (clipped(amount, width - 4), QUIET)])
        if total:
            rows.append(_progress_bar(done / total, width))
    return rows


def _progress_bar(share: float, width: int) -> list[Piece]:
    done, still_open = bar(share, max(width - 10, _MIN_BAR))
    return [("   ", TEXT), (done, SPEED), (still_open, OPEN), (f" {share:>4.0%}", TEXT)]
