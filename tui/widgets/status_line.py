"""The row above the keys: how far the run is, how fast it goes and when it will be done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gan.events import Phase
from gan.text import wording
from gan.text.safe_text import PATH_LIMIT, safe_text
from tui.render import numbers
from tui.style.styles import OPEN, QUIET, SPEED, TEXT
from tui.widgets.rows import Piece, bar, length, row
from tui.widgets.scene_view import SceneView

if TYPE_CHECKING:
    from textual.strip import Strip

    from gan.progress import RunProgress
    from tui.model.view import Scene

_LEAST_BAR = 8


class StatusLine(SceneView):
    """Epoch and step, a bar in what room is left, speed and time to go."""

    def parts(self, scene: Scene) -> tuple[object, ...]:
        """All of it is numbers."""
        return (scene.run.progress,)

    def draw(self, scene: Scene, width: int, height: int) -> list[Strip]:
        """The one row."""
        del height
        return [row(status(scene.run.progress, width), width)]


def status(progress: RunProgress, width: int) -> list[Piece]:
    """As much of the run's numbers as fits in so many cells."""
    if not progress.total_steps:
        return [(f" {safe_text(progress.run_dir, PATH_LIMIT)}", QUIET)]
    epoch, step, speed, time = _epoch(progress), _step(progress), _speed(progress), _time(progress)
    for before, after in (
        ([epoch, step], [speed, time]),
        ([epoch, step], [time]),
        ([step], [time]),
    ):
        room = width - sum(map(length, [*before, *after])) - 2
        if room >= _LEAST_BAR:
            return [*_flat(before), *_bar(progress, room), *_flat(after)]
    return [*step, *time] if length([*step, *time]) <= width else step


def _epoch(progress: RunProgress) -> list[Piece]:
    return [(" epoch ", QUIET), (f"{progress.epoch}/{progress.total_epochs} ", TEXT)]


def _step(progress: RunProgress) -> list[Piece]:
    total = numbers.count(progress.total_steps)
    return [(" step ", QUIET), (f"{numbers.count(progress.step):>{len(total)}}/{total} ", TEXT)]


def _speed(progress: RunProgress) -> list[Piece]:
    return [(f" {numbers.rate(progress.images_per_second):>5}", TEXT), (" img/s ", QUIET)]


def _time(progress: RunProgress) -> list[Piece]:
    """The time to go while there is any; then the time that training took."""
    if progress.ended:
        return [(" took ", QUIET), (f"{wording.clock(progress.train_seconds)} ", TEXT)]
    left = progress.seconds_left
    return [
        (" ETA ", QUIET),
        (f"{numbers.UNKNOWN if left is None else wording.clock(left)} ", TEXT),
    ]


def _bar(progress: RunProgress, width: int) -> list[Piece]:
    done, still_open = bar(progress.step / progress.total_steps, width)
    moving = progress.phase is Phase.TRAINING
    return [(" ", TEXT), (done, SPEED if moving else QUIET), (still_open, OPEN), (" ", TEXT)]


def _flat(groups: list[list[Piece]]) -> list[Piece]:
    return [piece for group in groups for piece in group]
