"""Where a digit's box goes in the image: MNIST's own rule, by whole pixels and by mass."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gan.data.image_set import SIDE


def centred(boxes: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Put each box on a black image so that its centre of mass is in the middle.

    Args:
        boxes: n x side x side, none of them black all over, the side at most 28.

    Returns:
        n x 28 x 28. A box is never cut: one whose mass is far off its middle stops at the edge.
    """
    place = np.arange(boxes.shape[1])
    rows = _offsets(boxes.sum(axis=2, dtype=np.int64))[:, np.newaxis] + place
    columns = _offsets(boxes.sum(axis=1, dtype=np.int64))[:, np.newaxis] + place
    images = np.zeros((len(boxes), SIDE, SIDE), np.uint8)
    each = np.arange(len(boxes))[:, np.newaxis, np.newaxis]
    images[each, rows[:, :, np.newaxis], columns[:, np.newaxis]] = boxes
    return images


def _offsets(profiles: npt.NDArray[np.int64]) -> npt.NDArray[np.intp]:
    """How far each box moves along one axis, given its mass in each row or column."""
    side = profiles.shape[1]
    centres = (profiles * np.arange(side)).sum(axis=1) / profiles.sum(axis=1)
    offsets = np.clip(np.rint((SIDE - 1) / 2 - centres), 0, SIDE - side)
    return np.asarray(offsets, np.intp)
