"""How to show a run: options, remembered preferences, remapped keys and the terminal's abilities.

All become one record, which the application takes as given. An option overrides what was chosen the
last time.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console

from gan.paths import NOWHERE
from tui.keys.bindings import BINDINGS
from tui.keys.comparison_bindings import COMPARISON_BINDINGS
from tui.keys.keymap import keymap_path, load_keymap
from tui.model.view import Preferences, View
from tui.settings.preferences import load, preferences_path, save
from tui.terminal.pacing import Rates, rates_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from textual.binding import Binding

    from tui.choices import Glyphs
    from tui.render.greys import Depth

_LINUX_CONSOLE: Final = "linux"
"""TERM of the Linux console, whose fonts have half blocks but no quadrants or newer glyphs."""

_NO_HOME: Final = "there is no home folder, so view choices are not remembered. Set HOME."


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to show a run."""

    view: View = field(default_factory=View)
    rates: Rates = field(default_factory=lambda: Rates(10.0, 2.0))
    keymap: Mapping[str, str] = field(default_factory=dict)
    """Remapped keys by the binding's id."""

    depth: Depth = "greys"
    """The greys that the terminal has for digits."""

    notes: Sequence[str] = ()
    """Warnings about settings that could not be used, for the log."""

    remember: Callable[[View], None] | None = None
    """Saves the preferences of a view; may wait for the disk, and raise OSError."""


def settings_for(
    environ: Mapping[str, str],
    *,
    fps: float | None,
    glyphs: str | None,
    theme: str | None,
    bindings: Sequence[Binding] = BINDINGS,
) -> Settings:
    """The settings of this user on this terminal.

    Args:
        environ: The process's environment.
        fps: Frames per second; `None` for the terminal's default.
        glyphs: What the digits are drawn with, one of `tui.choices.GLYPHS`; `None` for the
            remembered choice, if the terminal supports it.
        theme: One of `tui.choices.THEME_CHOICES`; `None` for the remembered choice.
        bindings: The keys of the screen, which may be remapped.
    """
    path = preferences_path()
    preferences, warning = load(path)
    keys = {binding.id: binding.key for binding in bindings if binding.id}
    others = {binding.id for binding in (*BINDINGS, *COMPARISON_BINDINGS) if binding.id}
    keymap, warnings = load_keymap(keymap_path(), keys, keys, others - set(keys))
    chosen: dict[str, Any] = {"glyphs": glyphs or drawable(preferences.glyphs, environ)}
    if theme is not None:
        chosen["theme"] = theme
    initial = replace(View(**asdict(preferences)), **chosen)
    has_home = path.parent != NOWHERE
    notes = [warning, *warnings, "" if has_home else _NO_HOME]
    return Settings(
        view=initial,
        rates=rates_for(environ, fps),
        keymap=keymap,
        depth=depth_of(environ),
        notes=[note for note in notes if note],
        remember=partial(_remember, path, preferences, initial) if has_home else None,
    )


def depth_of(environ: Mapping[str, str]) -> Depth:
    """The greys that a terminal has, according to the environment."""
    if environ.get("NO_COLOR"):
        return "mono"
    system = Console(force_terminal=True, _environ=environ).color_system
    if system is None:
        return "mono"
    return "sixteen" if system == "standard" else "greys"


def drawable(glyphs: Glyphs, environ: Mapping[str, str]) -> Glyphs:
    """The glyphs, or simpler ones if the terminal is known not to have them."""
    names = (environ.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    charset = next((name for name in names if name), "").partition(".")[2].lower()
    if environ.get("LC_ALL") in ("C", "POSIX") or (charset and "utf" not in charset):
        return "ascii"
    if environ.get("TERM") == _LINUX_CONSOLE and glyphs == "auto":
        return "half"
    return glyphs


def _remember(path: Path, preferences: Preferences, initial: View, view: View) -> None:
    """Save what was chosen; raises OSError."""
    save(path, _chosen(preferences, initial, view))


def _chosen(preferences: Preferences, initial: View, view: View) -> Preferences:
    """The former preferences, with what was changed since the start.

    What an option or the terminal decided for this run is not a choice for the next one.
    """
    before, now = asdict(initial.preferences), asdict(view.preferences)
    changed = {name: value for name, value in now.items() if value != before[name]}
    return replace(preferences, **changed)
