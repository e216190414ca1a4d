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

    from tui.model.run_state import RunState

_WORDS: Final = {
    Phase.LOADING: "load the data",
    Phase.IMPORTING: "import TensorFlow",
    Phase.COMPILING: "build the networks and compile the training step",
    Phase.TRAINING: "train",
}
"""The stages, in their expected order until the run reports its own."""

_MAX_COLUMNS: Final = 72
_MIN_BAR: Final = 10


class Preparation(SceneView):
    """The stages before the first step, and the log below."""

    def parts(self, scene: Scene) -> tuple[object, ...]:
        """The phase and its progress, the stages passed, and the log."""
        return (scene.run.progress, scene.run.visits, scene.run.log)

    def draw(self, scene: Scene, width: int, height: int) -> list[Strip]:
        """The stages in the upper part, the newest lines of the log at the bottom."""
        narrow = min(width, _MAX_COLUMNS)
        margin = (width - narrow) // 2
        panel = [[(" " * margin, TEXT), *pieces] for pieces in stages(scene.run, narrow)]
        top = max((height - len(panel)) // 3, 0)
        rows = [row([], width)] * top + [row(pieces, width) for pieces in panel]
        log = log_rows(scene.run.log, width, height - len(rows) - 1)
        return [*rows, *[row([], width)] * (height - len(rows) - len(log)), *log]


def preparing(state: RunState) -> bool:
    """Whether the run has not made its first step yet."""
    return state.progress.phase in (
        Phase.STARTING,
        Phase.LOADING,
        Phase.IMPORTING,
        Phase.COMPILING,
    )


def stages(state: RunState, width: int) -> list[list[Piece]]:
    """The stages as rows of pieces: those passed with the time they took, then those to come."""
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
    """How long a stage took, once the next has begun."""
    starts = [visit.began for visit in state.visits]
    place = [visit.phase for visit in state.visits].index(phase)
    if place + 1 == len(starts):
        return []
    return [(f"  {wording.duration(starts[place + 1] - starts[place])}", FAINT)]


def _details(state: RunState, width: int) -> list[list[Piece]]:
    """Details of the running stage: its own words, and a bar if it counts something."""
    progress = state.progress
    rows: list[list[Piece]] = []
    if progress.detail not in _WORDS[progress.phase]:  # nor if it is empty
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
