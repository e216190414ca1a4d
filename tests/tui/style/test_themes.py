"""Every look can be read, and tells D from G by more than hue where it says so."""

from __future__ import annotations

import pytest
from rich.color import Color, ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.render import greys, palette
from tui.style import styles as theme
from tui.style.themes import THEMES, next_theme, theme_of

TEXTS = {
    "text": theme.TEXT_COLOR,
    "quiet": theme.QUIET_COLOR,
    "D": palette.D_COLOR,
    "G": palette.G_COLOR,
    "alert": palette.ALERT_COLOR,
    "warning": theme.AMBER,
    "done": theme.GREEN,
    "speed": theme.VIOLET,
    "D(x)": theme.D_SCORE_COLOR,
    "D(G(z))": theme.G_SCORE_COLOR,
    "mark": palette.MARK_COLOR,
}
AXIS = palette.AXIS_COLOR.get_truecolor().hex
FAINT_LOOKS = ["light", "high-contrast"]
"""Where what is faint is text like any other; on dark grey it is little more than a line."""

LEAST = {"high-contrast": 7.0}
"""As WCAG 2.2 has it: 4.5 for AA, 7 for AAA."""


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


def worn(look: str, color: str) -> str:
    return THEMES[look].colors.get(color, color)


def in_256(color: str) -> str:
    """The colour that a terminal of 256 shows for it."""
    number = Color.parse(color).downgrade(ColorSystem.EIGHT_BIT).number
    assert number is not None
    return Color.from_ansi(number).get_truecolor().hex


def ratios(look: str, text: str, behind: str) -> list[float]:
    """The contrast of two colours, as they are and in 256 colours."""
    one, other = worn(look, text), worn(look, behind)
    return [contrast(one, other), contrast(in_256(one), in_256(other))]


PLACES = [(name, theme.BACKGROUND) for name in TEXTS]
PLACES += [(name, theme.BAR) for name in ("text", "quiet", "warning")]
"""What stands where: the bars and the log hold no losses."""


@pytest.mark.parametrize("look", THEMES)
@pytest.mark.parametrize(("name", "behind"), PLACES)
def test_text_can_be_read_on_what_is_behind_it(look: str, name: str, behind: str) -> None:
    assert min(ratios(look, TEXTS[name], behind)) >= LEAST.get(look, 4.5)


@pytest.mark.parametrize("look", FAINT_LOOKS)
@pytest.mark.parametrize(
    ("color", "behind"),
    [
        (theme.FAINT_COLOR, theme.BACKGROUND),
        (theme.FAINT_COLOR, theme.BAR),
        (AXIS, theme.BACKGROUND),
    ],
    ids=["faint", "faint on a bar", "axis"],
)
def test_what_is_faint_can_be_read_too(look: str, color: str, behind: str) -> None:
    assert min(ratios(look, color, behind)) >= LEAST.get(look, 4.5)


@pytest.mark.parametrize("look", THEMES)
@pytest.mark.parametrize(
    "color", [theme.GREEN, theme.AMBER, theme.VIOLET, palette.D_COLOR, palette.ALERT_COLOR]
)
def test_a_badge_can_be_read(look: str, color: str) -> None:
    assert contrast(worn(look, theme.BACKGROUND), worn(look, color)) >= 4.5


@pytest.mark.parametrize("look", ["high-contrast", "colour-blind"])
def test_d_and_g_differ_by_more_than_hue(look: str) -> None:
    assert min(ratios(look, palette.D_COLOR, palette.G_COLOR)) >= 2


@pytest.mark.parametrize("look", THEMES)
@pytest.mark.parametrize("band", [palette.D_BAND, palette.G_BAND], ids=["D", "G"])
def test_a_band_is_dim_behind_its_line(look: str, band: str) -> None:
    line = palette.D_COLOR if band == palette.D_BAND else palette.G_COLOR

    assert 1.2 < contrast(worn(look, band), worn(look, theme.BACKGROUND)) < 1.6
    assert contrast(worn(look, band), worn(look, line)) >= 3


@pytest.mark.parametrize("look", THEMES)
def test_what_is_done_of_a_bar_stands_out_from_what_is_open(look: str) -> None:
    assert min(ratios(look, theme.OPEN_COLOR, theme.BAR)) >= 1.5
    assert min(ratios(look, theme.VIOLET, theme.OPEN_COLOR)) >= 2


def test_a_row_changes_its_colours_and_nothing_else() -> None:
    strip = Strip([Segment("D loss", Style(color=palette.D_COLOR, bold=True))])
    (segment,) = THEMES["light"].translate(strip)

    assert segment.text == "D loss"
    assert segment.style == Style(color=worn("light", palette.D_COLOR), bold=True)


def test_digits_stay_white_on_black_in_every_look() -> None:
    digits = Strip([Segment("▀", greys.styles()[25][0])])

    for look in THEMES.values():
        assert list(look.translate(digits)) == list(digits)


def test_the_axis_is_no_digit_although_digits_have_its_grey() -> None:
    strip = Strip([Segment("└", Style(color=palette.AXIS_COLOR))])
    (segment,) = THEMES["light"].translate(strip)

    assert segment.style == Style(color=worn("light", AXIS))


def test_every_pair_of_the_digits_greys_stays() -> None:
    styles = [style for row in greys.styles() for style in row]

    for look in THEMES.values():
        assert [look.style(style) for style in styles] == styles


def test_the_dark_look_is_the_row_itself() -> None:
    strip = Strip([Segment("x", theme.TEXT)])

    assert THEMES["dark"].translate(strip) is strip


def test_every_look_comes_round() -> None:
    seen = ["dark"]
    while (name := next_theme(seen[-1])) != "dark":
        seen.append(name)

    assert seen == list(THEMES)


@pytest.mark.parametrize("name", THEMES)
def test_a_look_is_found_by_its_theme(name: str) -> None:
    assert theme_of(THEMES[name].theme.name) is THEMES[name]


def test_a_theme_of_somebody_else_has_the_dark_look() -> None:
    assert theme_of("textual-light") is THEMES["dark"]


def test_each_has_a_theme_of_its_own() -> None:
    assert len({look.theme.name for look in THEMES.values()}) == len(THEMES)
