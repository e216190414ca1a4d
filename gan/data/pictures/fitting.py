"""Fits a picture of any size into 28 x 28, with its proportions kept and a black border."""

from __future__ import annotations

from PIL import Image

from gan.events import IMAGE_SIDE


def fitted(grey: Image.Image) -> Image.Image:
    """A picture of mode L, scaled so that its longer side is 28 pixels, in the middle of black."""
    if grey.size == (IMAGE_SIDE, IMAGE_SIDE):
        return grey
    scale = IMAGE_SIDE / max(grey.size)
    width, height = (max(1, round(length * scale)) for length in grey.size)
    canvas = Image.new("L", (IMAGE_SIDE, IMAGE_SIDE))
    canvas.paste(
        grey.resize((width, height), Image.Resampling.LANCZOS),
        ((IMAGE_SIDE - width) // 2, (IMAGE_SIDE - height) // 2),
    )
    return canvas
