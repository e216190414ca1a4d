"""Where images come from: one `load` for every source, and one `ImageSet` out of it."""

from gan.data.image_set import SIDE, ImageSet, Progress
from gan.data.loader import Loaded, load

__all__ = ["SIDE", "ImageSet", "Loaded", "Progress", "load"]
