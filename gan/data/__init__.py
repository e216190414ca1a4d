"""Training images: `load` reads any data source and returns one `ImageSet`.

May import `gan.disk`, `gan.text` and `gan.errors`. Needs no TensorFlow.
"""

from gan.data.image_set import ImageSet, Progress
from gan.data.loader import NAMES, Loaded, load

__all__ = ["NAMES", "ImageSet", "Loaded", "Progress", "load"]
