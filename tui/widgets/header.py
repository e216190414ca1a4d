"""The top row: the run, its networks, data and device, and what it is doing now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gan.events import Phase
from gan.text.safe_text import safe_text
from tui.render.fitting import fit
from tui.style.styles import BADGES, QUIET, STOPPING_BADGE, STRONG, TEXT
from tui.widgets.rows import Piece, length, spread
from tui.widgets.scene_view import Scene, SceneView

if TYPE_CHECKING:
    from textual.strip import Strip

    from gan.progress import RunProgress


class Header(SceneView):
    """The run's name, networks, data and device at the left, the badge at the right."""

    def parts(self, scene: Scene) -> tuple[object, ...]:
        """What the badge and the names depend on, and none of the numbers."""
        run = scene.run.progress
        names = (run.name, run.preset, run.data, run.device)
        return (*names, run.phase, run.ended, run.faults, run.diverged_step, scene.is_stopping)

    def draw(self, scene: Scene, width: int, height: int) -> list[Strip]:
        """The one row."""
        del height
        badge_of_run = badge(scene.run.progress, stopping=scene.is_stopping)
        return [
            spread(identity(scene.run.progress, width - length(badge_of_run)), badge_of_run, width)
        ]


def badge(progress: RunProgress, *, stopping: bool) -> list[Piece]:
    """What the run is doing, in words on a colour."""
    if stopping and not progress.ended:
        return [(" STOPPING ", STOPPING_BADGE)]
    if progress.diverged_step is not None:
        return [(" DIVERGED ", BADGES[Phase.FAILED])]
    if progress.faults and not progress.ended:
        return [(f" {progress.phase.value.upper()}, DISK FAILING ", BADGES[Phase.FAILED])]
    return [(f" {progress.phase.value.upper()} ", BADGES[progress.phase])]


def identity(progress: RunProgress, width: int) -> list[Piece]:
    """As much of program, run, networks, data and device as fits; the run's name always."""
    run: list[Piece] = [(f" {safe_text(progress.name)} ", TEXT)]
    program: list[Piece] = [(" gan-tui ", STRONG)]
    # The device is the most important: nothing else on the screen names it, whereas a run's own
    # name usually names the networks and the data.
    parts = (_named(progress.device), program, _named(progress.data), _named(progress.preset))
    run, device, program, data, preset = fit(
        [[run], *([[], part] for part in parts)], width - 1, length
    )
    return [*program, *run, *preset, *data, *device]


def _named(text: str) -> list[Piece]:
    return [(f" {safe_text(text)} ", QUIET)] if text else []
