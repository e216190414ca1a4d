"""The grids of several runs at some epochs as one picture: a row a run, a column an epoch.

The grids are those that the runs saved while they trained, so `--sample-every 1ep`, the default,
has all of them.

    python -m tests.bench.grids OUT.png RUN [RUN ...] [--epochs 1,5,30,100]
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PIL import Image, ImageDraw, ImageFont

from gan.data.loader import load
from gan.run.config_file import read_config
from gan.run.directory import RunDirectory
from tests.bench.measure import ignore

if TYPE_CHECKING:
    from collections.abc import Sequence

GRID: Final = 112
"""Pixels of a grid's side."""

ZOOM: Final = 2
GAP: Final = 8
MARGIN: Final = 120
"""Pixels to the left, for the names."""

BACKGROUND: Final = 24
INK: Final = 220


def main() -> None:
    """Draw the picture."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--epochs", default="1,5,30,100")
    options = parser.parse_args()
    epochs = [int(text) for text in options.epochs.split(",")]
    draw_grids([RunDirectory(path) for path in options.runs], epochs).save(options.out)


def draw_grids(runs: Sequence[RunDirectory], epochs: Sequence[int]) -> Image.Image:
    """A grey picture; a run that did not reach an epoch leaves its place empty."""
    side = GRID * ZOOM + GAP
    picture = Image.new("L", (MARGIN + side * len(epochs), 24 + side * len(runs)), BACKGROUND)
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(15)
    for column, epoch in enumerate(epochs):
        label = f"{epoch} epochs" if epoch > 1 else "1 epoch"
        draw.text((MARGIN + side * column + GRID * ZOOM // 2, 4), label, INK, font, "ma")
    for row, run in enumerate(runs):
        config = read_config(run)
        images = load(config.data, progress=ignore).images
        top = 24 + side * row
        name = f"{config.preset}\n{images.name}"
        draw.multiline_text((8, top + GRID * ZOOM // 2), name, INK, font, "lm")
        for column, epoch in enumerate(epochs):
            step = epoch * (len(images) // config.batch_size)
            path = run.path / "samples" / f"{step:06}.png"
            if path.exists():
                grid = Image.open(path).resize((GRID * ZOOM, GRID * ZOOM), Image.Resampling.NEAREST)
                picture.paste(grid, (MARGIN + side * column, top))
    return picture


if __name__ == "__main__":
    main()
