"""How well digits can be read after they have been a terminal's cells, by their nearest neighbours.

MNIST's test digits are drawn as the dashboard draws them, the strips are rasterised by the geometry
that terminals use, averaged back to 28 x 28 by area, and named by the three nearest of MNIST's
training digits as they are. The untouched test digits, read the same way, stand beside them: what
is drawn can hardly be read better. All of MNIST takes a few minutes.

    python -m tests.bench.legibility --data FOLDER [--columns 10] [--trained 60000] [--tested 10000]
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from gan.data.data_file import DiskFile
from gan.data.idx import read_idx_file
from gan.data.layouts.source import read_source
from tui.choices import GLYPHS, GlyphMode
from tui.render.digit_layout import DigitLayout, fit_digits
from tui.render.digits import render_digits
from tui.render.glyphs import PIXELS_PER_CELL, masks

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt
    from rich.style import Style
    from textual.strip import Strip

    from gan.data.image_set import Arrays
    from tui.choices import Glyphs
    from tui.render.greys import Depth

    Pixels = npt.NDArray[np.floating]
    Labelled = tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]

SIDE: Final = 28
GRID: Final = 16
"""Digits that are drawn at once."""

CELL_WIDTH, CELL_HEIGHT = 12, 24
"""Rasterised pixels of a cell: whole numbers for halves, thirds and quarters."""

NEIGHBOURS: Final = 3
CHUNK: Final = 500
"""Digits that are compared at once, so that the distances fit into the memory."""

FONT: Final = Path("/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf")
FONT_SIZE: Final = 20

WAYS: Final[list[tuple[Glyphs, Depth]]] = [
    *((glyphs, "greys") for glyphs in GLYPHS),
    *((glyphs, depth) for depth in ("sixteen", "mono") for glyphs in ("auto", "half", "octant")),
]


def main() -> None:
    """Print how many digits are read right, for each way to draw them."""
    options = _options()
    trained = _every(read_source(options.data, _ignore)[0], options.trained)
    digits, labels = _every(
        read_idx_file(DiskFile(_test_images(options.data)), _ignore), options.tested
    )
    columns, rows = options.columns, options.columns // 2
    print(f"{len(digits)} test digits at {columns} x {rows} cells, {len(trained[0])} trained on")
    print(f"{'untouched':<20} {_accuracy(digits.astype(np.float32), labels, trained):6.2f} %")
    for glyphs, depth in WAYS:
        mode = _mode(glyphs, columns, rows)
        seen = _through_cells(digits, DigitLayout(mode, 4, 4, columns, rows), depth, options.font)
        name = f"{glyphs} ({mode})" if glyphs == "auto" else glyphs
        print(f"{name:<12} {depth:<7} {_accuracy(seen, labels, trained):6.2f} %", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--data", type=Path, required=True, help="MNIST's four files")
    parser.add_argument("--columns", type=int, default=10, help="of cells for one digit")
    parser.add_argument("--trained", type=int, default=60_000)
    parser.add_argument("--tested", type=int, default=10_000)
    parser.add_argument("--font", type=Path, default=FONT, help="what draws plain characters")
    return parser.parse_args()


def _ignore(*_: object) -> None:
    """No one waits for progress here."""


def _test_images(folder: Path) -> Path:
    return next(path for path in sorted(folder.glob("t10k-images*")) if path.is_file())


def _every(digits: Arrays, count: int) -> Labelled:
    """So many digits, evenly from all of them, and their labels."""
    assert digits.labels is not None
    chosen = np.linspace(0, len(digits.images), count, endpoint=False).astype(int)
    return digits.images[chosen], digits.labels[chosen]


def _mode(glyphs: Glyphs, columns: int, rows: int) -> GlyphMode:
    """What `auto` takes for digits of this size."""
    if glyphs != "auto":
        return glyphs
    layout = fit_digits(4 * columns, 4 * rows)
    assert layout is not None
    return layout.mode


def _through_cells(
    digits: npt.NDArray[np.uint8], layout: DigitLayout, depth: Depth, font: Path
) -> Pixels:
    """The digits as they are seen, again as 28 x 28.

    Plain characters together count as bright as the digits that they show: an eye makes up for
    their thin strokes, the nearest neighbours do not.
    """
    bitmaps = _bitmaps(layout.mode, font)
    width, height = layout.digit_columns * CELL_WIDTH, layout.digit_rows * CELL_HEIGHT
    across, down = _averaging(width), _averaging(height)
    seen = []
    for start in range(0, len(digits), GRID):
        picture = _rasterised(render_digits(digits[start : start + GRID], layout, depth), bitmaps)
        tiles = picture.reshape(layout.down, height, layout.across, width).swapaxes(1, 2)
        seen.append(down @ tiles.reshape(GRID, height, width) @ across.T)
    pixels = np.concatenate(seen)[: len(digits)]
    if layout.mode == "ascii":
        pixels = np.minimum(pixels * (digits.mean() / pixels.mean()), 255)
    return pixels.astype(np.float32)


def _rasterised(strips: list[Strip], bitmaps: Mapping[str, Pixels]) -> Pixels:
    """The strips as pixels; without colours a terminal is taken to write white on black."""
    rows = []
    for strip in strips:
        cells = [
            back + (front - back) * bitmaps[character]
            for segment in strip
            for front, back in [_greys(segment.style)]
            for character in segment.text
        ]
        rows.append(np.hstack(cells))
    return np.vstack(rows)


def _greys(style: Style | None) -> tuple[int, int]:
    """The brightness of the foreground and of the background."""
    front, back = (style.color, style.bgcolor) if style else (None, None)
    return (
        front.triplet.red if front and front.triplet else 255,
        back.triplet.red if back and back.triplet else 0,
    )


def _bitmaps(mode: GlyphMode, font: Path) -> Mapping[str, Pixels]:
    """How much of each pixel of a cell every character covers."""
    if mode == "ascii":
        return _written(font)
    across, down = PIXELS_PER_CELL[mode]
    pixel = np.ones((CELL_HEIGHT // down, CELL_WIDTH // across), np.float32)
    lit = np.arange(across * down)
    return {
        glyph: np.kron((mask >> lit & 1).reshape(down, across), pixel)
        for glyph, mask in masks(mode).items()
    }


def _written(path: Path) -> Mapping[str, Pixels]:
    """The plain characters of a font."""
    font = ImageFont.truetype(path, FONT_SIZE)
    bitmaps = {}
    for character in map(chr, range(32, 127)):
        image = Image.new("L", (CELL_WIDTH, CELL_HEIGHT))
        ImageDraw.Draw(image).text((0, 0), character, fill=255, font=font)
        bitmaps[character] = np.asarray(image, np.float32) / 255
    return bitmaps


def _averaging(pixels: int) -> npt.NDArray[np.float64]:
    """What turns so many pixels into 28, each the mean of what it covers, parts included."""
    edges = np.arange(SIDE + 1) * (pixels / SIDE)
    starts = np.arange(pixels)
    covered = np.clip(edges[1:, None] - starts, 0, 1) - np.clip(edges[:-1, None] - starts, 0, 1)
    return np.asarray(covered * (SIDE / pixels))


def _accuracy(digits: Pixels, labels: npt.NDArray[np.uint8], trained: Labelled) -> float:
    """Percent that the majority of the nearest names rightly; of three names, the nearest's."""
    known = trained[0].reshape(len(trained[0]), -1).astype(np.float32)
    lengths = (known**2).sum(axis=1)
    right = 0
    for start in range(0, len(digits), CHUNK):
        flat = digits[start : start + CHUNK].reshape(-1, known.shape[1])
        distances = lengths - 2 * flat @ known.T
        first, second, third = trained[1][_nearest(distances)].T
        named = np.where(second == third, second, first)
        right += int((named == labels[start : start + CHUNK]).sum())
    return 100 * right / len(digits)


def _nearest(distances: Pixels) -> npt.NDArray[np.intp]:
    """The nearest neighbours of each row, in order."""
    some = np.argpartition(distances, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
    order = np.take_along_axis(distances, some, axis=1).argsort(axis=1)
    return np.take_along_axis(some, order, axis=1)


if __name__ == "__main__":
    main()
