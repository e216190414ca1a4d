"""The colours of the whole dashboard, in four ways: dark, light, high contrast, colour-blind safe.

Rows are drawn in the dark theme's colours, as `tui.style.styles` and `tui.render.palette` have
them; a theme maps each of those to its own. So a drawing knows nothing of themes, and is the same
row in all of them. The digits keep their greys: white on black is what the images are.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from rich.color import Color, ColorType
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.render import palette
from tui.style import styles as theme

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.theme import Theme


@dataclass(frozen=True, slots=True, eq=False)
class ColorTheme:
    """One set of colours."""

    theme: Theme
    """For what Textual draws."""

    colors: Mapping[str, str]
    """What a colour of the dark look becomes, both as `#rrggbb`; any other stays."""

    _styles: dict[Style, Style] = field(default_factory=dict, repr=False)

    def translate(self, strip: Strip) -> Strip:
        """The row in this look's colours."""
        if not self.colors:
            return strip
        segments = [
            Segment(text, None if style is None else self.style(style), control)
            for text, style, control in strip
        ]
        return Strip(segments, strip.cell_length)

    def style(self, style: Style) -> Style:
        """The style in this look; each is made once."""
        known = self._styles.get(style)
        if known is None:
            color, bgcolor = self._color(style.color), self._color(style.bgcolor)
            if style.color == palette.AXIS_COLOR and style.bgcolor is None and _AXIS in self.colors:
                color = Color.parse(self.colors[_AXIS])
            known = self._styles[style] = style + Style(color=color, bgcolor=bgcolor)
        return known

    def _color(self, color: Color | None) -> Color | None:
        if color is None or color.type is not ColorType.TRUECOLOR or color.triplet is None:
            return None
        other = self.colors.get(color.triplet.hex)
        return None if other is None else Color.parse(other)


_AXIS: Final = palette.AXIS_COLOR.get_truecolor().hex
"""It is a grey that digits have too, but theirs always lies on another grey."""

_PARTS: Final = (
    *("primary", "secondary", "accent", "success", "warning", "error"),
    *("foreground", "background", "surface", "panel"),
)
"""The colours of one of Textual's themes."""


def _variables(colors: Mapping[str, str]) -> dict[str, str]:
    """The dark theme's variables in other colours."""
    before = theme.THEME.variables
    return {name: colors.get(value, value) for name, value in before.items()}


def _look(name: str, *, dark: bool, colors: Mapping[str, str]) -> ColorTheme:
    """A look made of what each colour of the dark one becomes."""
    changed = {
        part: colors.get(value, value)
        for part in _PARTS
        if (value := getattr(theme.THEME, part)) is not None
    }
    made = replace(
        theme.THEME, name=f"gan-tui-{name}", dark=dark, variables=_variables(colors), **changed
    )
    return ColorTheme(made, dict(colors))


_LIGHT: Final = {
    theme.BACKGROUND: "#ffffff",
    theme.BAR: "#eeeeee",
    theme.TEXT_COLOR: "#1c1c1c",
    theme.QUIET_COLOR: "#585858",
    theme.FAINT_COLOR: "#626262",
    theme.OPEN_COLOR: "#bcbcbc",
    theme.GREEN: "#005f00",
    theme.AMBER: "#875f00",
    theme.VIOLET: "#5f00d7",
    theme.D_SCORE_COLOR: "#005f87",
    theme.G_SCORE_COLOR: "#875f00",
    palette.D_COLOR: "#005faf",
    palette.G_COLOR: "#af5f00",
    palette.D_BAND: "#afd7ff",
    palette.G_BAND: "#ffd7af",
    palette.OVERLAP_BAND: "#d0d0d0",
    palette.ALERT_COLOR: "#af0000",
    palette.MARK_COLOR: "#1c1c1c",
    _AXIS: "#626262",
}

_CONTRAST: Final = {
    theme.BACKGROUND: "#000000",
    theme.BAR: "#121212",
    theme.TEXT_COLOR: "#ffffff",
    theme.QUIET_COLOR: "#dadada",
    theme.FAINT_COLOR: "#b2b2b2",
    theme.OPEN_COLOR: "#585858",
    theme.GREEN: "#5fff87",
    theme.AMBER: "#ffd700",
    theme.VIOLET: "#d7afff",
    theme.D_SCORE_COLOR: "#afd7ff",
    theme.G_SCORE_COLOR: "#ffaf87",
    palette.D_COLOR: "#afffff",
    palette.G_COLOR: "#ff8700",
    palette.ALERT_COLOR: "#ff8787",
    palette.MARK_COLOR: "#ffffff",
    _AXIS: "#b2b2b2",
}

# Okabe and Ito (2008): sky blue and vermilion, here as near as 256 colours come, stay apart under
# every common colour blindness, and one is half as bright again as the other.
_SAFE: Final = {
    theme.GREEN: "#5fd7d7",
    theme.AMBER: "#f0e442",
    theme.VIOLET: "#d7afd7",
    theme.D_SCORE_COLOR: "#87afd7",
    theme.G_SCORE_COLOR: "#d78700",
    palette.D_COLOR: "#87d7ff",
    palette.G_COLOR: "#d75f00",
    palette.ALERT_COLOR: "#ff87af",
    _AXIS: "#808080",
}

THEMES: Final[Mapping[str, ColorTheme]] = {
    "dark": ColorTheme(theme.THEME, {}),
    "light": _look("light", dark=False, colors=_LIGHT),
    "high-contrast": _look("high-contrast", dark=True, colors=_CONTRAST),
    "colour-blind": _look("colour-blind", dark=True, colors=_SAFE),
}
"""The looks by name, in the order that a key goes through them."""


def theme_of(theme_name: str) -> ColorTheme:
    """The look that a theme of Textual's belongs to; the dark one for any other theme."""
    return next((look for look in THEMES.values() if look.theme.name == theme_name), THEMES["dark"])


def next_theme(name: str) -> str:
    """The look after this one."""
    names = list(THEMES)
    return names[(names.index(name) + 1) % len(names)]
