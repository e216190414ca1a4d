"""The row above the keys: how far the run is, how fast it is and when it will finish."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gan.events import Phase
from gan.run_facts.sighting import Liveness
from gan.text import wording
from gan.text.safe_text import PATH_LIMIT, safe_text
from tui.render import numbers
from tui.render.fitting import fit
from tui.style.styles import OPEN, QUIET, SPEED, TEXT
from tui.widgets.rows import Piece, bar, length, row
from tui.widgets.scene_view import Scene, SceneView

if TYPE_CHECKING:
    from textual.strip import Strip

    from gan.progress import RunProgress

_MIN_BAR = 8


class StatusLine(SceneView):
    """Epoch and step, a bar in the remaining room, speed and time to go."""

    def parts(self, scene: Scene) -> tuple[object, ...]:
        """The run's progress, and whether a process makes any."""
        return (scene.run.progress, _is_made(scene))

    def draw(self, scene: Scene, width: int, height: int) -> list[Strip]:
        """The one row."""
        del height
        return [row(status(scene.run.progress, width, is_made=_is_made(scene)), width)]


def _is_made(scene: Scene) -> bool:
    return scene.viewing is None or scene.viewing.sighting.liveness is not Liveness.DIED


def status(progress: RunProgress, width: int, *, is_made: bool = True) -> list[Piece]:
    """As many of the run's numbers as fit in `width` cells; its directory before they are known.

    Args:
        progress: Where the run stands.
        width: Cells.
        is_made: Whether a process trains it; else there is neither a speed nor a time to go.
    """
    if not progress.total_steps and not progress.step:
        return [(f" {safe_text(progress.run_dir, PATH_LIMIT)}", QUIET)]
    time_, speed_ = (_time(progress), _speed(progress)) if is_made else ([], [])
    bar_ = _bar(progress, _MIN_BAR) if progress.total_steps else []
    parts = (time_, bar_, _epoch(progress), speed_)
    shown = fit([[_step(progress)], *([[], part] for part in parts)], width, length)
    step, time, bar_, epoch, speed = shown
    if bar_:
        bar_ = _bar(progress, _MIN_BAR + width - sum(map(length, shown)))
    return [*epoch, *step, *bar_, *speed, *time]


def _epoch(progress: RunProgress) -> list[Piece]:
    if not progress.steps_per_epoch:
        return []
    return [(" epoch ", QUIET), (f"{progress.epoch}/{progress.total_epochs} ", TEXT)]


def _step(progress: RunProgress) -> list[Piece]:
    if not progress.total_steps:
        return [(" step ", QUIET), (f"{progress.step:,} ", TEXT)]
    total = f"{progress.total_steps:,}"
    return [(" step ", QUIET), (f"{progress.step:>{len(total)},}/{total} ", TEXT)]


def _speed(progress: RunProgress) -> list[Piece]:
    speed, unit = progress.images_per_second, "img/s"
    if not progress.batch_size:
        speed, unit = progress.steps_per_second, "steps/s"
    return [(f" {numbers.rate(speed):>5}", TEXT), (f" {unit} ", QUIET)]


def _time(progress: RunProgress) -> list[Piece]:
    """The time to go, or so far if no end is known; after the end, the time that training took."""
    if progress.ended or not progress.total_steps:
        word = " took " if progress.ended else " trained "
        return [(word, QUIET), (f"{wording.clock(progress.train_seconds)} ", TEXT)]
    left = progress.seconds_left
    return [
        (" ETA ", QUIET),
        (f"{numbers.UNKNOWN if left is None else wording.clock(left)} ", TEXT),
    ]


def _bar(progress: RunProgress, width: int) -> list[Piece]:
    """A bar of `width` cells between two blanks."""
    done, still_open = bar(progress.step / progress.total_steps, width)
    moving = progress.phase is Phase.TRAINING
    return [(" ", TEXT), (done, SPEED if moving else QUIET), (still_open, OPEN), (" ", TEXT)]
