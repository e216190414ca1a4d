"""Draw a terminal screen as a picture, by the geometry that terminals use.

A developer's tool and a test's eye. Fonts draw block and braille characters with seams and
overhangs that no terminal shows, so those are drawn as rectangles and dots here; everything else is
text. Run it on what tmux captured, with `-N`, which keeps the blanks at the ends of rows:

    tmux capture-pane -e -p -N > screen.ansi && python -m tests.pictures screen.ansi screen.png
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from PIL import Image, ImageDraw, ImageFont
from rich.ansi import AnsiDecoder
from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import TerminalTheme

from tui.render.glyphs import PIXELS_PER_CELL, masks

if TYPE_CHECKING:
    from rich.segment import Segment

    from tui.choices import BlockMode

Rgb = tuple[int, int, int]
Box = tuple[float, float, float, float]
"""Left, top, right and bottom, as shares of a cell."""

CELL_WIDTH: Final = 9
CELL_HEIGHT: Final = 18
FOREGROUND: Final[Rgb] = (216, 216, 216)
BACKGROUND: Final[Rgb] = (16, 20, 24)
FONT: Final = Path("/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf")
FONT_SIZE: Final = 15

_NORMAL: Final[list[Rgb]] = [
    *((0, 0, 0), (205, 49, 49), (13, 188, 121), (229, 229, 16)),
    *((36, 114, 200), (188, 63, 188), (17, 168, 205), (229, 229, 229)),
]
_BRIGHT: Final[list[Rgb]] = [
    *((102, 102, 102), (241, 76, 76), (35, 209, 139), (245, 245, 67)),
    *((59, 142, 234), (214, 112, 214), (41, 184, 219), (255, 255, 255)),
]
_THEME: Final = TerminalTheme(BACKGROUND, FOREGROUND, _NORMAL, _BRIGHT)
"""What stands for the colours that a terminal's own theme decides."""


class Cell(NamedTuple):
    """One cell of a screen."""

    text: str
    """The character; empty in the right half of a wide one."""

    foreground: Rgb
    background: Rgb
    bold: bool


Rows = Sequence[Sequence[Cell]]


def from_segments(lines: Iterable[Iterable[Segment]]) -> list[list[Cell]]:
    """The cells of lines of segments; a Textual strip is such a line."""
    return [[cell for segment in line for cell in _cells(segment)] for line in lines]


def from_ansi(text: str) -> list[list[Cell]]:
    """The cells of a screen with escape codes, as `tmux capture-pane -e -p -N` prints it."""
    console = Console(width=10_000, color_system="truecolor", legacy_windows=False)
    lines = AnsiDecoder().decode(text)
    return from_segments(
        [segment for segment in line.render(console) if segment.text] for line in lines
    )


def rasterise(rows: Rows, *, font: Path = FONT) -> Image.Image:
    """Draw a screen; short rows are filled up with the background."""
    columns = max((len(row) for row in rows), default=0)
    image = Image.new("RGB", (columns * CELL_WIDTH, len(rows) * CELL_HEIGHT), BACKGROUND)
    draw = ImageDraw.Draw(image)
    regular, bold = _fonts(font)
    for y, row in enumerate(rows):
        for x, cell in enumerate(row):
            _fill(draw, x, y, (0, 0, 1, 1), cell.background)
        for x, cell in enumerate(row):
            _draw_cell(draw, x, y, cell, bold if cell.bold else regular)
    return image


def _cells(segment: Segment) -> Iterator[Cell]:
    """One cell for each column of a segment."""
    style = segment.style or Style()
    front, back = _colors(style)
    for character in segment.text:
        width = cell_len(character)
        for part in range(width):
            yield Cell("" if part else character, front, back, bool(style.bold))


def _colors(style: Style) -> tuple[Rgb, Rgb]:
    """The colours that a style ends up with."""
    front = _rgb(style.color.get_truecolor(_THEME)) if style.color else FOREGROUND
    back = (
        _rgb(style.bgcolor.get_truecolor(_THEME, foreground=False)) if style.bgcolor else BACKGROUND
    )
    if style.reverse:
        front, back = back, front
    if style.dim:
        front = _rgb((f + b) // 2 for f, b in zip(front, back, strict=True))
    return front, back


def _rgb(channels: Iterable[int]) -> Rgb:
    """Three channels as a plain tuple."""
    red, green, blue = channels
    return red, green, blue


def _fonts(path: Path) -> tuple[ImageFont.FreeTypeFont | ImageFont.ImageFont, ...]:
    """The font and its bold form, or Pillow's own where the file is not there."""
    if not path.exists():
        font = ImageFont.load_default(FONT_SIZE)
        return font, font
    bold = path.with_stem(path.stem + "-Bold")
    regular = ImageFont.truetype(path, FONT_SIZE)
    return regular, ImageFont.truetype(bold, FONT_SIZE) if bold.exists() else regular


def _draw_cell(
    draw: ImageDraw.ImageDraw,
    x: int,
    y: int,
    cell: Cell,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
) -> None:
    """The character of one cell, as geometry where it has one."""
    if not cell.text.strip():
        return
    boxes = _boxes(cell.text)
    if boxes is not None:
        for box in boxes:
            _fill(draw, x, y, box, _shade(cell))
    elif 0x2800 <= ord(cell.text[0]) <= 0x28FF:
        for across, down in _braille_dots(ord(cell.text[0]) - 0x2800):
            _dot(draw, x, y, across, down, cell.foreground)
    else:
        place = (x * CELL_WIDTH, y * CELL_HEIGHT)
        draw.text(place, cell.text, fill=cell.foreground, font=font)


def _fill(draw: ImageDraw.ImageDraw, x: int, y: int, box: Box, color: Rgb) -> None:
    """Fill a share of a cell, at least one pixel of it."""
    left, top, right, bottom = box
    x0, x1 = round((x + left) * CELL_WIDTH), round((x + right) * CELL_WIDTH)
    y0, y1 = round((y + top) * CELL_HEIGHT), round((y + bottom) * CELL_HEIGHT)
    draw.rectangle((x0, y0, max(x0, x1 - 1), max(y0, y1 - 1)), fill=color)


def _dot(draw: ImageDraw.ImageDraw, x: int, y: int, across: int, down: int, color: Rgb) -> None:
    """One braille dot, three pixels wide, in a grid of 2 x 4."""
    middle_x = x * CELL_WIDTH + round((across + 0.5) * CELL_WIDTH / 2 - 0.5)
    middle_y = y * CELL_HEIGHT + round((down + 0.5) * CELL_HEIGHT / 4 - 0.5)
    draw.rectangle((middle_x - 1, middle_y - 1, middle_x + 1, middle_y + 1), fill=color)


def _braille_dots(bits: int) -> list[tuple[int, int]]:
    """Column and row of each dot of a pattern; Unicode added the fourth row last."""
    places = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)]
    return [place for bit, place in enumerate(places) if bits >> bit & 1]


_PIXELS: Final[dict[str, tuple[BlockMode, int]]] = {
    glyph: (mode, mask) for mode in ("octant", "sextant") for glyph, mask in masks(mode).items()
}
"""The pixels of each sextant, octant and quadrant, which is an octant too."""

_SHADES: Final = {"░": 0.25, "▒": 0.5, "▓": 0.75}

_LINES: Final = {
    **dict(zip("─│┌┐└┘", ("lr", "ud", "rd", "ld", "ru", "lu"), strict=True)),
    **dict(zip("├┤┬┴┼", ("udr", "udl", "lrd", "lru", "lrud"), strict=True)),
    **dict(zip("╭╮╰╯╴╵╶╷", ("rd", "ld", "ru", "lu", "l", "u", "r", "d"), strict=True)),
    **dict(zip("━┃┏┓┗┛", ("LR", "UD", "RD", "LD", "RU", "LU"), strict=True)),
    **dict(zip("┣┫┳┻╋", ("UDR", "UDL", "LRD", "LRU", "LRUD"), strict=True)),
    **dict(zip("┄┈╌┆┊╎", ("lr", "lr", "lr", "ud", "ud", "ud"), strict=True)),
}
"""The arms of each box-drawing character: left, right, up, down; capitals are heavy."""


def _boxes(character: str) -> list[Box] | None:
    """The rectangles that a character is; none where it is not made of rectangles."""
    code = ord(character[0])
    if 0x2581 <= code <= 0x2588:
        return [(0, 1 - (code - 0x2580) / 8, 1, 1)]
    if 0x2589 <= code <= 0x258F:
        return [(0, 0, (0x2590 - code) / 8, 1)]
    if character in _LINES:
        return [_arm(arm) for arm in _LINES[character]]
    if character in _SHADES:
        return [(0, 0, 1, 1)]
    if character in _PIXELS:
        return _lit(*_PIXELS[character])
    edges: dict[str, Box] = {
        "▀": (0, 0, 1, 0.5),
        "▐": (0.5, 0, 1, 1),
        "▔": (0, 0, 1, 1 / 8),
        "▕": (7 / 8, 0, 1, 1),
    }
    return [edges[character]] if character in edges else None


def _lit(mode: BlockMode, mask: int) -> list[Box]:
    """The pixels of a cell that a mask lights; bit i is the i-th in reading order."""
    across, down = PIXELS_PER_CELL[mode]
    places = [divmod(number, across) for number in range(across * down) if mask >> number & 1]
    return [(x / across, y / down, (x + 1) / across, (y + 1) / down) for y, x in places]


def _arm(arm: str) -> Box:
    """A line from the middle of a cell to one edge, one pixel thick, or two where heavy."""
    thick = 2 if arm.isupper() else 1
    left, right = 4 / CELL_WIDTH, (4 + thick) / CELL_WIDTH
    top, bottom = 9 / CELL_HEIGHT, (9 + thick) / CELL_HEIGHT
    return {
        "l": (0, top, right, bottom),
        "r": (left, top, 1, bottom),
        "u": (left, 0, right, bottom),
        "d": (left, top, right, 1),
    }[arm.lower()]


def _shade(cell: Cell) -> Rgb:
    """The colour of a block: its own, or mixed with what is behind it."""
    strength = _SHADES.get(cell.text, 1.0)
    pairs = zip(cell.foreground, cell.background, strict=True)
    return _rgb(round(front * strength + back * (1 - strength)) for front, back in pairs)


def main() -> None:
    """Turn a captured screen into a PNG."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("screen", type=Path, help="what tmux capture-pane -e -p -N printed")
    parser.add_argument("picture", type=Path, help="the PNG to write")
    parser.add_argument("--font", type=Path, default=FONT, help="a monospaced TrueType font")
    options = parser.parse_args()
    # A capture ends with a line feed, which begins no row of the screen.
    rows = from_ansi(options.screen.read_text("utf-8").removesuffix("\n"))
    rasterise(rows, font=options.font).save(options.picture)


if __name__ == "__main__":
    main()
