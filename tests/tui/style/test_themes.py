"""Every theme is legible, and those that promise it distinguish D from G by more than hue.

What the terminal's own sixteen colours look like is the terminal's; of `ansi` only their use is
tested.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from rich.color import Color, ColorSystem, ColorType
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from gan.events import Phase
from tui.choices import THEME_NAMES
from tui.render import greys, palette
from tui.style import styles
from tui.style.themes import ALL_THEMES, THEMES, next_theme, shown, theme_of

if TYPE_CHECKING:
    from tui.choices import ThemeChoice
    from tui.render.greys import Depth
    from tui.style.themes import ColorTheme

TEXTS = {
    "text": styles.TEXT_COLOR,
    "quiet": styles.QUIET_COLOR,
    "D": palette.D_COLOR,
    "G": palette.G_COLOR,
    "alert": palette.ALERT_COLOR,
    "warning": styles.AMBER,
    "done": styles.GREEN,
    "speed": styles.VIOLET,
    "D(x)": styles.D_SCORE_COLOR,
    "D(G(z))": styles.G_SCORE_COLOR,
    "mark": palette.MARK_COLOR,
}
AXIS = palette.AXIS_COLOR.get_truecolor().hex
FAINT_THEMES = ["light", "high-contrast"]
"""Themes in which faint text must be as legible as any other."""

FIXED = [name for name in THEMES if name != "ansi"]
"""Themes whose colours are known."""

MIN_CONTRAST = {"high-contrast": 7.0}
"""Themes whose minimum contrast is that of WCAG 2.2 AAA (7) instead of AA (4.5)."""


def luminance(color: str) -> float:
    """Relative luminance, as WCAG 2.2 defines it."""
    triplet = Color.parse(color).get_truecolor()
    linear = [
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in (part / 255 for part in triplet)
    ]
    return float(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def color_in(theme: str, color: str) -> str:
    return THEMES[theme].colors.get(color, color)


def in_256(color: str) -> str:
    """The colour that a terminal of 256 shows for it."""
    number = Color.parse(color).downgrade(ColorSystem.EIGHT_BIT).number
    assert number is not None
    return Color.from_ansi(number).get_truecolor().hex


def ratios(theme: str, text: str, behind: str) -> list[float]:
    """The contrast of two colours, as they are and in 256 colours."""
    one, other = color_in(theme, text), color_in(theme, behind)
    return [contrast(one, other), contrast(in_256(one), in_256(other))]


PLACES = [(name, styles.BACKGROUND) for name in TEXTS]
PLACES += [(name, styles.BAR) for name in ("text", "quiet", "warning")]
"""Texts and their backgrounds; the bars and the log contain no losses."""


@pytest.mark.parametrize("theme", FIXED)
@pytest.mark.parametrize(("name", "behind"), PLACES)
def test_text_can_be_read_on_what_is_behind_it(theme: str, name: str, behind: str) -> None:
    assert min(ratios(theme, TEXTS[name], behind)) >= MIN_CONTRAST.get(theme, 4.5)


@pytest.mark.parametrize("theme", FAINT_THEMES)
@pytest.mark.parametrize(
    ("color", "behind"),
    [
        (styles.FAINT_COLOR, styles.BACKGROUND),
        (styles.FAINT_COLOR, styles.BAR),
        (AXIS, styles.BACKGROUND),
    ],
    ids=["faint", "faint on a bar", "axis"],
)
def test_what_is_faint_can_be_read_too(theme: str, color: str, behind: str) -> None:
    assert min(ratios(theme, color, behind)) >= MIN_CONTRAST.get(theme, 4.5)


@pytest.mark.parametrize("theme", FIXED)
@pytest.mark.parametrize(
    "color", [styles.GREEN, styles.AMBER, styles.VIOLET, palette.D_COLOR, palette.ALERT_COLOR]
)
def test_a_badge_can_be_read(theme: str, color: str) -> None:
    assert contrast(color_in(theme, styles.BACKGROUND), color_in(theme, color)) >= 4.5


@pytest.mark.parametrize("theme", ["high-contrast", "colour-blind"])
def test_d_and_g_differ_by_more_than_hue(theme: str) -> None:
    assert min(ratios(theme, palette.D_COLOR, palette.G_COLOR)) >= 2


@pytest.mark.parametrize("theme", FIXED)
@pytest.mark.parametrize("band", [palette.D_BAND, palette.G_BAND], ids=["D", "G"])
def test_a_band_is_dim_behind_its_line(theme: str, band: str) -> None:
    line = palette.D_COLOR if band == palette.D_BAND else palette.G_COLOR

    assert 1.2 < contrast(color_in(theme, band), color_in(theme, styles.BACKGROUND)) < 1.6
    assert contrast(color_in(theme, band), color_in(theme, line)) >= 3


@pytest.mark.parametrize("theme", FIXED)
def test_what_is_done_of_a_bar_stands_out_from_what_is_open(theme: str) -> None:
    assert min(ratios(theme, styles.OPEN_COLOR, styles.BAR)) >= 1.5
    assert min(ratios(theme, styles.VIOLET, styles.OPEN_COLOR)) >= 2


def test_a_row_changes_its_colours_and_nothing_else() -> None:
    strip = Strip([Segment("D loss", Style(color=palette.D_COLOR, bold=True))])
    (segment,) = THEMES["light"].translate(strip)

    assert segment.text == "D loss"
    assert segment.style == Style(color=color_in("light", palette.D_COLOR), bold=True)


def test_digits_stay_white_on_black_in_every_theme() -> None:
    digits = Strip([Segment("▀", greys.styles()[25][0])])

    for theme in map(THEMES.get, FIXED):
        assert list(theme.translate(digits)) == list(digits)


def test_the_axis_is_no_digit_although_digits_have_its_grey() -> None:
    strip = Strip([Segment("└", Style(color=palette.AXIS_COLOR))])
    (segment,) = THEMES["light"].translate(strip)

    assert segment.style == Style(color=color_in("light", AXIS))


def test_every_pair_of_the_digits_greys_stays() -> None:
    styles = [style for row in greys.styles() for style in row]

    for theme in map(THEMES.get, FIXED):
        assert [theme.style(style) for style in styles] == styles


def test_the_dark_theme_is_the_row_itself() -> None:
    strip = Strip([Segment("x", styles.TEXT)])

    assert THEMES["dark"].translate(strip) is strip


def test_a_key_cycles_through_every_theme() -> None:
    seen = ["dark"]
    while (name := next_theme(seen[-1])) != "dark":
        seen.append(name)

    assert seen == list(THEMES) == list(THEME_NAMES)


@pytest.mark.parametrize("theme", ALL_THEMES, ids=lambda theme: theme.theme.name)
def test_a_theme_is_found_by_its_textual_name(theme: ColorTheme) -> None:
    assert theme_of(theme.theme.name) is theme


def test_any_other_textual_theme_gives_the_dark_one() -> None:
    assert theme_of("textual-light") is THEMES["dark"]


def test_each_has_a_textual_theme_of_its_own() -> None:
    assert len({theme.theme.name for theme in ALL_THEMES}) == len(ALL_THEMES)


ANSI = [theme for theme in ALL_THEMES if theme.theme.ansi]
DRAWN = [
    *(value for value in vars(styles).values() if isinstance(value, Style)),
    *styles.BADGES.values(),
    *styles.LEVELS.values(),
    *(Style(color=color) for color in palette.RUN_COLORS),
    Style(color=palette.AXIS_COLOR),
    Style(color=palette.MARK_COLOR),
]


@pytest.mark.parametrize("theme", ANSI, ids=lambda theme: theme.theme.name)
@pytest.mark.parametrize("style", DRAWN, ids=str)
def test_ansi_uses_nothing_but_the_terminals_own_colours(theme: ColorTheme, style: Style) -> None:
    made = theme.style(style)

    for color in (made.color, made.bgcolor):
        assert color is None or color.type in (ColorType.DEFAULT, ColorType.STANDARD)


@pytest.mark.parametrize("theme", ANSI, ids=lambda theme: theme.theme.name)
def test_ansi_reverses_a_badge_and_dims_what_is_faint(theme: ColorTheme) -> None:
    badge = theme.style(styles.BADGES[Phase.TRAINING])
    cursor = theme.style(styles.D_STYLE + styles.CURSOR)

    assert (badge.color, badge.reverse, badge.bold) == (Color.parse("green"), True, True)
    assert (cursor.color, cursor.reverse) == (Color.default(), True)
    assert theme.style(styles.FAINT).dim
    assert not theme.style(styles.QUIET).dim


@pytest.mark.parametrize(
    ("choice", "is_light", "name"),
    [
        ("auto", None, "gan-tui"),
        ("auto", False, "gan-tui"),
        ("auto", True, "gan-tui-ansi-on-light"),
        ("ansi", None, "gan-tui-ansi"),
        ("ansi", False, "gan-tui-ansi-on-dark"),
        ("ansi", True, "gan-tui-ansi-on-light"),
        ("dark", True, "gan-tui"),
    ],
)
def test_a_choice_is_shown_for_the_terminals_background(
    choice: ThemeChoice, is_light: bool | None, name: str
) -> None:
    assert shown(choice, is_light=is_light).theme.name == name


@pytest.mark.parametrize(
    ("is_light", "depth", "digits"),
    [
        (None, "greys", "mono"),
        (False, "greys", "ink on dark"),
        (True, "greys", "ink on light"),
        (True, "sixteen", "mono"),
        (True, "mono", "mono"),
    ],
)
def test_ansi_draws_digits_as_ink(is_light: bool | None, depth: Depth, digits: Depth) -> None:
    assert shown("ansi", is_light=is_light).digits_in(depth) == digits


def test_the_other_themes_draw_digits_white_on_black() -> None:
    for theme in map(THEMES.get, FIXED):
        assert [theme.digits_in(depth) for depth in ("greys", "sixteen", "mono")] == [
            *("greys", "sixteen", "mono")
        ]
