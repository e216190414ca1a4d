"""How well digits can be read after they have been cells of a terminal: by the nearest neighbours.

Test digits are drawn as the dashboard draws them, the cells are rasterised by the geometry that
terminals use, averaged back to 28 x 28, and classified by the three nearest of 8,500 training
digits as they are. The raw test digits beside them are the ceiling.

    python -m tests.bench.legibility --data FILE [--columns 10] [--rows 5]
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

from gan.data import load
from tui.render import greys
from tui.render.cells import Depth, to_cells
from tui.render.digits import PIXELS_PER_CELL, fitted_image
from tui.render.glyphs import masks

if TYPE_CHECKING:
    import numpy.typing as npt

    from tui.render.cells import Cells, GlyphMode

    Digits = npt.NDArray[np.float32]

TRAINED, TESTED, NEIGHBOURS = 8_500, 1_200, 3
SIDE: Final = 28
FINE: Final = 24
"""Rasterised pixels of a cell's height; its width is half of it."""

MODES: Final[tuple[GlyphMode, ...]] = ("half", "quad", "sextant", "octant", "ascii")
RAMP: Final = " .:-=+*#%@"


def rasterised(cells: Cells, mode: GlyphMode, depth: Depth) -> Digits:
    """The cells as pixels, `FINE` for each cell's height."""
    rows, columns = cells.glyphs.shape
    across, down = PIXELS_PER_CELL[mode]
    if mode == "ascii":
        shares = {glyph: step / (len(RAMP) - 1) for step, glyph in enumerate(RAMP)}
        grey = 255 * np.vectorize(shares.get)(cells.glyphs)
        return np.kron(grey, np.ones((FINE, FINE // 2), np.float32))
    known = np.vectorize(masks(mode).get)(cells.glyphs)
    lit = known[..., None] >> np.arange(across * down) & 1
    front, back = greys.BRIGHTNESS[cells.foreground], greys.BRIGHTNESS[cells.background]
    if depth == "mono":
        front, back = np.full_like(front, 255), np.zeros_like(back)
    pixels = np.where(lit == 1, front[..., None], back[..., None]).astype(np.float32)
    image = pixels.reshape(rows, columns, down, across).swapaxes(1, 2)
    image = image.reshape(rows * down, columns * across)
    return np.kron(image, np.ones((FINE // down, FINE // 2 // across), np.float32))


def through_cells(
    digits: npt.NDArray[np.uint8], mode: GlyphMode, depth: Depth, columns: int, rows: int
) -> Digits:
    """The digits as a person sees them, again as 28 x 28."""
    across, down = PIXELS_PER_CELL[mode]
    seen = []
    for digit in digits:
        cells = to_cells(fitted_image(digit, columns * across, rows * down), mode, depth)
        picture = Image.fromarray(rasterised(cells, mode, depth).astype(np.uint8))
        seen.append(np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BOX), np.float32))
    return np.stack(seen)


def accuracy(tested: Digits, labels: np.ndarray, trained: Digits, known: np.ndarray) -> float:
    """Percent that the majority of the nearest neighbours names rightly; of a draw, the nearest."""
    flat, others = tested.reshape(len(tested), -1), trained.reshape(len(trained), -1)
    distances = (others**2).sum(axis=1) - 2 * flat @ others.T
    nearest = known[np.argsort(distances, axis=1)[:, :NEIGHBOURS]]
    same = (nearest[:, 1] == nearest[:, 2]) & (nearest[:, 0] != nearest[:, 1])
    named = np.where(same, nearest[:, 1], nearest[:, 0])
    return float(100 * (named == labels).mean())


def main() -> None:
    """Print the accuracy of each way to draw."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--columns", type=int, default=10)
    parser.add_argument("--rows", type=int, default=5)
    options = parser.parse_args()
    images = load(str(options.data), progress=lambda *_: None).images
    assert images.labels is not None
    order = np.random.default_rng(0).permutation(len(images))
    learned, asked = order[:TRAINED], order[TRAINED : TRAINED + TESTED]
    trained, known = images.images[learned].astype(np.float32), images.labels[learned]
    digits, labels = images.images[asked], images.labels[asked]
    ceiling = accuracy(digits.astype(np.float32), labels, trained, known)
    print(f"{options.columns} x {options.rows} cells a digit; raw digits {ceiling:.1f} %")
    ways: list[tuple[GlyphMode, Depth]] = [(mode, "greys") for mode in MODES]
    ways += [("quad", "sixteen"), ("quad", "mono"), ("octant", "mono"), ("ascii", "mono")]
    for mode, depth in ways:
        seen = through_cells(digits, mode, depth, options.columns, options.rows)
        print(f"{mode:<8} {depth:<8} {accuracy(seen, labels, trained, known):5.1f} %", flush=True)


if __name__ == "__main__":
    main()
