"""The bottom row: the keys that work now. A click on one presses it.

Textual's own footer scrolls keys that do not fit out of sight; this one leaves out the last ones,
and is redrawn only when the run's phase changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.binding import Binding

from tui.render.fitting import fit
from tui.style.styles import QUIET, STRONG
from tui.widgets.rows import row
from tui.widgets.scene_view import Scene, SceneView

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.events import Click
    from textual.strip import Strip


class KeyBar(SceneView):
    """As many of the shown bindings as fit, in the order of their definition."""

    def parts(self, scene: Scene) -> tuple[object, ...]:
        """What decides which keys work: the phase, what can be asked, and what the run has."""
        run, progress = scene.run, scene.run.progress
        can_steer = scene.viewing is None or scene.viewing.can_steer
        has = (progress.obeys, run.images is None, len(run.series.columns) > 1)
        return (progress.phase, progress.diverged_step, scene.is_stopping, can_steer, *has)

    def draw(self, scene: Scene, width: int, height: int) -> list[Strip]:
        """The one row."""
        del scene, height
        pieces = []
        for key, words in fitting(self._active(), width).values():
            pieces += [(f" {key} ", STRONG), (f"{words} ", QUIET)]
        return [row(pieces, width)]

    def on_click(self, event: Click) -> None:
        """Press the key that was clicked on."""
        left = 0
        for name, (key, words) in fitting(self._active(), self.size.width).items():
            left += cell_len(_words(key, words))
            if event.x < left:
                self.app.simulate_key(name)
                return

    def _active(self) -> list[Binding]:
        """The bindings that work now, in the order of their definition.

        Textual itself puts remapped ones last.
        """
        defined = [binding.id for binding in self.app.BINDINGS if isinstance(binding, Binding)]
        active = [active.binding for active in self.screen.active_bindings.values()]
        return sorted(
            active,
            key=lambda binding: (
                defined.index(binding.id) if binding.id in defined else len(defined)
            ),
        )


def fitting(bindings: Iterable[Binding], width: int) -> dict[str, tuple[str, str]]:
    """The shown bindings that fit, each id once: from the key's name to its label and its words."""
    by_id: dict[str | None, Binding] = {}
    for binding in bindings:
        if binding.show:
            by_id.setdefault(binding.id, binding)
    shown = {
        binding.key: (binding.key_display or binding.key, binding.description)
        for binding in by_id.values()
    }
    kept = fit([["", _words(*labels)] for labels in shown.values()], width, cell_len)
    return {name: labels for (name, labels), text in zip(shown.items(), kept, strict=True) if text}


def _words(key: str, description: str) -> str:
    return f" {key} {description} "
