"""The bottom row: the keys that work now. A click on one is that key.

Textual's own footer scrolls what does not fit out of sight; this one leaves the last keys out
whole, and is redrawn only when the run changes what can be done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.binding import Binding

from tui.style.styles import QUIET, STRONG
from tui.widgets.rows import row
from tui.widgets.scene_view import SceneView

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.events import Click
    from textual.strip import Strip

    from tui.model.view import Scene


class KeyBar(SceneView):
    """As many of the bindings that are to be shown as fit, in the order of their definition."""

    def parts(self, scene: Scene) -> tuple[object, ...]:
        """Which keys work follows from the phase, and from whether the run diverged."""
        return (scene.run.progress.phase, scene.run.progress.diverged_step)

    def draw(self, scene: Scene, width: int, height: int) -> list[Strip]:
        """The one row."""
        del scene, height
        pieces = []
        for key, words in fitting(self._told(), width).values():
            pieces += [(f" {key} ", STRONG), (f"{words} ", QUIET)]
        return [row(pieces, width)]

    def on_click(self, event: Click) -> None:
        """Do what the key would do."""
        left = 0
        for name, (key, words) in fitting(self._told(), self.size.width).items():
            left += _columns(key, words)
            if event.x < left:
                self.app.simulate_key(name)
                return

    def _told(self) -> list[Binding]:
        """Those that work now, in the order of their definition: Textual has remapped ones last."""
        defined = [binding.id for binding in self.app.BINDINGS if isinstance(binding, Binding)]
        active = [active.binding for active in self.screen.active_bindings.values()]
        return sorted(
            active,
            key=lambda one: defined.index(one.id) if one.id in defined else len(defined),
        )


def fitting(bindings: Iterable[Binding], width: int) -> dict[str, tuple[str, str]]:
    """Of the bindings that are to be shown, those that fit: key name to shown key and words."""
    fit: dict[str, tuple[str, str]] = {}
    told: set[str | None] = set()
    for binding in bindings:
        if not binding.show or binding.id in told:
            continue
        told.add(binding.id)
        key = binding.key_display or binding.key
        width -= _columns(key, binding.description)
        if width < 0:
            break
        fit[binding.key] = key, binding.description
    return fit


def _columns(key: str, words: str) -> int:
    return cell_len(f" {key} {words} ")
