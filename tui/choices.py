"""What a person can choose for the view or of the command line, each name once.

Imports nothing, so that the command line, the settings, the keys and the drawing can all read it.
The order of each tuple is the order in which a key cycles through it.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

BlockMode = Literal["half", "quad", "sextant", "octant"]
"""Block characters that divide a cell into 1 x 2, 2 x 2, 2 x 3 or 2 x 4 pixels."""

GlyphMode = Literal[BlockMode, "ascii"]
"""Every way to fill a cell; `ascii` is plain characters, chosen by where their ink lies."""

Glyphs = Literal["auto", GlyphMode]
"""What a person may ask for; `auto` picks the most legible of those that all terminals have.

Sextants and octants are newer than many fonts, and some multiplexers drop octants and shift the
text to the right of them.
"""

GLYPHS: Final[tuple[Glyphs, ...]] = get_args(Glyphs)

ThemeName = Literal["dark", "light", "high-contrast", "colour-blind", "ansi"]
"""The colours of the dashboard; `ansi` are the terminal's own sixteen, on its own background."""

THEME_NAMES: Final[tuple[ThemeName, ...]] = get_args(ThemeName)

ThemeChoice = Literal["auto", ThemeName]
"""What a person may ask for; `auto` is `ansi` on a light background, and else `dark`."""

THEME_CHOICES: Final[tuple[ThemeChoice, ...]] = get_args(ThemeChoice)

History = Literal["full", "recent", "epoch"]
"""Which steps the chart spans: all of them, the newest, or all with one value per epoch."""

HISTORIES: Final[tuple[History, ...]] = get_args(History)

SMOOTHINGS: Final = (0.98, 0.995, 0.9, 0.0)
"""Decay of the losses' moving average; 0 draws the losses themselves."""

SHELLS: Final = ("bash", "zsh", "fish")
"""Those whose completion of the command line can be printed."""

Part = Literal["dashboard", "chart", "digits"]
"""What a picture of the screen shows: all of it, or one part."""

PARTS: Final[tuple[Part, ...]] = get_args(Part)
