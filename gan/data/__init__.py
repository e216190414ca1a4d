"""Where images come from: one `load` for every source, and one `ImageSet` out of it."""

from gan.data.image_set import SIDE, ImageSet, Progress
from gan.data.loader import NAMES, Loaded, load

__all__ = ["NAMES", "SIDE", "ImageSet", "Loaded", "Progress", "load"]
