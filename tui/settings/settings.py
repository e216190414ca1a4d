"""What a person, their files and their terminal have decided before the screen is there.

Apart from the application, which takes it as given, and from the command line, which knows words
only: here options, remembered choices, remapped keys and what the environment tells of the terminal
become one record. An option wins over what was chosen the last time.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console

from tui.keys.bindings import BINDINGS
from tui.keys.keymap import keymap_path, load_keymap
from tui.model.view import View
from tui.settings.preferences import Preferences, load, preferences_path, save
from tui.terminal.pacing import Rates, rates_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tui.render.cells import Depth
    from tui.render.digits import Glyphs

_LINUX_CONSOLE: Final = "linux"
"""Its fonts have half blocks, and neither quadrants nor anything newer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to show a run."""

    view: View = field(default_factory=View)
    rates: Rates = field(default_factory=lambda: Rates(10.0, 2.0))
    keymap: Mapping[str, str] = field(default_factory=dict)
    """Keys by the binding's id."""

    depth: Depth = "greys"
    """The colours that the terminal has for digits."""

    notes: Sequence[str] = ()
    """What of this could not be had, for the log."""

    remember: Callable[[View], None] | None = None
    """Keeps the choices of a view for the next time; may wait for the disk, and raise OSError."""


def settings_for(
    environ: Mapping[str, str], *, fps: float | None, glyphs: str | None, look: str | None
) -> Settings:
    """The settings of this person on this terminal.

    Args:
        environ: The process's environment.
        fps: Frames a second, where they were asked for.
        glyphs: What the digits are to be drawn with, where it was asked for.
        look: The name of the colours, where they were asked for.
    """
    path = preferences_path()
    preferences, warning = load(path)
    keys = {binding.id: binding.key for binding in BINDINGS if binding.id}
    keymap, warnings = load_keymap(keymap_path(), keys, keys)
    chosen: dict[str, Any] = {"glyphs": glyphs or _drawable(preferences.glyphs, environ)}
    if look is not None:
        chosen["look"] = look
    begun = replace(_view_of(preferences), **chosen)
    return Settings(
        view=begun,
        rates=rates_for(environ, fps),
        keymap=keymap,
        depth=depth_of(environ),
        notes=[note for note in (warning, *warnings) if note],
        remember=lambda view: save(path, _chosen(preferences, begun, view)),
    )


def depth_of(environ: Mapping[str, str]) -> Depth:
    """The colours that a terminal has, as the environment tells."""
    if environ.get("NO_COLOR"):
        return "mono"
    system = Console(force_terminal=True, _environ=environ).color_system
    if system is None:
        return "mono"
    return "sixteen" if system == "standard" else "greys"


def _drawable(glyphs: Glyphs, environ: Mapping[str, str]) -> Glyphs:
    """The glyphs, unless the terminal is known to have none of them."""
    names = (environ.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    charset = next((name for name in names if name), "").partition(".")[2].lower()
    if environ.get("LC_ALL") in ("C", "POSIX") or (charset and "utf" not in charset):
        return "ascii"
    if environ.get("TERM") == _LINUX_CONSOLE and glyphs == "auto":
        return "half"
    return glyphs


def _view_of(preferences: Preferences) -> View:
    return View(**asdict(preferences))


def _chosen(preferences: Preferences, begun: View, view: View) -> Preferences:
    """What was kept before, with what a key has changed since.

    What an option or a terminal asked for this once is nobody's choice for the next time.
    """
    changed = {name: value for name, value in view.choices.items() if value != getattr(begun, name)}
    return replace(preferences, **changed)
