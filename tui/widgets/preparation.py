"""The way to the first step: what is done, what is being done and what comes next.

Shown in place of the charts and digits, which have nothing to show yet; importing and compiling
take seconds, a download or the drawing of digits longer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gan.events import Phase
from gan.text import wording
from gan.text.safe_text import safe_text
from tui.render import numbers
from tui.style.styles import DONE, FAINT, OPEN, QUIET, RUNNING, SPEED, STRONG, TEXT
from tui.widgets.log_pane import log_rows
from tui.widgets.rows import Piece, bar, clipped, row
from tui.widgets.scene_view import SceneView

if TYPE_CHECKING:
    from textual.strip import Strip

    from tui.model.run_state import RunState
    from tui.model.view import Scene

_WORDS: Final = {
    Phase.LOADING: "load the data",
    Phase.IMPORTING: "import TensorFlow",
    Phase.COMPILING: "build the networks and compile the training step",
    Phase.TRAINING: "train",
}
"""The stations, in the order that they are expected in until the run tells its own."""

_WIDEST: Final = 72
_LEAST_BAR: Final = 10


class Preparation(SceneView):
    """The stations on the way to the first step, and the log beneath."""

    def parts(self, scene: Scene) -> tuple[object, ...]:
        """The phase and its progress, the stations passed, and the log."""
        return (scene.run.progress, scene.run.visits, scene.run.log)

    def draw(self, scene: Scene, width: int, height: int) -> list[Strip]:
        """The stations in the upper part, the newest lines of the log at the bottom."""
        narrow = min(width, _WIDEST)
        margin = (width - narrow) // 2
        panel = [[(" " * margin, TEXT), *pieces] for pieces in stations(scene.run, narrow)]
        top = max((height - len(panel)) // 3, 0)
        rows = [row([], width)] * top + [row(pieces, width) for pieces in panel]
        log = log_rows(scene.run.log, width, height - len(rows) - 1)
        return [*rows, *[row([], width)] * (height - len(rows) - len(log)), *log]


def preparing(state: RunState) -> bool:
    """Whether the run is still on its way to its first step."""
    return state.progress.phase in (
        Phase.STARTING,
        Phase.LOADING,
        Phase.IMPORTING,
        Phase.COMPILING,
    )


def stations(state: RunState, width: int) -> list[list[Piece]]:
    """The stations as rows of pieces: those passed with the time they took, then those to come."""
    passed = [visit.phase for visit in state.visits if visit.phase in _WORDS]
    rows: list[list[Piece]] = [[(" Getting ready", STRONG)], []]
    for phase in [*passed, *(phase for phase in _WORDS if phase not in passed)]:
        if phase is state.progress.phase:
            rows.append([(" ● ", RUNNING), (_WORDS[phase], STRONG)])
            rows += _details(state, width)
        elif phase in passed:
            rows.append([(" ✓ ", DONE), (_WORDS[phase], QUIET), *_took(state, phase)])
        else:
            rows.append([(" ○ ", FAINT), (_WORDS[phase], QUIET)])
    return rows


def _took(state: RunState, phase: Phase) -> list[Piece]:
    """How long a station took, once the next has begun."""
    starts = [visit.began for visit in state.visits]
    place = [visit.phase for visit in state.visits].index(phase)
    if place + 1 == len(starts):
        return []
    return [(f"  {wording.duration(starts[place + 1] - starts[place])}", FAINT)]


def _details(state: RunState, width: int) -> list[list[Piece]]:
    """What is going on at the station: its own words, and a bar where it counts something."""
    progress = state.progress
    rows: list[list[Piece]] = []
    if progress.detail not in _WORDS[progress.phase]:  # nor where there is none
        rows.append([("   ", TEXT), (clipped(safe_text(progress.detail), width - 4), QUIET)])
    if progress.prepared is not None:
        what, done, total, unit = progress.prepared
        amount = f"{safe_text(what)}: {wording.amount(done, total, unit)}"
        rows.append([("   ", TEXT), (clipped(amount, width - 4), QUIET)])
        if total:
            rows.append(_progress_bar(done / total, width))
    return rows


def _progress_bar(share: float, width: int) -> list[Piece]:
    percent = numbers.percent(share)
    done, still_open = bar(share, max(width - 10, _LEAST_BAR))
    return [("   ", TEXT), (done, SPEED), (still_open, OPEN), (f" {percent:>4}", TEXT)]
