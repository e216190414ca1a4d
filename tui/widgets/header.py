"""The top row: the run, its networks, data and device or its program, and what it does now."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from gan.events import Phase
from gan.run_facts.sighting import SLOW_SECONDS, Liveness
from gan.text import wording
from gan.text.safe_text import safe_text
from tui.render.fitting import fit
from tui.style.styles import BADGES, QUIET, STOPPING_BADGE, STRONG, TEXT
from tui.widgets.rows import Piece, length, spread
from tui.widgets.scene_view import Scene, SceneView

if TYPE_CHECKING:
    from textual.strip import Strip

    from gan.progress import RunProgress
    from gan.run_facts.sighting import Viewing


class Header(SceneView):
    """The run's name, networks, data and device at the left, the badge at the right."""

    def parts(self, scene: Scene) -> tuple[object, ...]:
        """What the badge and the names depend on, and none of the numbers."""
        run = scene.run.progress
        named = (run.name, run.program, run.preset, run.data, run.device)
        viewing = None if scene.viewing is None else viewing_words(scene.viewing)
        return (
            *named,
            run.replicas,
            run.devices,
            run.phase,
            run.ended,
            run.faults,
            run.diverged_step,
            scene.is_stopping,
            # One object for equal words, which is what a change is seen by.
            None if viewing is None else sys.intern(f"{viewing[0]}{int(viewing[1])}"),
        )

    def draw(self, scene: Scene, width: int, height: int) -> list[Strip]:
        """The one row."""
        del height
        badge_of_run = [
            *_viewing(scene.viewing),
            *badge(
                scene.run.progress, stopping=scene.is_stopping, has_died=has_died(scene.viewing)
            ),
        ]
        return [
            spread(identity(scene.run.progress, width - length(badge_of_run)), badge_of_run, width)
        ]


def badge(progress: RunProgress, *, stopping: bool, has_died: bool = False) -> list[Piece]:
    """What the run is doing, in words on a colour."""
    if has_died and not progress.ended:
        return [(" DIED ", BADGES[Phase.FAILED])]
    if stopping and not progress.ended:
        return [(" STOPPING ", STOPPING_BADGE)]
    if progress.diverged_step is not None:
        return [(" DIVERGED ", BADGES[Phase.FAILED])]
    if progress.faults and not progress.ended:
        return [(f" {progress.phase.value.upper()}, DISK FAILING ", BADGES[Phase.FAILED])]
    return [(f" {progress.phase.value.upper()} ", BADGES[progress.phase])]


def has_died(viewing: Viewing | None) -> bool:
    """Whether the process that trained is gone without having ended its run."""
    return viewing is not None and viewing.sighting.liveness is Liveness.DIED


def viewing_words(viewing: Viewing) -> tuple[str, bool]:
    """What a viewer knows of the process that trains, and whether a person should worry."""
    sighting = viewing.sighting
    if viewing.recording:
        return viewing.recording, False
    # Nobody is left to answer for a run that has ended, or whose process is gone.
    if viewing.asked and sighting.may_be_live:
        oldest = viewing.asked[0]
        if oldest.seconds < SLOW_SECONDS:
            return f"asked: {oldest.name}", False
        return f"{oldest.name}: no answer for {oldest.seconds:.0f} s", True
    if viewing.done and sighting.liveness is Liveness.LIVE:
        return f"done: {viewing.done}", False
    if viewing.reading is not None and sighting.liveness is not Liveness.DIED:
        return f"reading the log: {viewing.reading:.0%}", False
    words = {
        Liveness.DIED: "its process is gone",
        Liveness.SILENT: f"silent for {wording.clock(sighting.seconds)}",
        Liveness.UNKNOWN: "not known if it lives",
        Liveness.ENDED: "",
        Liveness.LIVE: "attached" if viewing.may_steer else "watching",
    }
    return words[sighting.liveness], sighting.liveness in (Liveness.DIED, Liveness.SILENT)


def why_not_steered(viewing: Viewing) -> str:
    """Why the keys that would steer a run do nothing."""
    if viewing.recording:
        return "This is a recording. gan-tui starts a run that every key steers."
    if not viewing.may_steer:
        return "This run is only watched. gan-tui attach steers it."
    return "No process trains this run."


def _viewing(viewing: Viewing | None) -> list[Piece]:
    if viewing is None:
        return []
    words, worries = viewing_words(viewing)
    if not words:
        return []
    style = BADGES[Phase.FAILED] if worries else STRONG if viewing.recording else QUIET
    return [(f" {words} ", style)]


def identity(progress: RunProgress, width: int) -> list[Piece]:
    """As much of program, run, networks, data and device as fits; the run's name always."""
    run: list[Piece] = [(f" {safe_text(progress.name)} ", TEXT)]
    program: list[Piece] = [(" gan-tui ", STRONG)]
    # The device is the most important: nothing else on the screen names it, whereas a run's own
    # name usually names the networks and the data. A recorded run has its program in their place.
    data = _named(progress.program or progress.data)
    parts = (program, data, _named(progress.preset))
    run, device, program, data, preset = fit(
        [[run], _device_forms(progress), *([[], part] for part in parts)], width - 1, length
    )
    return [*program, *run, *preset, *data, *device]


def _device_forms(progress: RunProgress) -> list[list[Piece]]:
    """The device; of several, first over what a batch is split, then also their name."""
    split = wording.replica_words(progress.replicas, progress.workers, progress.devices)
    if not split:
        return [[], _named(progress.device)]
    return [[], _named(split), _named(f"{progress.device}, {split}")]


def _named(text: str) -> list[Piece]:
    return [(f" {safe_text(text)} ", QUIET)] if text else []
