"""Places digits in the image as MNIST does: centred by mass, in whole pixels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gan.events import IMAGE_SIDE


def centre_by_mass(boxes: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Place each box on a black image so that its centre of mass is in the middle.

    Args:
        boxes: uint8, n x side x side, side at most 28; none may be entirely black.

    Returns:
        uint8, n x 28 x 28. Boxes are never cropped: one that would cross the edge stops there.
    """
    pixels = np.arange(boxes.shape[1])
    rows = _offsets(boxes.sum(axis=2, dtype=np.int64))[:, np.newaxis] + pixels
    columns = _offsets(boxes.sum(axis=1, dtype=np.int64))[:, np.newaxis] + pixels
    images = np.zeros((len(boxes), IMAGE_SIDE, IMAGE_SIDE), np.uint8)
    each = np.arange(len(boxes))[:, np.newaxis, np.newaxis]
    images[each, rows[:, :, np.newaxis], columns[:, np.newaxis]] = boxes
    return images


def _offsets(profiles: npt.NDArray[np.int64]) -> npt.NDArray[np.intp]:
    """The offset of each of n boxes along one axis, given its mass in each row or column."""
    side = profiles.shape[1]
    centres = (profiles * np.arange(side)).sum(axis=1) / profiles.sum(axis=1)
    offsets = np.clip(np.rint((IMAGE_SIDE - 1) / 2 - centres), 0, IMAGE_SIDE - side)
    return np.asarray(offsets, np.intp)
