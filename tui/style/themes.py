"""The themes: the colours of the whole dashboard, each time in other colours.

Rows are drawn in the colours of the dark theme, from `tui.style.styles` and `tui.render.palette`;
each other theme maps these to its own. So drawing code knows nothing of themes, and a row is the
same in all of them. The digits keep their greys: the images are white on black.

`ansi` has no colours of its own. There a colour is one of the terminal's sixteen, chosen for a
light or a dark background; what is faint is dim; a badge is reversed; and digits are ink on the
terminal's background.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from rich.color import Color, ColorType
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.theme import BUILTIN_THEMES

from tui.choices import THEME_NAMES
from tui.render import palette
from tui.style import styles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.theme import Theme

    from tui.choices import ThemeChoice, ThemeName
    from tui.render.greys import Depth


@dataclass(frozen=True, slots=True, eq=False)
class ColorTheme:
    """The colours of one theme."""

    theme: Theme
    """Textual's theme, for what Textual draws."""

    colors: Mapping[str, str]
    """From colours of the dark theme to this one's, both as `#rrggbb`; others do not change."""

    digits: Depth | None = None
    """The greys of digits on a terminal of 256 colours; `None` for white on black."""

    _styles: dict[Style, Style] = field(default_factory=dict, repr=False)

    def translate(self, strip: Strip) -> Strip:
        """The row in this theme's colours."""
        if not self.colors:
            return strip
        segments = [
            Segment(text, None if style is None else self.style(style), control)
            for text, style, control in strip
        ]
        return Strip(segments, strip.cell_length)

    def style(self, style: Style) -> Style:
        """The style in this theme's colours; each is made once."""
        known = self._styles.get(style)
        if known is None:
            if self.theme.ansi:
                known = self._styles[style] = self._of_terminal(style)
                return known
            color, bgcolor = self._color(style.color), self._color(style.bgcolor)
            if style.color == palette.AXIS_COLOR and style.bgcolor is None and _AXIS in self.colors:
                color = Color.parse(self.colors[_AXIS])
            known = self._styles[style] = style + Style(color=color, bgcolor=bgcolor)
        return known

    def digits_in(self, depth: Depth) -> Depth:
        """The greys that digits are drawn in on a terminal that has these."""
        if self.digits is None or depth == "mono":
            return depth
        return "mono" if depth == "sixteen" else self.digits

    def _of_terminal(self, style: Style) -> Style:
        """The style in colours that a terminal's own theme decides."""
        front, back = _hex(style.color), _hex(style.bgcolor)
        if back is None:
            color = Color.parse(self.colors.get(front or "", "default"))
            return style + Style(color=color, dim=front in _DIM or None)
        # Of a badge the colour behind the text matters; the row of a table's cursor has one colour.
        text = back if front == styles.BACKGROUND else ""
        color = Color.parse(self.colors.get(text, "default"))
        return style + Style(color=color, bgcolor=Color.default(), reverse=True)

    def _color(self, color: Color | None) -> Color | None:
        other = self.colors.get(_hex(color) or "")
        return None if other is None else Color.parse(other)


_AXIS: Final = palette.AXIS_COLOR.get_truecolor().hex
"""Digits use this grey too, but always on another grey; axes have no background."""

_DIM: Final = frozenset({styles.FAINT_COLOR, styles.OPEN_COLOR})
"""Colours of the dark theme that are the dim text of a terminal's own theme."""

_PARTS: Final = (
    *("primary", "secondary", "accent", "success", "warning", "error"),
    *("foreground", "background", "surface", "panel"),
)
"""The attributes of a Textual theme that are colours."""


def _variables(colors: Mapping[str, str]) -> dict[str, str]:
    """The dark theme's variables in other colours."""
    before = styles.THEME.variables
    return {name: colors.get(value, value) for name, value in before.items()}


def _recolored(name: ThemeName, *, dark: bool, colors: Mapping[str, str]) -> ColorTheme:
    """The dark theme with some of its colours replaced."""
    changed = {
        part: colors.get(value, value)
        for part in _PARTS
        if (value := getattr(styles.THEME, part)) is not None
    }
    made = replace(
        styles.THEME, name=f"gan-tui-{name}", dark=dark, variables=_variables(colors), **changed
    )
    return ColorTheme(made, dict(colors))


_LIGHT: Final = {
    styles.BACKGROUND: "#ffffff",
    styles.BAR: "#eeeeee",
    styles.TEXT_COLOR: "#1c1c1c",
    styles.QUIET_COLOR: "#585858",
    styles.FAINT_COLOR: "#626262",
    styles.OPEN_COLOR: "#bcbcbc",
    styles.CURSOR_COLOR: "#dadada",
    styles.GREEN: "#005f00",
    styles.AMBER: "#875f00",
    styles.VIOLET: "#5f00d7",
    styles.D_SCORE_COLOR: "#005f87",
    styles.G_SCORE_COLOR: "#875f00",
    palette.D_COLOR: "#005faf",
    palette.G_COLOR: "#af5f00",
    palette.D_BAND: "#afd7ff",
    palette.G_BAND: "#ffd7af",
    palette.OVERLAP_BAND: "#d0d0d0",
    palette.ALERT_COLOR: "#af0000",
    palette.MARK_COLOR: "#1c1c1c",
    **dict(
        zip(
            palette.RUN_COLORS,
            (
                *("#005fd7", "#af5f00", "#00875f", "#d70087"),
                *("#5f5f00", "#5f00af", "#d70000", "#008787"),
            ),
            strict=True,
        )
    ),
    _AXIS: "#626262",
}

_CONTRAST: Final = {
    styles.BACKGROUND: "#000000",
    styles.BAR: "#121212",
    styles.TEXT_COLOR: "#ffffff",
    styles.QUIET_COLOR: "#dadada",
    styles.FAINT_COLOR: "#b2b2b2",
    styles.OPEN_COLOR: "#585858",
    styles.CURSOR_COLOR: "#3a3a3a",
    styles.GREEN: "#5fff87",
    styles.AMBER: "#ffd700",
    styles.VIOLET: "#d7afff",
    styles.D_SCORE_COLOR: "#afd7ff",
    styles.G_SCORE_COLOR: "#ffaf87",
    palette.D_COLOR: "#afffff",
    palette.G_COLOR: "#ff8700",
    palette.ALERT_COLOR: "#ff8787",
    palette.MARK_COLOR: "#ffffff",
    _AXIS: "#b2b2b2",
}

# Sky blue and vermilion of Okabe and Ito (2008), in the nearest of 256 colours: distinct under all
# common colour blindness, and one is 1.5 times as bright as the other.
_SAFE: Final = {
    styles.GREEN: "#5fd7d7",
    styles.AMBER: "#f0e442",
    styles.VIOLET: "#d7afd7",
    styles.D_SCORE_COLOR: "#87afd7",
    styles.G_SCORE_COLOR: "#d78700",
    palette.D_COLOR: "#87d7ff",
    palette.G_COLOR: "#d75f00",
    palette.ALERT_COLOR: "#ff87af",
    _AXIS: "#808080",
}

_ANSI_ON_DARK: Final = {
    styles.GREEN: "green",
    styles.AMBER: "yellow",
    styles.VIOLET: "magenta",
    styles.D_SCORE_COLOR: "cyan",
    styles.G_SCORE_COLOR: "yellow",
    palette.D_COLOR: "cyan",
    palette.G_COLOR: "yellow",
    palette.ALERT_COLOR: "red",
    **dict(
        zip(
            palette.RUN_COLORS,
            (
                *("cyan", "yellow", "green", "magenta"),
                *("bright_yellow", "bright_magenta", "red", "bright_cyan"),
            ),
            strict=True,
        )
    ),
}
"""Those of the sixteen colours that are legible on a dark background in most palettes."""

# Yellow, cyan and the bright ones are hard to see on white in most palettes.
_ANSI_ON_LIGHT: Final = {
    **_ANSI_ON_DARK,
    styles.AMBER: "red",
    styles.D_SCORE_COLOR: "blue",
    styles.G_SCORE_COLOR: "magenta",
    palette.D_COLOR: "blue",
    palette.G_COLOR: "magenta",
    **dict(
        zip(
            palette.RUN_COLORS,
            ("blue", "magenta", "green", "red", "cyan", "bright_magenta", "yellow", "bright_blue"),
            strict=True,
        )
    ),
}


# Of the sixteen, magenta, green and red stand out from black and from white in most palettes.
_ANSI_ON_ANY: Final = {
    **_ANSI_ON_LIGHT,
    styles.D_SCORE_COLOR: "magenta",
    styles.G_SCORE_COLOR: "green",
    palette.D_COLOR: "magenta",
    palette.G_COLOR: "green",
}


def _of_terminal(
    name: str, colors: Mapping[str, str], digits: Depth, *, is_light: bool
) -> ColorTheme:
    """A theme of the terminal's own colours; Textual's parts are on its background."""
    changed: dict[str, Any] = {
        part: f"ansi_{colors.get(value, 'default')}"
        for part in _PARTS
        if (value := getattr(styles.THEME, part)) is not None
    }
    base = BUILTIN_THEMES["ansi-light" if is_light else "ansi-dark"]
    variables = {**base.variables, **dict.fromkeys(styles.THEME.variables, "ansi_default")}
    made = replace(base, name=name, variables=variables, **changed)
    return ColorTheme(made, dict(colors), digits)


THEMES: Final[Mapping[ThemeName, ColorTheme]] = {
    "dark": ColorTheme(styles.THEME, {}),
    "light": _recolored("light", dark=False, colors=_LIGHT),
    "high-contrast": _recolored("high-contrast", dark=True, colors=_CONTRAST),
    "colour-blind": _recolored("colour-blind", dark=True, colors=_SAFE),
    # On a background that is not known, digits in two levels are legible on any.
    "ansi": _of_terminal("gan-tui-ansi", _ANSI_ON_ANY, "mono", is_light=False),
}
"""The themes by name, as many as `tui.choices.THEME_NAMES`."""

_ON_DARK: Final = _of_terminal("gan-tui-ansi-on-dark", _ANSI_ON_DARK, "ink on dark", is_light=False)
_ON_LIGHT: Final = _of_terminal(
    "gan-tui-ansi-on-light", _ANSI_ON_LIGHT, "ink on light", is_light=True
)

ALL_THEMES: Final = (*THEMES.values(), _ON_DARK, _ON_LIGHT)
"""Every theme, with those of a background that is known."""


def name_of(choice: ThemeChoice, *, is_light: bool | None) -> ThemeName:
    """The theme that a choice stands for.

    Args:
        choice: What was chosen.
        is_light: Whether the terminal's background is light; `None` if that is not known.
    """
    if choice == "auto":
        return "ansi" if is_light else "dark"
    return choice


def shown(choice: ThemeChoice, *, is_light: bool | None) -> ColorTheme:
    """The colours that a choice stands for, on this background; see `name_of`."""
    name = name_of(choice, is_light=is_light)
    if name == "ansi" and is_light is not None:
        return _ON_LIGHT if is_light else _ON_DARK
    return THEMES[name]


def _hex(color: Color | None) -> str | None:
    """A 24-bit colour as `#rrggbb`; `None` for any other."""
    if color is None or color.type is not ColorType.TRUECOLOR or color.triplet is None:
        return None
    return color.triplet.hex


def theme_of(textual_name: str) -> ColorTheme:
    """The theme with this name among Textual's themes; the dark one for any other name."""
    found = (theme for theme in ALL_THEMES if theme.theme.name == textual_name)
    return next(found, THEMES["dark"])


def next_theme(name: ThemeName) -> ThemeName:
    """The theme after this one."""
    return THEME_NAMES[(THEME_NAMES.index(name) + 1) % len(THEME_NAMES)]
