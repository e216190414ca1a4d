"""Training images: `load` reads any data source and returns one `ImageSet`.

May import `gan.disk`, `gan.text` and the vocabulary. Needs no TensorFlow.
"""

from gan.data.image_set import ImageSet, Progress
from gan.data.loader import Loaded, load

__all__ = ["ImageSet", "Loaded", "Progress", "load"]
